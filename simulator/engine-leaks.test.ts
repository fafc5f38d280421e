import { describe, expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { PRESETS } from '../core/nat/presets.ts';
import { ConnectError, Node, registry } from '../core/node/index.ts';
import { startInfrastructure } from '../lab-cli/trial/infrastructure.ts';
import { symmetricLink, Topology, World } from './index.ts';

/** Longer than TIME-WAIT, than a lingering pipe and than whatever repeats itself. */
const SETTLED_MS = 700_000;
const SOCKETS = ['udpSockets', 'tcpSockets'];

const PAIRS = [
  ['open', 'open'],
  ['port-restricted-cone', 'full-cone'],
  ['symmetric', 'port-restricted-cone'],
  ['udp-blocked', 'symmetric'],
] as const;

/** What is open and what waits once nodes have connected, talked and closed, beyond what the servers hold. */
async function leftovers(pair: readonly [string, string], plugins: readonly string[] | undefined) {
  const world = new World({ seed: `leftovers ${pair} ${plugins}` });
  const topology = new Topology(world);
  const hosts = pair.map((name, index) => {
    const nats = [resolveBehaviour(PRESETS[name]!.behaviour)];
    return topology.side(`side${index}`, { nats, link: symmetricLink({ latencyUs: 20_000 }) }).host;
  });
  const rest = (ms: number) => new Promise<void>((resolve) => void hosts[0]!.clock.after(ms, resolve));
  const result = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    const before = world.audit();
    const [a, b] = await Promise.all([Node.start(hosts[0]!, { servers }), Node.start(hosts[1]!, { servers })]);
    b.onMessage((message, pipe) => void pipe.send(message));
    try {
      const [pipe] = await a.connect(b.addressText, plugins ? { plugins } : {});
      await pipe.send(Buffer.from('ping'));
      await pipe.recv();
      pipe.close();
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
    }
    await rest(SETTLED_MS);
    await Promise.all([a.close(), b.close()]);
    await rest(SETTLED_MS);
    return { before, after: world.audit(), hosts: hosts.map((host) => host.audit()) };
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.value;
}

describe.each(['all plugins', ...registry.names()])('%s', (name) => {
  const chosen = registry.get(name) ? [name] : undefined;
  it.each(PAIRS)('leave nothing behind between %s and %s', { timeout: 60_000 }, async (a, b) => {
    const { before, after, hosts } = await leftovers([a, b], chosen);
    for (const host of hosts) expect(Object.values(host)).toEqual(Object.values(host).map(() => 0));
    for (const kind of SOCKETS) expect([kind, after[kind]]).toEqual([kind, before[kind]]);
  });
});
