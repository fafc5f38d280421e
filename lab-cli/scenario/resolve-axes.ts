import { type Axes, type Side, shareOutermost } from './expand-cells.ts';
import type { NamedLink } from './links.ts';
import type { ParsedSections } from './parse-sections.ts';
import { resolveLink } from './resolve-links.ts';
import { AXIS } from './scenario-shape.ts';
import { listText } from './shapes.ts';
import type { NatSpec, TopologySpec } from './types.ts';

export const MAX_CELLS = 100_000;

/** Notes a problem with what stands at a path of the file. */
export type Fail = (path: readonly (string | number)[], what: string, expected?: string, nearest?: string) => void;

/** Looks up what the axes name and checks them against the topology. Mistakes go to `fail`. */
export function resolveAxes(
  written: NonNullable<ParsedSections['axes']>,
  topology: TopologySpec,
  nats: ReadonlyMap<string, NatSpec>,
  links: ReadonlyMap<string, NamedLink>,
  fail: Fail,
): Axes {
  const side = (value: string | readonly string[]): Side => {
    const names = [value].flat();
    // A name without an entry is in a cycle of `extends`, which is a problem already.
    return { text: names.join('+'), nats: names.flatMap((name) => nats.get(name) ?? []) };
  };
  const link = written.link.map((value) => resolveLink(value, links));
  const axes: Axes = { a: written.a.map(side), b: written.b?.map(side), link };
  checkPairs(axes, topology, fail);
  const cells = axes.a.length * (axes.b?.length ?? 1) * axes.link.length;
  if (cells > MAX_CELLS) fail(['axes'], `the axes span ${cells} cells`, `at most ${MAX_CELLS}`);
  return axes;
}

/** Has the topology a place for every value? */
function checkPairs({ a, b }: Axes, topology: TopologySpec, fail: Fail): void {
  const together = topology.name === 'same-lan' || topology.name === 'same-nat';
  if (together) {
    if (b) fail(['axes', 'b'], 'axes has a key "b"', `none, since with ${topology.name} b is behind the NATs of a`);
    return;
  }
  if (!b) {
    fail(['axes'], 'axes has no key "b"', listText(AXIS.max, AXIS.what));
    return;
  }
  if (topology.name !== 'shared-cgn') return;
  for (const [axis, values, others] of [['a', a, b] as const, ['b', b, a] as const]) {
    for (const [index, { text, nats }] of values.entries()) {
      if (others.some((other) => shareOutermost({ text, nats }, other))) continue;
      const other = axis === 'a' ? 'b' : 'a';
      fail(['axes', axis, index], `axes.${axis} has "${text}"`, `an outermost NAT that is also one of axis ${other}`);
    }
  }
}
