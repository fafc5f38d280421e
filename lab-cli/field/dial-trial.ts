import { Identity } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { parseAddress } from '../../core/wire/address/address.ts';
import type { TrialResult } from '../../reports/schema.ts';
import { dialPeer } from '../trial/dial.ts';
import { type Findings, noFindings } from '../trial/findings.ts';
import { exchangeMark, MARK_LENGTH } from '../trial/mark.ts';
import { fieldPath } from './field-path.ts';
import { type FieldTrial, trialKey } from './field-plan.ts';
import { FieldError, type Messenger, Refusal } from './messenger.ts';
import { TrialNode, type TrialNodeOptions } from './trial-node.ts';
import { fieldResult } from './trial-result.ts';

/** The other node has to start, and a busy machine takes its time. */
const PREPARE_TIMEOUT_MS = 40_000;
/** A link that the trial itself had brought down has so long to come back. */
const FINISH_TIMEOUT_MS = 60_000;
const FINISH_TRIES = 3;

/** The other agent was there at the beginning, and not at the end. */
export class PeerLost extends FieldError {}

export interface DialContext {
  readonly host: Host;
  readonly messenger: Messenger;
  readonly options: TrialNodeOptions;
  readonly signal: AbortSignal;
}

/**
 * Runs one trial with the agent that is dialled. It counts only if that agent was there before and after it: else the
 * failure would be that of the signal channel, or of a machine that went down, and not of a strategy.
 *
 * @returns its result; undefined: the other agent is busy
 * @throws FieldError if it came to nothing, and may be tried again; the signal's reason
 */
export async function dialTrial(trial: FieldTrial, context: DialContext): Promise<TrialResult | undefined> {
  const { host, messenger, options, signal } = context;
  const { answers } = trial.pair;
  const identity = Identity.generate(host);
  const attempt = Buffer.from(host.random.bytes(8)).toString('hex');
  const caller = Buffer.from(identity.publicKey).toString('base64url');
  const prepare = { kind: 'prepare', attempt, trial: trialKey(trial), caller } as const;
  const reply = await messenger.ask(answers, prepare, { timeoutMs: PREPARE_TIMEOUT_MS, signal });
  if (reply.kind === 'busy') return undefined;
  if (reply.kind !== 'ready') throw new FieldError(`${answers.name} says ${reply.kind}, which is no answer`);
  const own = await TrialNode.start(host, options, identity);
  const stop = () => void own.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const findings = await measure(trial, own, reply.address, options);
    const theirs = await finish(context, trial, attempt);
    const { measures } = own;
    findings.inferred = { a: measures.inferred, b: theirs.inferred };
    findings.signals = measures.signals + theirs.signals;
    return fieldResult(options.plan, trial, findings, {
      packets: measures.packets + theirs.packets,
      bytes: measures.bytes + theirs.bytes,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof FieldError ? error : new FieldError((error as Error).message);
  } finally {
    signal.removeEventListener('abort', stop);
    await own.close();
  }
}

/** The dial itself, and how its pipe runs. */
async function measure(
  { only }: FieldTrial,
  { node, host }: TrialNode,
  address: string,
  { plan, servers }: TrialNodeOptions,
): Promise<Findings> {
  const names = only === null ? plan.plugins.map(({ name }) => name) : [only];
  const { pipe, tookUs, ...told } = await dialPeer(node, address, names, plan.timeLimitMs);
  const findings: Findings = { ...noFindings('not-connected'), ...told };
  if (!pipe) {
    if (tookUs >= plan.timeLimitMs * 1000) findings.outcome = 'deadline';
    return findings;
  }
  const mark = host.random.bytes(MARK_LENGTH);
  host.watch(mark);
  const echoed = await exchangeMark(node, pipe, mark).catch(() => false);
  const peer = parseAddress(address, host.signer).interfaces;
  const places = { turn: (servers.turn ?? []).map(({ endpoint }) => endpoint), own: node.address.interfaces, peer };
  const path = fieldPath(host.seen, places);
  if (!echoed || path === undefined) {
    return {
      ...findings,
      outcome: 'lost',
      error: `the pipe of ${pipe.plugin} was proven, and then carried no messages`,
    };
  }
  return { ...findings, outcome: 'connected', connectUs: tookUs, path };
}

async function finish({ messenger, signal }: DialContext, { pair }: FieldTrial, attempt: string) {
  for (let tries = 1; ; tries++) {
    try {
      const timeoutMs = FINISH_TIMEOUT_MS / FINISH_TRIES;
      const reply = await messenger.ask(pair.answers, { kind: 'finish', attempt }, { timeoutMs, signal });
      if (reply.kind === 'measured') return reply;
      throw new FieldError(`${pair.answers.name} says ${reply.kind}, which is no answer`);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      // One that was started again meanwhile knows of nothing.
      if (error instanceof Refusal || tries >= FINISH_TRIES)
        throw new PeerLost(`${error.message}, and so the trial does not count`);
    }
  }
}
