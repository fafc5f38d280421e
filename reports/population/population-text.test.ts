import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aggregateRuns } from '../aggregate.ts';
import { renderSummary } from '../render-summary.ts';
import { SAMPLE_POPULATION } from '../testdata/sample-population.ts';
import { sampleRun, writeSampleRun } from '../testdata/sample-run.ts';
import { populationText } from './population-text.ts';

const plugins = ['udp-punch', 'turn-relay'];

async function aggregate(links: readonly string[]) {
  const { info, trials } = sampleRun({ mode: 'each', trials: 20, plugins, links });
  const dir = await mkdtemp(join(tmpdir(), 'punchlab-'));
  try {
    await writeSampleRun(dir, { info: { ...info, population: SAMPLE_POPULATION }, trials });
    return await aggregateRuns([dir]);
  } finally {
    await rm(dir, { recursive: true });
  }
}

it('sets our weighted success beside each published figure, cell by cell, and accounts for the gap', async () => {
  expect(populationText((await aggregate(['broadband'])).population!)).toMatchInlineSnapshot(`
    "Two peers at random out of a <sample>: open 0%, full-cone 60.0%, restricted-cone 0%, port-restricted-cone 0%, symmetric 30.0%, udp-blocked 10.0%

                 of all pairs            of pairs with UDP       lost without it         lost directly
    udp-punch    66.6% (57.9% to 70.1%)  82.2% (71.5% to 86.1%)  0.9% (0.2% to 8.5%)     66.6% (57.9% to 70.1%)
    turn-relay   98.2% (90.6% to 99.1%)  98.9% (89.7% to 99.8%)  32.5% (28.9% to 41.2%)  0% (0% to 7.4%)
    any of them  99.1% (91.6% to 99.6%)  100% (91.0% to 100%)

    published  theirs  ours                    gap
    Table 1    66.5%   82.2% (71.5% to 86.1%)  +15.7

    ours / theirs  full-cone      symmetric
    full-cone      90.0% / 81.0%  95.0% / 72.0%
    symmetric      95.0% / 63.0%  0% / 4.5% *
    * theory excludes the pair
      - Ours is 82.2% (95% interval 71.5% to 86.1%), theirs 66.5%: 15.7 points higher.
      - In the 88.9% of these pairs that theory connects, ours connect 92.5%, theirs 74.3%: +16.2 points of the gap; NAT types do not explain what fails there.
      - In the 11.1% of these pairs that theory excludes, ours connect 0%, theirs 4.5%: −0.5 points of the gap; so some NATs of those classes do better than ours of the name.
      - Its largest parts, in points: symmetric to full-cone +7.1 (95.0% against 63.0%, 22.2% of the pairs); full-cone to symmetric +5.1 (95.0% against 72.0%, 22.2% of the pairs); full-cone to full-cone +4.0 (90.0% against 81.0%, 44.4% of the pairs).
      - It leaves out 19.0% of all pairs; with them ours is 66.6%.
      - Ours counts udp-punch only; by all plugins 100% of its pairs connect.
      - No link lost a packet in these trials.
      * It rained <there>.

    published  theirs  ours                    gap
    A total    70.0%   82.2% (71.5% to 86.1%)  +12.2
      - Ours is 82.2% (95% interval 71.5% to 86.1%), theirs 70.0% ± 7.1: 12.2 points higher.
      - Theory connects 88.9% of these pairs; ours connect 92.5% of those.
      - If pairs that theory connects failed as often as in “Table 1” (25.7%), ours would be 61.1%.
      - It leaves out 19.0% of all pairs; with them ours is 66.6%.
      - Ours counts udp-punch only; by all plugins 100% of its pairs connect.
      - No link lost a packet in these trials."
  `);
});

it('of further links shows the numbers alone', async () => {
  const text = populationText((await aggregate(['broadband', 'mobile'])).population!);
  const [, mobile] = text.split('\n\nlink: mobile');
  expect(mobile).toMatchInlineSnapshot(`
    "  of all pairs            of pairs with UDP       lost without it         lost directly
    udp-punch     70.2% (62.3% to 72.8%)  86.7% (77.0% to 89.2%)  1.8% (0.5% to 9.5%)     70.2% (62.3% to 72.8%)
    turn-relay    97.1% (89.3% to 98.6%)  96.7% (87.2% to 98.5%)  28.7% (25.9% to 36.6%)  0% (0% to 7.4%)
    any of them   98.9% (91.4% to 99.6%)  98.9% (89.8% to 99.7%)

    published  theirs  ours                    gap
    Table 1    66.5%   86.7% (77.0% to 89.2%)  +20.2
    A total    70.0%   86.7% (77.0% to 89.2%)  +16.7"
  `);
});

it('is part of the summary, before what the run found', async () => {
  const all = await aggregate(['broadband']);
  const parts = renderSummary(all).split(populationText(all.population!));
  expect(parts).toHaveLength(2);
  expect(parts[1]).toMatch(/^\n\n\d+ of 36 pairs connect/);
});
