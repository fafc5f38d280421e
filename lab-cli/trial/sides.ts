import type { Line, LineOptions, Side, Topology } from '../../simulator/index.ts';
import type { LineSpec, LinkSpec } from '../scenario/types.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The two peers' hosts, `a` and `b`, and the NATs in front of them, as the scenario's topology joins them. */
export function buildSides(topology: Topology, { cell, scenario }: TrialSpec): [Side, Side] {
  const { name, isolated } = scenario.topology;
  const own = linesOf(cell.lines.a, cell.link);
  const others = linesOf(cell.lines.b, cell.link);
  const { aMs = 0, bMs = 0 } = scenario.clocks ?? {};
  const wrong = { wallOffsetMs: bMs };
  const a = topology.side('a', { lines: own, carrier: name === 'shared-cgn', wallOffsetMs: aMs });
  switch (name) {
    case 'separate':
      return [a, topology.side('b', { lines: others, ...wrong })];
    case 'same-lan':
      return [a, topology.neighbour('b', a, 'same', wrong)];
    case 'same-nat':
      if (isolated) isolate(a, 0);
      return [a, topology.neighbour('b', a, 'own', wrong)];
    case 'shared-cgn':
      if (isolated) isolate(a, -1);
      return [a, topology.side('b', { lines: others.map(withoutOutermost), behind: a, ...wrong })];
  }
}

function linesOf(lines: readonly LineSpec[], link: LinkSpec): LineOptions[] {
  return lines.map((line) => ({
    family: line.family,
    nats: line.nats.map(({ behaviour }) => behaviour),
    link,
    ...(line.interface !== undefined && { interface: line.interface }),
  }));
}

function withoutOutermost({ nats, ...line }: LineOptions): LineOptions {
  return { ...line, nats: nats.slice(0, -1) };
}

/** @param place of the router in its line */
function isolate({ lines }: { readonly lines: readonly Line[] }, place: number): void {
  for (const { routers } of lines) routers.at(place)?.isolateSegments();
}
