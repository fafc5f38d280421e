import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../world/scheduler.ts';
import { Congestion } from './congestion.ts';
import { LazyTimer } from './lazy-timer.ts';
import { nextSmallerSegment } from './path-mtu.ts';
import { RttEstimator } from './rtt-estimator.ts';
import { add, before, distance, later } from './sequence.ts';
import { type CloseEvent, nextState, type State } from './state.ts';
import { TimeWait, TimeWaits } from './time-wait.ts';

describe('RFC 9293 3.4: sequence arithmetic modulo 2^32', () => {
  it.each([
    [0, 1, 1],
    [4_294_967_295, 0, 1],
    [5, 4_294_967_295, -6],
    [0, 2_147_483_647, 2_147_483_647],
    [2_147_483_647, 0, -2_147_483_647],
    [7, 7, 0],
  ])('from %i to %i it is %i', (from, to, expected) => {
    expect(distance(from, to)).toBe(expected);
    expect(before(from, to)).toBe(expected > 0);
    expect(later(from, to)).toBe(expected > 0 ? to : from);
    expect(add(from, expected)).toBe(to);
  });
});

describe('RFC 6298: the estimator', () => {
  it('(2.1) starts with a second, (2.2) then takes R and R/2 with the floor of the variance term', () => {
    const rtt = new RttEstimator();
    expect(rtt.rtoUs).toBe(1_000_000);
    rtt.sample(100_000);
    expect(rtt.rtoUs).toBe(100_000 + 200_000); // 4 * R/2 = 200 ms
    rtt.sample(100_000);
    rtt.sample(100_000);
    expect(rtt.rtoUs).toBe(300_000); // the floor: variance is below 50 ms now
  });

  it('(2.3) weighs samples by 1/8 and 1/4', () => {
    const rtt = new RttEstimator();
    rtt.sample(800_000);
    rtt.sample(1_600_000);
    // variance 3/4 * 400 + 1/4 * 800 = 500 ms, smoothed 7/8 * 800 + 1/8 * 1600 = 900 ms
    expect(rtt.rtoUs).toBe(900_000 + 4 * 500_000);
  });

  it('(5.5) doubles up to 120 s', () => {
    const rtt = new RttEstimator();
    for (let count = 0; count < 20; count++) rtt.backOff();
    expect(rtt.rtoUs).toBe(120_000_000);
  });

  it('Karn: times one segment at a time, and none that was sent again', () => {
    const rtt = new RttEstimator();
    rtt.sent(100, 0);
    rtt.sent(200, 50_000);
    rtt.acknowledged(99, 60_000);
    expect(rtt.rtoUs).toBe(1_000_000);
    rtt.acknowledged(200, 80_000);
    expect(rtt.rtoUs).toBe(80_000 + 200_000);
    rtt.sent(300, 100_000);
    rtt.retransmitted();
    rtt.acknowledged(300, 9_000_000);
    expect(rtt.rtoUs).toBe(280_000);
  });
});

describe('RFC 5681 and RFC 6582: the congestion window', () => {
  const MSS = 1000;

  it('RFC 6928: starts with ten segments, and with one after more than one lost SYN', () => {
    expect([0, 1, 2].map((retries) => new Congestion(MSS, 0, retries).window)).toEqual([10_000, 10_000, 1000]);
  });

  it('grows by a segment an acknowledgement in slow start, by a segment a round trip after a loss', () => {
    const congestion = new Congestion(MSS, 0, 0);
    congestion.acknowledged(2001, 2000, 8000);
    congestion.acknowledged(2101, 100, 8000);
    expect(congestion.window).toBe(11_100);
    congestion.timedOut(1, 8001, false);
    expect(congestion.window).toBe(1000);
    for (let count = 0; count < 3; count++) congestion.acknowledged(9000, 1000, 0);
    expect(congestion.window).toBe(4000); // the threshold: half of 8000
    for (let count = 0; count < 4; count++) congestion.acknowledged(9000, 1000, 0);
    expect(congestion.window).toBeGreaterThan(4900);
    expect(congestion.window).toBeLessThanOrEqual(5000);
  });

  it('RFC 5681 3.1: a second timeout of the same segment leaves the threshold', () => {
    const congestion = new Congestion(MSS, 0, 0);
    congestion.timedOut(1, 20_001, false);
    congestion.timedOut(1, 1001, true);
    for (let count = 0; count < 9; count++) congestion.acknowledged(30_000, 1000, 0);
    expect(congestion.window).toBe(10_000);
  });

  it('retransmits on the third duplicate, inflates, deflates on a partial and leaves on the full acknowledgement', () => {
    const congestion = new Congestion(MSS, 0, 0);
    expect([1, 2, 3].map(() => congestion.duplicate(1, 10_001))).toEqual([false, false, true]);
    expect(congestion.window).toBe(5000 + 3000);
    expect(congestion.duplicate(1, 10_001)).toBe(false);
    expect(congestion.window).toBe(9000);
    expect(congestion.acknowledged(3001, 3000, 7000)).toBe(true);
    expect(congestion.window).toBe(9000 - 3000 + 1000);
    expect(congestion.acknowledged(10_001, 7000, 0)).toBe(false);
    expect(congestion.window).toBe(2000); // option 1: no burst
  });

  it('RFC 6582 3.2: duplicates of what was sent before a timeout start no recovery', () => {
    const congestion = new Congestion(MSS, 0, 0);
    congestion.timedOut(1, 10_001, false);
    expect([1, 2, 3, 4].map(() => congestion.duplicate(5001, 10_001))).toEqual([false, false, false, false]);
    congestion.acknowledged(11_001, 6000, 2000);
    expect([1, 2, 3].map(() => congestion.duplicate(11_001, 13_001))).toEqual([false, false, true]);
  });
});

describe('RFC 9293 figure 5: states after ESTABLISHED', () => {
  it.each<[State, CloseEvent[], State]>([
    ['ESTABLISHED', ['end', 'fin-acknowledged', 'fin'], 'TIME-WAIT'],
    ['ESTABLISHED', ['end', 'fin', 'fin-acknowledged'], 'TIME-WAIT'],
    ['ESTABLISHED', ['fin', 'end', 'fin-acknowledged'], 'CLOSED'],
    ['FIN-WAIT-1', ['fin'], 'CLOSING'],
    ['FIN-WAIT-2', ['end', 'fin-acknowledged'], 'FIN-WAIT-2'],
    ['CLOSED', ['end', 'fin', 'fin-acknowledged'], 'CLOSED'],
    ['TIME-WAIT', ['end', 'fin', 'fin-acknowledged'], 'TIME-WAIT'],
  ])('%s, then %j, is %s', (from, events, expected) => {
    expect(events.reduce(nextState, from)).toBe(expected);
  });
});

describe('RFC 1191: plateaus', () => {
  it('goes down to the smallest that IPv4 has to carry', () => {
    const sizes = [1460];
    while (sizes.at(-1)! > 28) sizes.push(nextSmallerSegment(sizes.at(-1)!));
    expect(sizes).toEqual([1460, 1452, 966, 468, 256, 28]);
    expect(nextSmallerSegment(28)).toBe(28);
  });
});

describe('TimeWaits', () => {
  it('each is over 60 s after it was last added', () => {
    const scheduler = new Scheduler();
    const over: [number, number][] = [];
    const waits = new TimeWaits(scheduler, (wait) => over.push([wait.flow.localPort, scheduler.now / 1_000_000]));
    const [first, second, third] = [1, 2, 3].map((localPort) => {
      return new TimeWait({ local: 0, localPort, remote: 1, remotePort: 80 }, 0, 0);
    });
    const at = (seconds: number, task: () => void) => scheduler.schedule(seconds * 1_000_000, task);
    at(0, () => waits.add(first!));
    at(1, () => waits.add(second!));
    at(2, () => waits.add(third!));
    at(40, () => waits.add(first!));
    at(41, () => waits.delete(third!));
    while (scheduler.pending > 0) scheduler.step();
    expect(over).toEqual([
      [2, 61],
      [1, 100],
    ]);
  });
});

describe('LazyTimer', () => {
  it('runs once, when it is due by its last setting', () => {
    const scheduler = new Scheduler();
    const runs: number[] = [];
    const timer = new LazyTimer(scheduler, () => runs.push(scheduler.now));
    const at = (time: number, task: () => void) => scheduler.schedule(time, task);
    timer.set(100);
    at(50, () => timer.set(200)); // later: 250
    at(60, () => timer.set(20)); // sooner: 80
    at(90, () => timer.set(500));
    at(95, () => timer.clear());
    at(300, () => timer.set(10));
    while (scheduler.pending > 0) scheduler.step();
    expect(runs).toEqual([80, 310]);
    expect(timer.armed).toBe(false);
  });

  it('costs one event a timeout, however often it is put off', () => {
    const scheduler = new Scheduler();
    const timer = new LazyTimer(scheduler, () => {});
    for (let count = 0; count < 500; count++) {
      timer.set(1000);
      scheduler.schedule(1, () => {});
      scheduler.step();
    }
    expect(scheduler.pending).toBe(1);
  });
});
