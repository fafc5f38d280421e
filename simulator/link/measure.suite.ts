import { expect } from 'vitest';
import { type Packet, udpPacket } from '../packet.ts';
import { type Impairment, LOST } from './impairment.ts';

const HEADERS = 28;

/** A datagram of so many bytes on the wire. */
export function packetOf(bytes: number): Packet {
  return udpPacket(1, 0, 1, 1, 2, 64, new Uint8Array(bytes - HEADERS));
}

const PACKET = packetOf(128);

/** The verdicts on so many packets that enter a millisecond apart. */
export function verdicts(impairment: Impairment, count: number): number[] {
  return Array.from({ length: count }, (_, index) => impairment.transit(PACKET, index * 1000));
}

export function isLost(verdict: number): boolean {
  return verdict === LOST;
}

/** Lengths of the runs of lost packets, without one that the end cuts off. */
export function lossRuns(all: readonly number[]): number[] {
  const runs: number[] = [];
  let length = 0;
  for (const verdict of all) {
    if (isLost(verdict)) length++;
    else if (length > 0) {
      runs.push(length);
      length = 0;
    }
  }
  return runs;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Two-sided, of the normal distribution. */
const Z99 = 2.5758;

/** @param variance of the mean that was found */
export function expectWithin99(found: number, expected: number, variance: number): void {
  const reach = Z99 * Math.sqrt(variance);
  expect(found).toBeGreaterThanOrEqual(expected - reach);
  expect(found).toBeLessThanOrEqual(expected + reach);
}
