import { z } from 'zod';
import type { BurstLoss, Link, LinkModel } from '../../simulator/index.ts';
import { formatBytes } from './byte-count.ts';
import { formatDurationUs } from './duration.ts';
import { flow } from './flow.ts';
import { directionShape, queueBytes, type WrittenDirection, type WrittenLink } from './link-shape.ts';
import type { NamedLink } from './links.ts';
import { formatPercent } from './percent.ts';
import { formatRate } from './rate.ts';
import type { LinkSpec } from './types.ts';

type Direction = string | WrittenDirection;

/** Looks the link up, or names it after what it does: `20ms-jitter-5ms-loss-1%`. */
export function resolveLink(written: WrittenLink, links: ReadonlyMap<string, NamedLink>): LinkSpec {
  const resolve = (direction: Direction, way: 'up' | 'down'): LinkModel =>
    typeof direction === 'string' ? links.get(direction)![way] : describeDirection(direction);
  const text = (direction: Direction): string =>
    typeof direction === 'string' ? direction : nameOf(describeDirection(direction));
  if (typeof written === 'object' && 'up' in written) {
    const name = `up-${text(written.up)}-down-${text(written.down)}`;
    return { name, up: resolve(written.up, 'up'), down: resolve(written.down, 'down') };
  }
  return { name: text(written), up: resolve(written, 'up'), down: resolve(written, 'down') };
}

/** What a scenario says of a direction, in the simulator's words. */
export function describeDirection(written: WrittenDirection): LinkModel {
  const { latency, jitter = 0, loss = 0, duplicate, reorder, rate, mtu, oversize = 'fragment' } = written;
  return {
    latencyUs: latency,
    ...(typeof jitter === 'number' ? { jitterUs: jitter } : { exponentialJitterUs: jitter.exponential }),
    ...describeLoss(loss),
    ...(duplicate && { duplicatePpm: duplicate }),
    ...(reorder && { holdBack: { sharePpm: reorder.share, byUs: reorder.by } }),
    ...(rate && { rate: { bitsPerSecond: rate, queueBytes: queueBytes(written)! } }),
    ...(mtu && { mtu: { bytes: mtu, oversize } }),
  };
}

function describeLoss(loss: NonNullable<WrittenDirection['loss']>): Partial<LinkModel> {
  if (typeof loss === 'number') return { lossPpm: loss };
  if ('of' in loss) return { exactLoss: { lost: loss.exactly, of: loss.of } };
  const { inGood = 0, inBad = 1_000_000 } = loss;
  const inStates = { goodLossPpm: inGood, badLossPpm: inBad };
  if ('bad' in loss) return { timedLoss: { goodUs: loss.good, badUs: loss.bad, ...inStates } };
  return { burstLoss: { toBadPpm: loss.toBad, toGoodPpm: loss.toGood, ...inStates } };
}

/** The way back: a direction as a scenario would write it. */
export function writeDirection(model: LinkModel): z.input<ReturnType<typeof directionShape>> {
  const { latencyUs, jitterUs, exponentialJitterUs, duplicatePpm, holdBack, rate, mtu } = model;
  const loss = writeLoss(model);
  const written: WrittenDirection = {
    latency: latencyUs,
    ...(jitterUs && { jitter: jitterUs }),
    ...(exponentialJitterUs && { jitter: { exponential: exponentialJitterUs } }),
    ...(loss && { loss }),
    ...(duplicatePpm && { duplicate: duplicatePpm }),
    ...(holdBack && { reorder: { share: holdBack.sharePpm, by: holdBack.byUs } }),
    ...(rate && { rate: rate.bitsPerSecond, queue: formatBytes(rate.queueBytes) }),
    ...(mtu && { mtu: mtu.bytes, ...(mtu.oversize !== 'fragment' && { oversize: mtu.oversize }) }),
  };
  return z.encode(directionShape(), written);
}

/** The same for people: as a scenario would write it, once if both directions are alike. */
export function linkTexts({ up, down }: Link): [way: string, text: string][] {
  const [one, other] = [up, down].map((model) => flow(writeDirection(model))) as [string, string];
  if (one === other) return [['both ways', one]];
  return [
    ['up', one],
    ['down', other],
  ];
}

function writeLoss({ lossPpm, burstLoss, timedLoss, exactLoss }: LinkModel): WrittenDirection['loss'] {
  if (burstLoss) return { toBad: burstLoss.toBadPpm, toGood: burstLoss.toGoodPpm, ...writeStates(burstLoss) };
  if (timedLoss) return { good: timedLoss.goodUs, bad: timedLoss.badUs, ...writeStates(timedLoss) };
  return exactLoss ? { exactly: exactLoss.lost, of: exactLoss.of } : lossPpm;
}

function writeStates({ goodLossPpm, badLossPpm }: Pick<BurstLoss, 'goodLossPpm' | 'badLossPpm'>) {
  return { ...(goodLossPpm > 0 && { inGood: goodLossPpm }), ...(badLossPpm < 1_000_000 && { inBad: badLossPpm }) };
}

/** Part of a cell's id, so without blanks, commas, plus signs and slashes. Different models have different names. */
function nameOf(model: LinkModel): string {
  const { latencyUs, jitterUs, exponentialJitterUs, duplicatePpm, holdBack, rate, mtu } = model;
  const parts = [
    formatDurationUs(latencyUs),
    jitterUs && `jitter-${formatDurationUs(jitterUs)}`,
    exponentialJitterUs && `jitter-exponential-${formatDurationUs(exponentialJitterUs)}`,
    lossName(model),
    duplicatePpm && `duplicate-${formatPercent(duplicatePpm)}`,
    holdBack && `reorder-${formatPercent(holdBack.sharePpm)}-by-${formatDurationUs(holdBack.byUs)}`,
    rate && `${formatRate(rate.bitsPerSecond).replace('/s', '')}-queue-${formatBytes(rate.queueBytes)}`,
    mtu && `mtu-${mtu.bytes}${mtu.oversize === 'fragment' ? '' : `-${mtu.oversize}`}`,
  ];
  return parts.filter(Boolean).join('-');
}

function lossName({ lossPpm, burstLoss, timedLoss, exactLoss }: LinkModel): string {
  if (lossPpm) return `loss-${formatPercent(lossPpm)}`;
  if (exactLoss) return `loss-${exactLoss.lost}-of-${exactLoss.of}`;
  const channel = burstLoss ?? timedLoss;
  if (!channel) return '';
  const change = burstLoss
    ? [burstLoss.toBadPpm, burstLoss.toGoodPpm].map(formatPercent)
    : [timedLoss!.goodUs, timedLoss!.badUs].map(formatDurationUs);
  return ['bursts', ...change, ...[channel.goodLossPpm, channel.badLossPpm].map(formatPercent)].join('-');
}
