import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aggregateRuns } from './aggregate.ts';
import { renderSummary } from './render-summary.ts';
import { type SampleOptions, type SampleRun, sampleRun, writeSampleRun } from './testdata/sample-run.ts';

async function summary(options: SampleOptions, change: (run: SampleRun) => SampleRun = (run) => run): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'punchlab-'));
  try {
    await writeSampleRun(dir, change(sampleRun(options)));
    return renderSummary(await aggregateRuns([dir]));
  } finally {
    await rm(dir, { recursive: true });
  }
}

it('shows who wins where, aligned, and says what it found', async () => {
  const plugins = ['direct-connect', 'tcp-punch', 'udp-punch'];
  expect(await summary({ mode: 'race', trials: 20, plugins })).toMatchInlineSnapshot(`
    "dials \\ answers       open      full-cone  restricted-cone  port-restricted-cone  symmetric  udp-blocked
    open                  DC  100%  UP   95%   UP  100%         UP  100%              UP  100%   TP   95%
    full-cone             DC  100%  UP  100%   UP  100%         UP  100%              UP  100%   TP   90%
    restricted-cone       DC  100%  UP  100%   UP  100%         UP  100%              UP  100%   TP   95%
    port-restricted-cone  DC  100%  UP  100%   UP  100%         UP  100%              -     0%   TP   95%
    symmetric             DC  100%  UP  100%   UP  100%         -     0%              -     0%   -     0%
    udp-blocked           DC  100%  TP  100%   TP  100%         TP   95%              -     0%   TP  100%

    DC direct-connect  TP tcp-punch  UP udp-punch
    ~ relayed  x none connected  - impossible by theory  ? unsupported  . untested

    31 of 36 pairs connect, in 613 of 720 trials (85.1%, 95% interval 82–88%), in a median of 409 ms, most often by udp-punch (44.5%); 5 pairs cannot by theory; 7 trials missed a possible connection."
  `);
});

it('marks relayed paths, cells without trials, and one matrix for each link', async () => {
  const text = await summary({ mode: 'race', trials: 2, links: ['broadband', 'mobile'] }, (run) => ({
    ...run,
    trials: run.trials.filter(({ cell }) => cell.a !== 'full-cone'),
  }));
  expect(text).toMatch(/^link: broadband\ndials/);
  expect(text).toMatch(/\n\nlink: mobile\ndials/);
  expect(text).toMatch(/\nsymmetric .*TR~ 100%/);
  expect(text).toMatch(/\nfull-cone {10,}\. +\. +\. +\. +\. +\.\n/);
});

it('says in mode each who could, and whom chance decides', async () => {
  const plugins = ['direct-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];
  const text = await summary({ mode: 'each', trials: 20, plugins });
  expect(text).toMatchInlineSnapshot(`
    "dials \\ answers       open            full-cone    restricted-cone  port-restricted-cone  symmetric    udp-blocked
    open                  DC? TP? UP? TR  TP? UP? TR?  TP UP? TR?       TP? UP? TR            TP? UP TR?   TP? TR
    full-cone             DC? TP? UP? TR  TP? UP TR    TP? UP TR        TP UP TR              TP? UP? TR?  TP? TR?
    restricted-cone       DC? TP? UP TR   TP? UP TR?   TP UP? TR        TP UP? TR?            TP UP? TR?   TP? TR?
    port-restricted-cone  DC TP UP? TR?   TP UP TR     TP UP TR?        TP? UP? TR?           TR           TP? TR?
    symmetric             DC TP? UP? TR?  TP UP TR?    TP? UP TR?       TR?                   TR?          TR
    udp-blocked           DC? TP? TR?     TP TR?       TP TR?           TP? TR                TR?          TP TR?

    DC direct-connect  TP tcp-punch  UP udp-punch  TR turn-relay
    Named are all plugins that connected alone, with ? those that did not in every trial; x none connected  - impossible by theory  . untested

    36 of 36 pairs connect, in 715 of 720 trials (99.3%, 95% interval 98.4–99.7%), 14.3% of them through a relay, in a median of 426 ms, most often by udp-punch (38.2%); 5 trials missed a possible connection."
  `);
});

it('says how many trials the world has no way to run, and why', async () => {
  const error = 'events: the rules of a kernel NAT stay as they are during a trial';
  const ending = { outcome: 'unsupported', plugin: null, path: null, connectMs: null, error } as const;
  const cannot = (which: (a: string) => boolean) =>
    summary({ mode: 'race', trials: 1 }, ({ info, trials }) => ({
      info,
      trials: trials.map((trial) => (which(trial.cell.a!) ? { ...trial, ...ending } : trial)),
    }));
  expect(await cannot(() => true)).toMatch(`\n\nNo trial could be run here; 36 trials unsupported (${error}).`);
  expect(await cannot((a) => a === 'open')).toContain(`; 6 trials unsupported (${error})`);
});

it('numbers the columns of a wide matrix', async () => {
  const long = 'port-restricted-cone+cgn-with-a-long-name';
  const rename = (value: string) => (value === 'open' ? long : value);
  const text = await summary({ mode: 'race', trials: 1 }, ({ info, trials }) => ({
    info: {
      ...info,
      cells: info.cells.map(({ axes: { a, b, link } }) => ({
        id: `${rename(a!)},${rename(b!)},${link}`,
        axes: { a: rename(a!), b: rename(b!), link: link! },
      })),
    },
    trials: trials.map((trial) => ({
      ...trial,
      cell: { ...trial.cell, a: rename(trial.cell.a!), b: rename(trial.cell.b!) },
    })),
  }));
  expect(text).toContain(`   1 = ${long}\n   2 = full-cone`);
  expect(
    Math.max(
      ...text
        .split('\n\n')[0]!
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThan(120);
});

it('sends no control characters to the terminal', async () => {
  const text = await summary({ mode: 'race', trials: 1 }, ({ info, trials }) => ({
    info: { ...info, name: 'red\u001b[31m\u0007', interrupted: true, plugins: [...info.plugins, '\u009b2J'] },
    trials,
  }));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});
