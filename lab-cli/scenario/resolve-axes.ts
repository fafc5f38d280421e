import { type Axes, type Side, shareOutermost } from './expand-cells.ts';
import type { NamedLink } from './links.ts';
import type { ParsedSections } from './parse-sections.ts';
import { resolveLink } from './resolve-links.ts';
import { AXIS } from './scenario-shape.ts';
import { listText } from './shapes.ts';
import { readSide, type WrittenSide } from './side-shape.ts';
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
  const side = (value: WrittenSide): Side => {
    const { text, lines } = readSide(value, nats);
    return { text, lines, nats: lines.flatMap((line) => line.nats) };
  };
  const link = written.link.map((value) => resolveLink(value, links));
  const axes: Axes = { a: written.a.map(side), b: written.b?.map(side), link };
  checkFamilies(axes, fail);
  checkPairs(axes, topology, fail);
  const cells = axes.a.length * (axes.b?.length ?? 1) * axes.link.length;
  if (cells > MAX_CELLS) fail(['axes'], `the axes span ${cells} cells`, `at most ${MAX_CELLS}`);
  return axes;
}

/** Nobody translates ports of IPv6 here, and prefixes of nothing else. */
function checkFamilies(axes: Axes, fail: Fail): void {
  for (const axis of ['a', 'b'] as const) {
    for (const [index, { lines }] of (axes[axis] ?? []).entries()) {
      for (const { family, nats } of lines) {
        const misplaced = nats.find(({ behaviour }) => FOREIGN[family].includes(behaviour.translation));
        if (!misplaced) continue;
        const what = `"${misplaced.name}" stands in front of IPv${family}, but translates ${TRANSLATED[family]}`;
        fail(['axes', axis, index], what, EXPECTED[family]);
      }
    }
  }
}

const FOREIGN: Record<4 | 6, readonly string[]> = { 4: ['nptv6', 'nat64'], 6: ['napt'] };
const TRANSLATED = { 4: 'what is of IPv6', 6: 'ports of IPv4' } as const;
const EXPECTED = {
  4: 'translation: napt or none',
  6: 'translation: none, nptv6 or nat64, such as ipv6-firewall',
} as const;

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
    for (const [index, side] of values.entries()) {
      const { text, lines } = side;
      if (lines.some((line) => line.interface !== undefined)) {
        fail(
          ['axes', axis, index],
          `axes.${axis} has "${text}"`,
          'one interface, since shared-cgn puts a carrier there',
        );
        continue;
      }
      if (others.some((other) => shareOutermost(side, other))) continue;
      const other = axis === 'a' ? 'b' : 'a';
      fail(['axes', axis, index], `axes.${axis} has "${text}"`, `an outermost NAT that is also one of axis ${other}`);
    }
  }
}
