import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aggregateRuns } from '../aggregate.ts';
import type { TrialResult } from '../schema.ts';
import { type SampleRun, sampleRun, writeSampleRun } from '../testdata/sample-run.ts';
import { writeReport } from '../write-report.ts';
import { renderReport } from './render-report.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'punchlab-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function report(run: SampleRun, dir = join(root, 'run')): Promise<string> {
  await writeSampleRun(dir, run);
  return renderReport(await aggregateRuns([dir]));
}

const race = sampleRun({ mode: 'race', trials: 5 });
const each = sampleRun({ mode: 'each', trials: 5 });

/** The elements' contents, in order. */
function contents(page: string, tag: string): string[] {
  return [...page.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, 'gs'))].map((match) => match[1]!);
}

/** The page's own text, without its style and scripts. */
function withoutScripts(page: string): string {
  return page.replace(/<(script|style)( [^>]*)?>.*?<\/\1>/gs, '');
}

function text(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every element is closed, in the right order. */
function unbalanced(page: string): string[] {
  const empty = new Set(['meta', 'rect', '!doctype', 'br']);
  const open: string[] = [];
  for (const [, close, tag, rest] of withoutScripts(page).matchAll(/<(\/?)([a-z!][a-z0-9]*)([^>]*)>/g)) {
    if (empty.has(tag!) || rest!.endsWith('/')) continue;
    if (close !== '/') open.push(tag!);
    else if (open.pop() !== tag) return [`</${tag}>`];
  }
  return open;
}

describe.each([
  ['race', race],
  ['each', each],
])('a report of a %s', (_, run) => {
  it('is one well-formed document that needs no network', async () => {
    const page = await report(run);
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(unbalanced(page)).toEqual([]);
    expect(withoutScripts(page)).not.toMatch(
      /<(link|img|iframe|object|embed|base)\b|\b(src|srcset|data)=|url\(|@import/,
    );
    const targets = [...withoutScripts(page).matchAll(/href="([^"]*)"/g)].map((match) => match[1]!);
    const ids = [...withoutScripts(page).matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !target.startsWith('#') || !ids.includes(target.slice(1)))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('admits by its policy its own style and scripts, and nothing else', async () => {
    const page = await report(run);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!.replaceAll('&#39;', "'");
    const hash = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]!);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${contents(page, 'style').map(hash).join(' ')}`,
      `script-src ${scripts.map(hash).join(' ')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(scripts).toHaveLength(2);
    // Neither would pass the policy.
    expect(withoutScripts(page)).not.toMatch(/ style=| on[a-z]+=|javascript:/);
    expect(page).not.toContain('sourceMappingURL');
  });

  it('is the same for the same results, whenever and however fast they were made', async () => {
    const { startedAt, wallMs, workers, ...info } = run.info;
    const later = { ...info, startedAt: `${startedAt}x`, wallMs: wallMs + 1, workers: workers + 1 };
    expect(await report({ ...run, info: later })).toBe(await report(run));
  });
});

describe('the winner matrix', () => {
  it('has a row for each side that dials and a column for each that answers', async () => {
    const [matrix] = contents(await report(race), 'table');
    const rows = contents(contents(matrix!, 'tbody')[0]!, 'tr');
    expect(rows.map((row) => text(contents(row, 'th')[0]!))).toEqual(race.info.cells.slice(0, 6).map((c) => c.axes.b));
    expect(rows.map((row) => contents(row, 'td').length)).toEqual([6, 6, 6, 6, 6, 6]);
    const connected = race.trials.filter(
      ({ cell, outcome }) => cell.a === 'symmetric' && cell.b === 'open' && outcome === 'connected',
    );
    const tile = text(contents(rows[4]!, 'td')[0]!);
    expect(tile).toMatch(/^DC direct-connect/);
    expect(tile).toContain(`${connected.length}/5`);
  });

  it.each<[string, Partial<TrialResult>, string, string]>([
    ['failed', { outcome: 'not-connected', plugin: null, path: null, connectMs: null }, 'failed', '✕ no connection 0%'],
    [
      'impossible',
      { outcome: 'deadline', plugin: null, path: null, connectMs: null, oracle: { possible: [], why: '' } },
      'impossible',
      '∅ impossible 0%',
    ],
    [
      'relayed',
      { outcome: 'connected', plugin: 'turn-relay', path: 'relayed', connectMs: 5 },
      'relayed',
      'relayed 100%',
    ],
    [
      'unsupported',
      { outcome: 'unsupported', plugin: null, path: null, connectMs: null },
      'unsupported',
      'unsupported',
    ],
  ])('shows %s cells as such', async (_, ending, state, words) => {
    const { info, trials } = sampleRun({ mode: 'race', trials: 1, plugins: ['direct-connect', 'turn-relay'] });
    const page = await report({ info, trials: trials.map((trial) => ({ ...trial, ...ending, attempts: [] })) });
    const cells = [...contents(page, 'table')[0]!.matchAll(/<td class="([a-z]*)">(.*?)<\/td>/gs)];
    expect(cells.map((cell) => cell[1])).toEqual(new Array(36).fill(state));
    expect(text(cells[0]![2]!)).toContain(words);
  });

  it('shows untested cells, and a matrix for each link', async () => {
    const run = sampleRun({ mode: 'race', trials: 1, links: ['broadband', 'mobile'] });
    const page = await report({ ...run, trials: run.trials.slice(0, 3) });
    expect([...page.matchAll(/<td class="untested">/g)]).toHaveLength(72 - 3);
    expect(contents(page, 'h3')).toEqual(['link: broadband', 'link: mobile']);
  });
});

it('leads nowhere that does not exist where nothing connected, and where nothing ran', async () => {
  const { info } = race;
  const lost = { outcome: 'deadline', plugin: null, path: null, transport: null, connectMs: null } as const;
  for (const trials of [[], race.trials.map((trial) => ({ ...trial, ...lost }))]) {
    const page = withoutScripts(await report({ info: { ...info, nats: {} }, trials }));
    expect(unbalanced(page)).toEqual([]);
    const nav = contents(page, 'nav')[0]!;
    expect([...nav.matchAll(/href="#([a-z]+)"/g)].map((match) => match[1])).toEqual([
      'matrix',
      'plugins',
      'drops',
      'trials',
    ]);
    expect([...page.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1])).toEqual([
      'matrix',
      'plugins',
      'drops',
      'trials',
    ]);
  }
});

describe('in mode each', () => {
  it('tells impossible, missed and unexpected apart for every plugin', async () => {
    const { info, trials } = sampleRun({ mode: 'each', trials: 1, plugins: ['udp-punch', 'turn-relay'] });
    const failed = { outcome: 'not-connected', plugin: null, path: null, connectMs: null } as const;
    const won = { outcome: 'connected', plugin: 'udp-punch', path: 'direct', connectMs: 9 } as const;
    const possible = (...plugins: string[]) => ({ oracle: { possible: plugins, why: '' } });
    const endings = [
      { ...failed, ...possible() },
      { ...failed, ...possible('udp-punch') },
      { ...won, ...possible() },
    ];
    const alone = trials.filter(({ only }) => only === 'udp-punch').slice(0, 3);
    const page = await report({ info, trials: alone.map((trial, index) => ({ ...trial, ...endings[index] })) });
    const [udpPunch] = contents(page, 'figure');
    const cells = [...udpPunch!.matchAll(/<td class="([^"]*)">(.*?)<\/td>/gs)].slice(0, 3);
    expect(cells.map((cell) => cell[1])).toEqual(['impossible', 'failed', 'r10 unexpected']);
    expect(text(cells[0]![2]!)).toMatch(/^∅/);
    expect(text(cells[1]![2]!)).toMatch(/^✕ 0% .*1 missed$/);
    expect(text(cells[2]![2]!)).toMatch(/^100% .*★ 1 against theory$/);
    expect(page).toContain('1 trial connected against theory');
  });
});

describe('the trials', () => {
  it('all have their replay command, unless it says how many are left out', async () => {
    const run = sampleRun({ mode: 'race', trials: 15 });
    const dir = join(root, "it's here");
    const page = await report(run, dir);
    const details = page.slice(page.indexOf('id="trials"'));
    for (const [index, { id }] of run.info.cells.entries()) {
      const cell = new RegExp(`id="cell-${index + 1}".*?(?=id="cell-${index + 2}"|</section>)`, 's').exec(details)![0];
      const commands = contents(cell, 'code').filter((code) => code.startsWith('lab replay'));
      const quoted = `lab replay &#39;${root}/it&#39;\\&#39;&#39;s here#${id}/`;
      expect(commands.every((command) => command.startsWith(quoted))).toBe(true);
      const left = /Left out here, but counted above: (\d+) that connected, 0 that did/.exec(cell.replace(/\s+/g, ' '));
      expect(commands.length + Number(left?.[1] ?? 0)).toBe(15);
    }
  });
});

describe('hostile names', () => {
  const EVIL = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'\`&<!--\u2028\u202e\u0000`;
  const vocabulary = new Set(['race', 'each', 'direct', 'relayed', 'lan', 'hairpin', 'udp', 'tcp', 'connected']);
  for (const word of ['not-connected', 'deadline', 'won', 'failed', 'cancelled', 'not-applicable'])
    vocabulary.add(word);

  /** Every string, also those that are keys of tables, becomes one that attacks. */
  function poison<T>(value: T, table = false): T {
    if (typeof value === 'string') return (vocabulary.has(value) ? value : `${value}${EVIL}`) as T;
    if (Array.isArray(value)) return value.map((item) => poison(item)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const tables = new Set([
      'cell',
      'axes',
      'drops',
      'nats',
      'versions',
      'outcomes',
      'behaviour',
      'udp',
      'tcp',
      'ports',
    ]);
    const entries = Object.entries(value).map(([key, inner]) => {
      return [table && !/^[ab]$/.test(key) ? key + EVIL : key, poison(inner, tables.has(key))];
    });
    return Object.fromEntries(entries) as T;
  }

  it.each([
    ['race', race],
    ['each', each],
  ])('never become markup or script (%s)', async (_, run) => {
    const page = await report({ info: poison(run.info), trials: run.trials.map((trial) => poison(trial)) });
    expect(unbalanced(page)).toEqual([]);
    expect([...page.matchAll(/<script/g)]).toHaveLength(3);
    expect([...page.matchAll(/<\/script/g)]).toHaveLength(3);
    expect(page).not.toMatch(/<img|<!--/);
    expect(page).not.toContain('\0');
    expect(withoutScripts(page)).toContain('&lt;/script&gt;&lt;script&gt;alert(1)');
    const data = /<script type="application\/json" id="chart-data">(.*?)<\/script>/s.exec(page)![1]!;
    expect(data).not.toMatch(/[<>&\u2028]/);
    const labels = (JSON.parse(data) as { label: string }[]).map(({ label }) => label);
    expect(labels.every((label) => label.endsWith(EVIL))).toBe(true);
  });
});

it('writeReport writes the report of all the runs that it is given', async () => {
  const dirs = [0, 1].map((index) => join(root, `shard-${index}`));
  for (const [index, dir] of dirs.entries()) {
    await writeSampleRun(dir, sampleRun({ mode: 'race', trials: 4, shard: { index, of: 2 } }));
  }
  const file = join(root, 'report.html');
  await writeReport(dirs, file);
  const page = await readFile(file, 'utf8');
  expect(page).toBe(renderReport(await aggregateRuns(dirs)));
  expect(text(contents(page, 'table')[0]!)).toContain('directory name seed results');
});
