import type { Run } from '../read-run.ts';
import type { AppliedQuirk } from './compare-types.ts';

interface Quirk {
  readonly name: string;
  readonly meaning: string;
  /** @param behaviour as run.json writes it, with dotted keys */
  applies(behaviour: ReadonlyMap<string, unknown>): boolean;
}

/** Where Linux differs from what the RFCs ask for; each is a word of the vocabulary, so that the simulator has it, too. */
const QUIRKS: readonly Quirk[] = [
  {
    name: 'port overloading',
    meaning:
      'two inside hosts with one port share it outside; where their remotes meet, one of them gets another port (ports.overlapping)',
    applies: (behaviour) => behaviour.get('ports.overlapping') === true,
  },
  {
    name: 'reset ends the flow',
    meaning: 'an RST in answer to a SYN ends the NAT entry at once, and the hole is shut (tcp.afterReset: remove)',
    applies: (behaviour) => behaviour.get('tcp.afterReset') === 'remove',
  },
  {
    name: 'inbound binds',
    meaning: 'the answer to a packet that was let in leaves by the mapping that it came in on (inboundSession: bind)',
    applies: (behaviour) => behaviour.get('inboundSession') === 'bind',
  },
  {
    name: 'both directions refresh',
    meaning: 'an inbound packet keeps a UDP mapping alive like an outbound one (udp.refresh: both)',
    applies: (behaviour) => behaviour.get('udp.refresh') === 'both',
  },
  {
    name: 'inbound-first clash',
    meaning:
      'a packet that comes in before the host has sent to its sender keeps the port, and the answer leaves by another one (inboundFirst: clash)',
    applies: (behaviour) => behaviour.get('inboundFirst') === 'clash',
  },
];

/** Those of the NATs in two runs, each with its NATs. */
export function quirksOf(runs: readonly Run[]): AppliedQuirk[] {
  const nats = new Map(runs.flatMap(({ info }) => Object.entries(info.nats)));
  return QUIRKS.map(({ name, meaning, applies }) => {
    const having = [...nats].filter(([, { behaviour }]) => applies(flattened(behaviour))).map(([nat]) => nat);
    return { name, meaning, nats: having };
  }).filter(({ nats: having }) => having.length > 0);
}

function flattened(value: unknown, prefix = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[prefix, value]]);
  const entries = Object.entries(value).flatMap(([key, inner]) => [
    ...flattened(inner, prefix === '' ? key : `${prefix}.${key}`),
  ]);
  return new Map(entries);
}
