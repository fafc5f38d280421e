import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { NatDescription } from './behaviour.ts';
import { discoverNat } from './discovery.ts';
import { discoverLifetime } from './discovery-lifetime.ts';
import { play } from './discovery-world.suite.ts';
import type { LifetimeReport } from './lifetime-report.ts';
import { classicNat, deltaType, type NatReport } from './nat-report.ts';
import type { PortReport } from './port-report.ts';
import { PRESETS } from './presets.ts';

const FILE = fileURLToPath(new URL('../../docs/discovery.md', import.meta.url));
const BLOCK = /(?<=<!-- what discovery finds behind each preset -->\n)[\s\S]*?(?=<!-- end -->)/;
const HEADS = ['Preset', 'Classic name', 'Mapping', 'Filtering', 'Ports', 'Delta type', 'Hairpin', 'TCP', 'Lifetime'];

/** EI, AD and APD are what the papers write. */
const SHORT: Readonly<Record<string, string>> = {
  'endpoint-independent': 'EI',
  'address-dependent': 'AD',
  'address-and-port-dependent': 'APD',
  'internal-source': 'internal',
  'external-source': 'external',
  unknown: '',
};

function short(value: string): string {
  return SHORT[value] ?? value;
}

function portsText({ allocation, step }: PortReport): string {
  return allocation.value === 'sequential' ? `sequential ${step > 0 ? '+' : ''}${step}` : short(allocation.value);
}

function lifetimeText({ lifetime }: LifetimeReport): string {
  if (lifetime.value === 'unknown') return '';
  const { aliveMs, goneMs } = lifetime.value;
  if (goneMs === undefined) return `${Math.floor(aliveMs / 1000)} s and more`;
  return `${Math.floor(aliveMs / 1000)} to ${Math.ceil(goneMs / 1000)} s`;
}

async function row(name: string, nat: NatDescription): Promise<string[]> {
  const [report, lifetime] = await play<[NatReport, LifetimeReport]>([nat], {}, async ({ host, servers }) => {
    const found = await discoverNat(host, servers);
    return [found, await discoverLifetime(host, found)];
  });
  const { mapping, filtering, ports, hairpin, tcp } = report;
  const tcpText = [short(tcp.mapping.value), portsText(tcp.ports)].filter((text) => text !== '').join(', ');
  return [
    `\`${name}\``,
    classicNat(report),
    short(mapping.value),
    short(filtering.value),
    portsText(ports),
    short(deltaType(report)),
    short(hairpin.value),
    tcpText,
    lifetimeText(lifetime),
  ];
}

/** As the formatter would write it: every column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADS.map((_, column) => Math.max(3, ...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [heads, ...body] = rows.map(line);
  return [heads, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

it('docs/discovery.md shows what is found behind each preset; `npx vitest run core/nat/discovery-docs -u` writes it', async () => {
  const rows = [HEADS];
  for (const [name, { behaviour }] of Object.entries(PRESETS)) rows.push(await row(name, behaviour));
  const text = readFileSync(FILE, 'utf8');
  expect(text).toMatch(BLOCK);
  await expect(text.replace(BLOCK, () => `\n${table(rows)}\n\n`)).toMatchFileSnapshot(FILE);
});
