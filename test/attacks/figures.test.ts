import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { registry } from '../../core/node/index.ts';
import { ATTACKS } from './attacks.ts';
import { type Answered, answersOfServers } from './servers.suite.ts';
import { type Hit, hitByStranger } from './strangers.suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = join(ROOT, 'docs/security.md');
const WORLDS = { both: 'sockets, simulator', sockets: 'sockets', simulator: 'simulator', bytes: '' } as const;

/** Compares a part of docs/security.md with what it ought to say; with UPDATE_SECURITY set, writes it instead. */
function check(name: string, rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  const text = `${[head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n')}\n`;
  const markdown = readFileSync(FILE, 'utf8');
  const match = new RegExp(`(<!-- ${name} -->\n\n)([^]*?)(\n<!-- /${name} -->)`).exec(markdown);
  if (!match) throw new Error(`docs/security.md has no part ${name}`);
  const start = match.index + match[1]!.length;
  if (process.env.UPDATE_SECURITY) {
    writeFileSync(FILE, markdown.slice(0, start) + text + markdown.slice(start + match[2]!.length));
  } else expect(match[2]).toBe(text);
}

const thousands = (value: number) => value.toLocaleString('en-US');

it('every attack of the index has its tests, and the index is the one in the docs', () => {
  for (const { attack, tests } of ATTACKS) {
    expect(tests.length, attack).toBeGreaterThan(0);
    for (const [file, title] of tests)
      expect(readFileSync(join(ROOT, file), 'utf8'), `${attack}: ${file}`).toContain(title);
  }
  const rows = ATTACKS.map(({ attack, ends, world, tests }) => {
    const files = [...new Set(tests.map(([file]) => `\`${file}\``))].join(', ');
    return [attack, ends, WORLDS[world] || 'bytes', files];
  });
  check('attacks', [['Attack', 'Ends as', 'World', 'Tests'], ...rows]);
});

it('what a place that never asked can get of one request', async () => {
  const of = (hit: Hit) => [thousands(hit.packets), thousands(hit.bytes)];
  const rows: string[][] = [];
  for (const plugin of registry.names()) {
    const hit = await hitByStranger([plugin]);
    // Whoever changes what a plugin says has to change what the stranger says.
    if (!['direct-connect', 'turn-relay'].includes(plugin)) expect(hit.packets, plugin).toBeGreaterThan(0);
    rows.push([`\`${plugin}\``, ...of(hit)]);
  }
  const all = await hitByStranger(registry.names());
  expect(all.packets).toBeLessThanOrEqual(2560);
  check('reflection', [['What the stranger asks for', 'Packets', 'Bytes'], ...rows, ['all of them', ...of(all)]]);
}, 120_000);

it('of many requests, it gets what there is for callers', async () => {
  const requests = 12;
  const { packets, seconds } = await hitByStranger(registry.names(), requests);
  expect(packets).toBeGreaterThan(2560);
  expect(packets).toBeLessThanOrEqual(5120 + 400 * seconds);
}, 120_000);

it('what servers answer to who has shown nothing', async () => {
  const answers = await answersOfServers();
  for (const { server, asked, answered } of answers) expect(answered, server).toBeLessThanOrEqual(4 * asked);
  const row = ({ server, asked, answered }: Answered) => [
    server,
    `${asked}`,
    `${answered}`,
    answered === 0 ? 'none' : (answered / asked).toFixed(1),
  ];
  check('amplification', [['Server', 'Asked with', 'Answered with', 'Factor'], ...answers.map(row)]);
});
