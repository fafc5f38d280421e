import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { registry } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import { ClockKeeper } from '../../core/time/clock-keeper.ts';
import { SteeredClock, withClock } from '../../core/time/steered-clock.ts';
import type { Console } from '../console.ts';
import { anonymiser } from '../field/anonymise.ts';
import { FieldDirectory } from '../field/field-directory.ts';
import { type FieldAgent, type FieldPlan, trialsEach, trialsOf } from '../field/field-plan.ts';
import { FieldRun } from '../field/field-run.ts';
import { FieldWords } from '../field/field-words.ts';
import { loadPlan } from '../field/load-plan.ts';
import { abortOnSignals } from '../interrupt.ts';
import { keptIdentity, keyFile } from '../peer/key-store.ts';
import { nodeServers } from '../peer/servers-of.ts';
import type { PeerOptions } from '../peer/start-node.ts';
import { loadPlugins } from '../plugins/load-plugins.ts';
import { formatSeconds } from '../run/progress.ts';
import { makeReport } from '../run/report.ts';
import { InputError } from '../scenario/problem.ts';
import { readScenario } from '../scenario/read-scenario.ts';

export interface FieldCommandOptions extends Omit<PeerOptions, 'nickname'> {
  readonly name?: string;
  readonly output?: string;
  readonly plugin?: readonly string[];
  readonly check?: true;
}

/** `lab field`: one agent of a field test. @returns the exit code */
export async function field(file: string, options: FieldCommandOptions, console: Console): Promise<number> {
  const yaml = readScenario(file);
  if (options.plugin) await loadPlugins(options.plugin);
  const plugins = new Map(registry.names().map((name) => [name, registry.optionsOf(name)]));
  const real = createRealHost();
  const plan = loadPlan(yaml, file, { plugins, signer: real.signer });
  if (options.check) {
    console.out.write(describePlan(plan));
    return 0;
  }
  const self = agentOf(plan, options);
  const identity = keptIdentity(options.key ?? keyFile(self.name), real);
  if (Buffer.compare(identity.publicKey, self.publicKey) !== 0) {
    const own = Buffer.from(identity.publicKey).toString('base64url');
    throw new InputError(`${file}: the key of ${self.name} is not that of this machine, which is ${own}`);
  }
  const servers = await nodeServers(options.servers ?? []);
  if (servers.brokers.length === 0) {
    throw new InputError('agents find each other by a broker: give --servers the link that `lab serve` printed');
  }
  const words = new FieldWords(console, plan, options.quiet ?? false);
  const anonymise = plan.addresses === 'kept' ? (text: string) => text : anonymiser(identity.secretKey());
  const directory = new FieldDirectory(options.output ?? join('out', `${plan.name}-${self.name}`), plan, yaml);
  const interrupt = abortOnSignals();
  const { host, close } = dated(real, servers.ntp);
  const listen = {
    ...(options.bind !== undefined && { address: options.bind }),
    ...(options.port !== undefined && { port: options.port }),
  };
  words.say(`${self.name} measures into ${directory.path}: ${directory.results} results are there`);
  try {
    await FieldRun.run({ host, plan, self, identity, servers, listen, directory, anonymise, words }, interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    close();
    directory.publish(anonymise);
    directory.close();
  }
  const report = join(directory.path, 'report.html');
  console.out.write(`${await makeReport([directory.path], report)}\n\nReport: ${report}\n`);
  if (!interrupt.signal.aborted) return 0;
  console.err.write(`Interrupted: ${directory.path} holds what was measured. The same command goes on from there.\n`);
  return interrupt.exitCode;
}

/** Which agent this machine is: the one that is named, or the only one whose key is kept here. */
function agentOf({ agents }: FieldPlan, { name, key }: FieldCommandOptions): FieldAgent {
  const names = agents.map((agent) => agent.name).join(', ');
  const here = agents.filter((agent) => (name === undefined ? existsSync(keyFile(agent.name)) : agent.name === name));
  if (here.length === 1 && (name !== undefined || key === undefined)) return here[0]!;
  if (name !== undefined) throw new InputError(`the plan has no agent ${name}: it has ${names}`);
  throw new InputError(`say which agent this machine is, --name ${names.replaceAll(', ', ' or --name ')}`);
}

/** A host whose date follows NTP servers, if there are any: signals that are too old are not taken. */
function dated(host: Host, ntp: readonly Endpoint[]): { readonly host: Host; close(): void } {
  if (ntp.length === 0) return { host, close: () => {} };
  const clock = new SteeredClock(host.clock);
  const keeper = new ClockKeeper(host, clock, { servers: ntp });
  return { host: withClock(host, clock), close: () => keeper.close() };
}

function describePlan(plan: FieldPlan): string {
  const { name, agents, rounds, everyMs, mode, plugins, pairs, timeLimitMs, addresses } = plan;
  const trials = agents.reduce((sum, agent) => sum + trialsOf(plan, agent), 0);
  return [
    `${name}: ${pairs.length} pairs × ${rounds} rounds${mode === 'each' ? ` × ${trialsEach(plan)} plugins` : ''} = ${trials} results,`,
    `a round every ${formatSeconds(everyMs / 1000)}, ${formatSeconds(timeLimitMs / 1000)} for a dial, addresses ${addresses}`,
    `mode ${mode}, plugins ${plugins.map((plugin) => plugin.name).join(', ')}`,
    ...pairs.map(({ dials, answers }) => `${dials.name} dials ${answers.name}`),
    '',
  ].join('\n');
}
