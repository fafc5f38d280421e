import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aggregateRuns } from '../aggregate.ts';
import type { Aggregate } from '../aggregate-types.ts';
import { SAMPLE_POPULATION } from '../testdata/sample-population.ts';
import { type SampleOptions, sampleRun, writeSampleRun } from '../testdata/sample-run.ts';
import { contextOf } from './context.ts';
import { populationSection } from './population-section.ts';
import { renderReport } from './render-report.ts';

const OPTIONS: SampleOptions = { mode: 'each', trials: 5, plugins: ['udp-punch', 'turn-relay'] };

async function aggregate(options: SampleOptions, population = true): Promise<Aggregate> {
  const { info, trials } = sampleRun(options);
  const dir = await mkdtemp(join(tmpdir(), 'punchlab-'));
  try {
    await writeSampleRun(dir, { info: population ? { ...info, population: SAMPLE_POPULATION } : info, trials });
    return await aggregateRuns([dir]);
  } finally {
    await rm(dir, { recursive: true });
  }
}

function text(markup: string): string {
  return markup
    .replace(/<svg.*?<\/svg>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the population section', async () => {
  const whole = await aggregate(OPTIONS);
  const section = populationSection(contextOf(whole)).text;
  const { groups } = whole.population!;

  it('has the shares, ours by each plugin, and ours beside theirs', () => {
    const words = text(section);
    expect(words).toContain('Each plugin ran alone');
    expect(words).toContain('full-cone 60% 60.0% yes');
    expect(words).toContain('udp-blocked 10% 10.0% blocked');
    for (const who of ['udp-punch', 'turn-relay', 'any of them']) expect(words).toContain(` ${who} `);
    const ours = `${(100 * groups[0]!.comparisons[0]!.ours!.share).toFixed(1)}%`;
    expect(words).toContain(`theirs, by the same shares 66.5% ours, by udp-punch ${ours} `);
    expect(words).toContain('theirs 70.0% ± 7.1');
  });

  it('compares a matrix pair by pair', () => {
    const [matrix] = /<table class="plain compared">.*?<\/table>/s.exec(section)!;
    expect(matrix.match(/<tr>/g)).toHaveLength(3);
    for (const { connected, trials, theirs } of groups[0]!.comparisons[0]!.cells) {
      expect(text(matrix)).toContain(`/ ${(100 * theirs!).toFixed(1)}%`);
      expect(text(matrix)).toContain(` ${connected}/${trials}, `);
    }
    expect(matrix.match(/∅/g)).toHaveLength(1);
    expect(text(matrix)).toContain('−1.0, 44.4% of pairs');
  });

  it('says what accounts for the gap, and apart from it what is known to differ', () => {
    for (const sentence of groups[0]!.comparisons.flatMap(({ account }) => account))
      expect(text(section)).toContain(sentence);
    expect(text(section)).toContain('Known to be different there It rained &lt;there&gt;.');
    expect(section.match(/Known to be different/g)).toHaveLength(1);
  });

  it('escapes what comes out of a scenario', () => {
    expect(section).toContain('<b>a &lt;sample&gt;</b>');
    expect(section).toContain('Nobody &amp; Sons, figure 3');
    expect(section).not.toMatch(/<sample>|<there>/);
  });

  it('is in the report, linked, and has one part for each link', async () => {
    const page = renderReport(await aggregate({ ...OPTIONS, links: ['broadband', 'mobile'] }));
    expect(page).toContain('<a href="#population">Population</a>');
    expect([...page.matchAll(/<h3 class="group">(.*?)<\/h3>/g)].map(([, title]) => title)).toEqual([
      'link: broadband',
      'link: mobile',
    ]);
  });

  it('tells untested pairs from pairs that never connect', async () => {
    const { info, trials } = sampleRun(OPTIONS);
    const dir = await mkdtemp(join(tmpdir(), 'punchlab-'));
    try {
      const left = trials.filter(({ cell }) => cell.a !== 'symmetric');
      await writeSampleRun(dir, { info: { ...info, population: SAMPLE_POPULATION }, trials: left });
      const part = text(populationSection(contextOf(await aggregateRuns([dir]))).text);
      expect(part).toContain('untested / 63.0%');
      expect(part).toContain('of the 70.0% tested');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('is left out where there is no population', async () => {
    const without = await aggregate(OPTIONS, false);
    expect(without.population).toBeNull();
    expect(populationSection(contextOf(without)).text).toBe('');
    expect(renderReport(without)).not.toContain('id="population"');
  });
});
