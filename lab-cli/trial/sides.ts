import type { Side, Topology } from '../../simulator/index.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The two peers' hosts, `a` and `b`, and the NATs in front of them, as the scenario's topology joins them. */
export function buildSides(topology: Topology, { cell, scenario }: TrialSpec): [Side, Side] {
  const aNats = cell.a.map(({ behaviour }) => behaviour);
  const bNats = cell.b.map(({ behaviour }) => behaviour);
  const { link } = cell;
  const { name, isolated } = scenario.topology;
  const a = topology.side('a', { nats: aNats, link, carrier: name === 'shared-cgn' });
  switch (name) {
    case 'separate':
      return [a, topology.side('b', { nats: bNats, link })];
    case 'same-lan':
      return [a, topology.neighbour('b', a, 'same')];
    case 'same-nat':
      if (isolated) a.nats[0]?.isolateSegments();
      return [a, topology.neighbour('b', a, 'own')];
    case 'shared-cgn':
      if (isolated) a.nats.at(-1)?.isolateSegments();
      return [a, topology.side('b', { nats: bNats.slice(0, -1), link, behind: a })];
  }
}
