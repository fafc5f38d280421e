import { Identity } from '../../core/node/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import { resultLine } from '../run/result-line.ts';
import { noFindings } from '../trial/findings.ts';
import { type FieldPlan, type FieldTrial, trialAt } from './field-plan.ts';
import { loadPlan } from './load-plan.ts';
import { fieldResult } from './trial-result.ts';

export const host = createRealHost();
export const plugins = new Map([
  ['tcp-punch', {}],
  ['udp-punch', {}],
]);
const keys = ['alice', 'bob', 'carol'].map((name) => {
  return [name, Buffer.from(Identity.generate(host).publicKey).toString('base64url')] as const;
});
export const keyOf: Readonly<Record<string, string>> = Object.fromEntries(keys);

export function readPlan(yaml: string): FieldPlan {
  return loadPlan(yaml, 'plan.yaml', { plugins, signer: host.signer });
}

/** A plan of alice and bob. @param more further lines */
export function planText(...more: readonly string[]): string {
  const agents = ['alice', 'bob'].map((name) => `${name}: ${keyOf[name]}`).join(', ');
  return ['schema: 1', 'name: test', `agents: { ${agents} }`, ...more, ''].join('\n');
}

/** A trial of alice's with bob, and the line of a result that it may have had. */
export function sampleTrial(plan: FieldPlan, index: number): { trial: FieldTrial; line: string } {
  const trial = trialAt(plan, plan.pairs[0]!, index)!;
  return { trial, line: resultLine(fieldResult(plan, trial, noFindings('not-connected'), { packets: 1, bytes: 2 })) };
}
