import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../world/random.ts';
import { Drive } from '../drive.suite.ts';
import { exponential } from './contention.ts';

describe('exponential times', () => {
  const times = (() => {
    const random = SeededRandom.fromText('exponential');
    return Array.from({ length: 100_000 }, () => exponential(random, 1_000_000));
  })();

  test('have the mean, and a deviation as large', () => {
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length;
    // Standard error of the mean: 0.3 %.
    expect(Math.abs(mean / 1_000_000 - 1)).toBeLessThan(0.01);
    expect(Math.abs(Math.sqrt(variance) / 1_000_000 - 1)).toBeLessThan(0.02);
  });

  test.each([
    [500_000, 0.6065],
    [1_000_000, 0.3679],
    [3_000_000, 0.0498],
  ])('exceed %i us as often as they should', (limit, share) => {
    const seen = times.filter((time) => time > limit).length / times.length;
    expect(Math.abs(seen - share)).toBeLessThan(0.006);
  });

  test('are whole and never 0', () => {
    const random = SeededRandom.fromText('short');
    for (let draw = 0; draw < 1000; draw++) {
      const time = exponential(random, 0.5);
      expect(Number.isInteger(time) && time > 0).toBe(true);
    }
  });
});

describe('foreign mappings', () => {
  const portOf = (drive: Drive, source: string) => drive.udp('out', source, 's:1')[0].packet.sourcePort;

  /** How far a sequential NAT moves on within a time. */
  function advance(contention: number, milliseconds: number): number {
    const drive = new Drive({ ports: { allocation: 'sequential', contention } });
    const before = portOf(drive, 'a:5000');
    drive.wait(milliseconds);
    return (portOf(drive, 'a:5001') - before + 64512) % 64512;
  }

  test('none: the next port is the next port', () => {
    expect(advance(0, 3_600_000)).toBe(1);
  });

  test('a sequential NAT moves on at their rate', () => {
    const ports = advance(10, 100_000);
    expect(ports).toBeGreaterThan(900);
    expect(ports).toBeLessThan(1100);
  });

  test('and over hours too, without working out each', () => {
    // 20 mappings a second for 50 min: 60,000, not yet once round.
    const ports = advance(20, 3_000_000);
    expect(ports).toBeGreaterThan(59_000);
    expect(ports).toBeLessThan(61_000);
  });

  test('and over a year of 1,000 a second, which nobody could count one by one', () => {
    expect(advance(1000, 365 * 86_400_000)).toBeGreaterThanOrEqual(0);
  });

  test('take ports that a preserving NAT then lacks', () => {
    const collisions = (contention: number) => {
      const drive = new Drive({ ports: { contention }, limits: { reuseHoldMs: 0 } });
      let count = 0;
      for (let port = 10_000; port < 12_000; port++) if (portOf(drive, `a:${port}`) !== port) count++;
      return count;
    };
    expect(collisions(0)).toBe(0);
    // 50 a second that live for 120 s: 6,000 of 64,512 ports, 9.3 % of ours, before ours are taken.
    expect(collisions(50)).toBeGreaterThan(120);
    expect(collisions(50)).toBeLessThan(260);
  });

  test('can fill a NAT, and leave it again', () => {
    const drive = new Drive({ ports: { allocation: 'random', range: [40000, 40099], contention: 100 } });
    drive.play([['out', 'a:5000', 's:1', 'nat: no free port']]);
    const quiet = new Drive({ ports: { allocation: 'random', range: [40000, 40099], contention: 0.01 } });
    quiet.play([['out', 'a:5000', 's:1', '$any']]);
  });

  test('never take a port of a block', () => {
    const drive = new Drive({
      ports: { allocation: 'block', blockSize: 16, range: [40000, 40015], contention: 1000 },
    });
    for (let port = 0; port < 16; port++) drive.play([['out', `a:${5000 + port}`, 's:1', `$${port}`]]);
  });

  test('do not count as mappings', () => {
    const drive = new Drive({ ports: { contention: 100 }, limits: { mappings: 1 } });
    drive.play([
      ['out', 'a:5000', 's:1', '$m'],
      ['count', 1],
      ['wait', 10_000],
      ['count', 1],
    ]);
  });

  test('are the same for the same seed', () => {
    const ports = () => {
      const drive = new Drive({ ports: { allocation: 'random', contention: 30 } });
      return Array.from({ length: 50 }, (_, index) => {
        drive.wait(700);
        return portOf(drive, `a:${5000 + index}`);
      });
    };
    expect(ports()).toEqual(ports());
  });
});
