import type { Colors } from 'picocolors/types.js';
import { formatEndpoint } from '../../core/net/endpoint.ts';
import { formatDurationUs } from '../scenario/duration.ts';
import type { AccountEntry, NatAccount } from './nat-account.ts';
import { PLAIN_WORDS } from './plain-words.ts';

const LABELS: Readonly<Record<string, string>> = {
  reachable: 'gets through',
  translation: 'translation',
  mapping: 'mapping',
  filtering: 'filtering',
  ports: 'ports',
  hairpin: 'hairpin',
  carrier: 'carrier NAT',
  nested: 'NAT behind NAT',
  aliveMs: 'alive after',
  goneMs: 'gone after',
  outboundRefresh: 'sending keeps',
  inboundRefresh: 'receiving keeps',
};
const LABEL_WIDTH = 16;
const VALUE_WIDTH = 28;

/** The account for people: what it means first, then every finding with how sure it is and from what. */
export function natText(account: NatAccount, colors: Colors): string {
  const { kind, external, server, roundTripMs } = account;
  const { what, so } = PLAIN_WORDS[kind];
  const seen = external ? `The server at ${formatEndpoint(server)} sees ${formatEndpoint(external)}` : undefined;
  const trip = roundTripMs === null ? '' : `, ${roundTripMs.toFixed(1)} ms away`;
  const lines = [
    `${colors.bold(`IPv${account.family}: ${kind}`)}`,
    `${what} ${so}`,
    seen ? `${seen}${trip}.` : `No STUN server answered, not even ${formatEndpoint(server)}.`,
    ...section('UDP', account.udp, colors),
    ...section('TCP', account.tcp, colors),
    ...section('Chain', account.chain, colors),
    ...(account.lifetime ? section('A silent UDP mapping', account.lifetime, colors) : []),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, entries: Readonly<Record<string, AccountEntry>>, colors: Colors): string[] {
  const rows = Object.entries(entries).flatMap(([name, entry]) => {
    const label = LABELS[name];
    return label ? [row(name, label, entry, entries, colors)] : [];
  });
  return ['', title, ...rows];
}

function row(
  name: string,
  label: string,
  { value, confidence, evidence }: AccountEntry,
  entries: Readonly<Record<string, AccountEntry>>,
  colors: Colors,
): string {
  const said = words(name, value, entries).padEnd(VALUE_WIDTH);
  const paint = confidence === 'high' ? colors.green : confidence === 'none' ? colors.dim : colors.yellow;
  return `  ${label.padEnd(LABEL_WIDTH)} ${said} ${paint(confidence.padEnd(6))} ${colors.dim(evidence)}`;
}

function words(name: string, value: AccountEntry['value'], entries: Readonly<Record<string, AccountEntry>>): string {
  if (value === null) return 'unknown';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (name.endsWith('Ms')) return formatDurationUs(Math.round(Number(value)) * 1000);
  const step = Number(entries.step?.value ?? 0);
  if (name === 'ports' && step !== 0) return `${value} ${step > 0 ? '+' : ''}${step}`;
  return String(value);
}
