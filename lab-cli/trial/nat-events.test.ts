import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../reports/schema.ts';
import { loadEngine } from '../engine.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import { vocabulary } from '../vocabulary.ts';

const { knownPlugins, runTrial } = await loadEngine();

async function trial(events: string): Promise<{ result: TrialResult; lines: string[] }> {
  const yaml = `
schema: 1
name: events
axes: { a: [port-restricted-cone], b: [port-restricted-cone], link: [broadband] }
plugins: [udp-punch]
limits: { time: 20s }
${events}`;
  const scenario = loadScenario(yaml, 'events.yaml', vocabulary(knownPlugins()));
  const cell = scenario.cells[0]!;
  const lines: string[] = [];
  const spec = { scenario, cell, trial: 0, only: null, seed: trialSeed(scenario.seed, cell.id, 0) };
  const result = await runTrial(spec, { timeline: (line) => lines.push(line) });
  return { result, lines };
}

const about = (lines: readonly string[], text: string) => lines.filter((line) => line.includes(text));

describe('events of a scenario', () => {
  it('come at their time from the dial on, in the middle of a trial, and show in the trace', async () => {
    const calm = await trial('');
    expect(calm.result.outcome).toBe('connected');
    expect(about(calm.lines, 'flushed')).toEqual([]);
    const { lines, result } = await trial('events: [{ at: 10ms, side: b, do: reboot }]');
    const [line, ...more] = about(lines, 'b.nat1  reboot');
    expect(more).toEqual([]);
    expect(about(lines, 'mapping flushed').length).toBeGreaterThan(0);
    expect(about(lines, 'mapping flushed').every((flushed) => flushed.slice(0, 12) === line!.slice(0, 12))).toBe(true);
    expect(result.traceHash).not.toBe(calm.result.traceHash);
  });

  it('renumbering leaves the old address to nobody', async () => {
    const { lines, result } = await trial('events: [{ at: 0ms, side: b, do: renumber }]');
    expect(about(lines, 'b.nat1  renumber addresses=203.0.113.')).toHaveLength(1);
    // The broker keeps on sending there: b never hears that it is dialled.
    expect(about(lines, 'link: no such neighbour').length).toBeGreaterThan(0);
    expect(['not-connected', 'deadline']).toContain(result.outcome);
  });

  it('are part of the trial: the same events, the same bytes', async () => {
    const events = 'events: [{ at: 30ms, side: a, do: renumber }, { at: 2s, side: b, do: reboot }]';
    expect((await trial(events)).result).toEqual((await trial(events)).result);
  });
});
