import { z } from 'zod';
import { listOf, strictMap } from './shapes.ts';
import type { LineSpec, NatSpec } from './types.ts';

/** Best first: what a host prefers is not for a key's place in a mapping to say. */
const INTERFACES = ['ethernet', 'wifi', 'cellular'] as const;
const LONGEST_CHAIN = 4;
const CHAIN = 'the name of a NAT, or a list of them: a chain, host side first';

/**
 * A value of axis a or b: a chain of NATs, which stands for IPv4; a chain for each family; or either of them for each
 * interface.
 */
export function sideShape(nat: () => z.ZodType<string, string>) {
  const chain = () => z.union([nat(), listOf(nat(), LONGEST_CHAIN, 'NATs, host side first')], { error: CHAIN });
  const families = {
    ipv4: chain().describe('NATs in front of the peer for IPv4. Default: it has no IPv4').optional(),
    ipv6: chain().describe('Routers and firewalls in front of it for IPv6. Default: it has no IPv6').optional(),
  };
  const line = z.union([chain(), strictMap(families).refine(isNotEmpty, { error: 'ipv4, ipv6 or both' })], {
    error: `${CHAIN}, or { ipv4: CHAIN, ipv6: CHAIN }`,
  });
  const interfaces = Object.fromEntries(
    INTERFACES.map((name) => [name, line.describe(`The peer's ${name} interface`).optional()]),
  ) as Record<(typeof INTERFACES)[number], z.ZodOptional<typeof line>>;
  const map = strictMap({ ...families, ...interfaces }).refine(isOneKind, {
    error: 'either ipv4 and ipv6, or interfaces: ethernet, wifi and cellular',
  });
  return z.union([chain(), map], { error: `${CHAIN}, or a mapping of families or interfaces to chains` });
}

export type WrittenSide = z.output<ReturnType<typeof sideShape>>;
type Chain = string | readonly string[];

/**
 * The lines of a side, best first, and its text: `full-cone+cgn`, `ipv4:full-cone~ipv6:open`, `wifi:full-cone~cellular:cgn`.
 *
 * @param nats A name without an entry is in a cycle of `extends`, which is a problem already.
 */
export function readSide(
  written: WrittenSide,
  nats: ReadonlyMap<string, NatSpec>,
): { text: string; lines: LineSpec[] } {
  const lines: LineSpec[] = [];
  const texts: string[] = [];
  const add = (name: string | undefined, labels: readonly string[], chain: Chain): void => {
    const names = [chain].flat();
    const family = labels.includes('ipv6') ? 6 : 4;
    lines.push({ interface: name, family, nats: names.flatMap((each) => nats.get(each) ?? []) });
    texts.push([...labels, names.join('+')].join(':'));
  };
  const addAll = (name: string | undefined, side: Chain | Partial<Record<'ipv4' | 'ipv6', Chain>>): void => {
    const prefix = name === undefined ? [] : [name];
    if (isChain(side)) add(name, prefix, side);
    else for (const family of ['ipv4', 'ipv6'] as const) if (side[family]) add(name, [...prefix, family], side[family]);
  };
  if (isChain(written)) addAll(undefined, written);
  else {
    addAll(undefined, written);
    for (const name of INTERFACES) if (written[name]) addAll(name, written[name]);
  }
  return { text: texts.join('~'), lines };
}

function isChain(value: object | string): value is Chain {
  return typeof value === 'string' || Array.isArray(value);
}

function isNotEmpty(map: object): boolean {
  return Object.keys(map).length > 0;
}

function isOneKind(map: object): boolean {
  const keys = Object.keys(map);
  const families = keys.filter((key) => key === 'ipv4' || key === 'ipv6').length;
  return keys.length > 0 && (families === 0 || families === keys.length);
}
