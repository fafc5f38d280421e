import { describe, expect, it } from 'vitest';
import { checkBlock, columns } from './document.ts';
import { type Ran, replay, run, shipped, withOptions } from './shipped.ts';

const TIMEOUT_MS = 120_000;
/** Where a wait is random, so many trials are shown. */
const TRIALS = 3;

interface Punch {
  /** Dials of the side that dialled more often. */
  readonly tries: number;
  /** From the first SYN until the connection is open at both ends; undefined if it never is. */
  readonly ms: number | undefined;
}

/** A SYN of a dial to the peer; what is not a server's address is the peer's. */
const DIAL = /^\s*([\d.]+) ms {2}([ab]) +sent +TCP \S+ > (?!192\.0\.2\.)\S+ SYN seq (\d+)/;
/** A segment that opens the connection at whoever gets it: it acknowledges the SYN. */
const OPENING = /^\s*([\d.]+) ms {2}([ab]) +delivered +TCP (?!192\.0\.2\.)\S+ > \S+ (?!RST)\S*ACK /;

function punchOf({ connected, timeline }: Ran): Punch {
  const dials = timeline.flatMap((line) => {
    const dial = DIAL.exec(line);
    return dial ? [dial] : [];
  });
  const triesOf = (side: string) =>
    new Set(dials.flatMap(([, , by, sequence]) => (by === side ? [sequence] : []))).size;
  const openAt = (side: string) => {
    const line = timeline.find((text) => OPENING.exec(text)?.[2] === side);
    return Number(OPENING.exec(line ?? '')?.[1]);
  };
  const ms = connected ? Math.max(openAt('a'), openAt('b')) - Number(dials[0]![1]) : undefined;
  return { tries: Math.max(triesOf('a'), triesOf('b')), ms };
}

/** `3 tries, 412 ms`, `3-7 tries, 412-803 ms` of several trials, `never`, or how many of them. */
function describePunches(punches: readonly Punch[]): string {
  const times = punches.flatMap(({ ms }) => ms ?? []);
  if (times.length === 0) return 'never';
  const tries = range(punches.filter(({ ms }) => ms !== undefined).map((punch) => punch.tries));
  const text = `${tries} ${tries === '1' ? 'try' : 'tries'}, ${range(times)} ms`;
  return times.length === punches.length ? text : `${times.length} of ${punches.length}: ${text}`;
}

function range(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map((number) => number.toFixed(0));
  return least === most ? `${least}` : `${least}-${most}`;
}

/** By cell: all its trials. */
function byCell(ran: readonly Ran[]): Map<string, Punch[]> {
  const cells = new Map<string, Punch[]>();
  for (const one of ran) cells.set(one.cell.id, [...(cells.get(one.cell.id) ?? []), punchOf(one)]);
  return cells;
}

const connects = (punches: readonly Punch[] | undefined) => punches!.every(({ ms }) => ms !== undefined);

describe('what a NAT answers to a SYN that comes too early', () => {
  const LINK = '25ms';
  /** Early side, late side. */
  const PAIRS = [
    ['drop', 'drop'],
    ['reset', 'drop'],
    ['drop', 'icmp-6s'],
    ['drop', 'reset'],
    ['drop-hold', 'reset'],
    ['reset', 'reset'],
    ['drop', 'icmp-at-once'],
    ['icmp-at-once', 'icmp-at-once'],
  ] as const;
  const SCENARIOS = ['within', 'beyond-once', 'beyond-fixed', 'beyond-random'];

  it('docs/outcomes.md has the table of skews and policies', { timeout: TIMEOUT_MS }, async () => {
    const ids = PAIRS.map(([early, late]) => `${early},${late},${LINK}`);
    const cells = (cell: { id: string }) => ids.includes(cell.id);
    const results: Map<string, Punch[]>[] = [];
    for (const name of SCENARIOS) {
      const trials = name === 'beyond-random' ? TRIALS : 1;
      results.push(byCell(await run(shipped(`tcp-skew-${name}`), { cells, trials, timeline: true })));
    }
    const rows = PAIRS.map(([early, late], row) => [
      early,
      late,
      ...results.map((found) => describePunches(found.get(ids[row]!)!)),
    ]);
    checkBlock('tcp-skew', columns([['a, early', 'b, late', ...SCENARIOS], ...rows]));
    expect(results.map((found) => ids.map((id) => connects(found.get(id))))).toEqual([
      [true, true, true, true, true, true, true, true],
      [true, true, true, false, false, false, false, false],
      [true, true, true, true, false, false, false, false],
      [true, true, true, true, true, true, true, true],
    ]);
  });

  it.each([
    ['once', 3000, false],
    ['fixed', 7000, true],
  ])(
    'beyond-%s: a peer that is %i ms late at a NAT that is silent, for good or for 6 s: %s',
    async (name, skewMs, met) => {
      const scenario = withOptions(shipped(`tcp-skew-beyond-${name}`), { skewMs });
      const found = await run(scenario, {
        cells: ({ axes }) => ['drop', 'icmp-6s'].includes(axes.b) && axes.a === 'drop',
      });
      expect(found.map(({ connected }) => connected)).toEqual([met, met]);
    },
  );

  it('docs/outcomes.md has the sweep of skews', { timeout: TIMEOUT_MS }, async () => {
    const pairs = ['drop,reset', 'drop-hold,reset', 'reset,reset'].map((pair) => `${pair},${LINK}`);
    const fixed = shipped('tcp-skew-beyond-fixed');
    const random = shipped('tcp-skew-beyond-random');
    const rows: string[][] = [];
    for (const skewMs of [0, 25, 49, 51, 75, 150, 250, 275, 325, 350, 400, 500]) {
      const cells = (cell: { id: string }) => pairs.includes(cell.id);
      const found = byCell(await run(withOptions(fixed, { skewMs }), { cells, timeline: true }));
      const options = { cells: (cell: { id: string }) => cell.id === pairs[2], trials: TRIALS, timeline: true };
      const lucky = byCell(await run(withOptions(random, { skewMs }), options));
      expect(connects(lucky.get(pairs[2]!)), `${skewMs} ms`).toBe(true);
      const texts = [...pairs.map((id) => found.get(id)!), lucky.get(pairs[2]!)!].map(describePunches);
      rows.push([`${skewMs} ms`, ...texts]);
    }
    const heads = ['skew', 'drop, reset', 'drop-hold, reset', 'reset, reset', 'reset, reset, random waits'];
    checkBlock('tcp-sweep', columns([heads, ...rows]));
  });
});

describe('simultaneous open over the NATs of Linux', () => {
  /** Measured over netfilter, B 30 ms later than A: tries of row A and column B from the diagonal on; 0 is never. */
  const MEASURED = [[2, 1, 1, 2, 1, 0, 0], [1, 1, 2, 1, 0, 0], [1, 2, 1, 0, 0], [3, 1, 0, 0], [1, 0, 0], [0, 0], [0]];

  it('docs/outcomes.md has the table for 20 ms, and what was measured is in it', { timeout: TIMEOUT_MS }, async () => {
    const scenario = shipped('tcp-linux');
    const predictable = ({ axes }: { axes: { a: string; b: string } }) => !`${axes.a},${axes.b}`.includes('symmetric');
    const symmetric = await run(scenario, { cells: (cell) => !predictable(cell), timeline: true });
    const others = await run(scenario, { cells: predictable, trials: 5, timeline: true });
    const found = byCell([...symmetric, ...others]);
    const kinds = [...new Set(scenario.cells.map(({ axes }) => axes.a))];
    const rows = kinds.map((a) => [a, ...kinds.map((b) => describeTries(found.get(`${a},${b},10ms`)!))]);
    checkBlock('tcp-linux', columns([['a \\ b', ...kinds], ...rows]));
    for (const [row, measured] of MEASURED.entries()) {
      for (const [offset, tries] of measured.entries()) {
        const punches = found.get(`${kinds[row]},${kinds[row + offset]},10ms`)!;
        const seen = punches.map((punch) => (punch.ms === undefined ? 0 : punch.tries));
        expect(seen, `${kinds[row]} x ${kinds[row + offset]}`).toContain(tries);
      }
    }
  });

  it('docs/outcomes.md has the table for no latency', { timeout: TIMEOUT_MS }, async () => {
    const scenario = shipped('tcp-linux-adjacent');
    const found = byCell(await run(scenario, { trials: TRIALS, timeline: true }));
    const kinds = [...new Set(scenario.cells.map(({ axes }) => axes.a))];
    const rows = kinds.map((a) => [a, ...kinds.map((b) => describeTries(found.get(`${a},${b},0ms`)!))]);
    checkBlock('tcp-linux-adjacent', columns([['a \\ b', ...kinds], ...rows]));
  });

  it('docs/outcomes.md has the table of waits', { timeout: TIMEOUT_MS }, async () => {
    const fixed = byCell(await run(shipped('tcp-reset-fixed'), { timeline: true }));
    const random = byCell(await run(shipped('tcp-reset-random'), { trials: 5, timeline: true }));
    const rows = [
      ['4 ms', '2ms'],
      ['20 ms', '10ms'],
      ['80 ms', '40ms'],
    ].map(([oneWay, link]) => {
      const id = `reset,reset,${link}`;
      return [oneWay!, describePunches(fixed.get(id)!), describePunches(random.get(id)!)];
    });
    checkBlock('tcp-reset', columns([['one way', 'fixed 100 ms', 'random 0-100 ms'], ...rows]));
    expect([...fixed.values()].map(connects)).toEqual([false, false, true]);
    expect([...random.values()].map(connects)).toEqual([true, true, true]);
  });
});

/** How many tries it took: `1`, `2-5`, `18-56 (2 of 3)`, `never`. */
function describeTries(punches: readonly Punch[]): string {
  const done = punches.filter(({ ms }) => ms !== undefined);
  if (done.length === 0) return 'never';
  const tries = range(done.map((punch) => punch.tries));
  return done.length === punches.length ? tries : `${tries} (${done.length} of ${punches.length})`;
}

describe('how it goes', () => {
  const SEGMENT = / (?:[ab] +sent|[ab]\.nat1 +dropped|[ab] +delivered) /;
  const NOT_A_PEER = /192\.0\.2\./;

  it.each([
    ['trace-drop-reset-fixed', 'tcp-skew-beyond-fixed', 'drop,reset,25ms', 12],
    ['trace-drop-hold-reset-fixed', 'tcp-skew-beyond-fixed', 'drop-hold,reset,25ms', 14],
    ['trace-drop-icmp-fixed', 'tcp-skew-beyond-fixed', 'drop,icmp-at-once,25ms', 14],
    ['trace-reset-reset-fixed', 'tcp-reset-fixed', 'reset,reset,2ms', 16],
  ])('docs/outcomes.md shows %s', async (name, scenario, cell, most) => {
    const { timeline } = await replay(shipped(scenario), cell);
    const between = timeline.filter((line) => SEGMENT.test(line) && !NOT_A_PEER.test(line));
    checkBlock(name, between.slice(0, most));
  });
});
