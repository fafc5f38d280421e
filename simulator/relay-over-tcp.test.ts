import { expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { PRESETS } from '../core/nat/presets.ts';
import { Node } from '../core/node/index.ts';
import { startInfrastructure } from '../lab-cli/trial/infrastructure.ts';
import { symmetricLink, Topology, TraceLog, World } from './index.ts';
import { TCP, UDP } from './packet.ts';

/** The protocols in which each peer's packets arrive at the TURN server while one of them has no UDP. */
it('a relay is reached over TCP where UDP is blocked, and over UDP elsewhere', async () => {
  const log = new TraceLog();
  const world = new World({ seed: 'relay over tcp', observers: [log] });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 20_000 });
  const side = (name: string, preset: string) =>
    topology.side(name, { nats: [resolveBehaviour(PRESETS[preset]!.behaviour)], link });
  const [a, b] = [side('a', 'udp-blocked'), side('b', 'symmetric')];
  const result = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    const [alice, bob] = await Promise.all([Node.start(a.host, { servers }), Node.start(b.host, { servers })]);
    const accepted = new Promise<string>((resolve) => bob.onPipe(({ protocol }) => resolve(protocol)));
    const [pipe] = await alice.connect(bob.address, { plugins: ['turn-relay'] });
    return [pipe.protocol, await accepted];
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  expect(result.value).toEqual(['tcp', 'udp']);
  const arrived = log.entries.flatMap((entry) =>
    entry.kind === 'packet' && entry.event === 'delivered' && entry.device.name === 'turn'
      ? [{ from: world.addresses.text(entry.packet.source), protocol: entry.packet.protocol }]
      : [],
  );
  const protocolsFrom = (external: string) => [
    ...new Set(arrived.filter(({ from }) => from === external).map(({ protocol }) => protocol)),
  ];
  expect(protocolsFrom('203.0.113.1')).toEqual([TCP]);
  expect(protocolsFrom('203.0.113.2')).toEqual([UDP]);
});
