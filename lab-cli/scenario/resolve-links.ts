import { formatDurationUs } from './duration.ts';
import type { NamedLink } from './links.ts';
import { formatPercent } from './percent.ts';
import type { LinkDirection, LinkSpec } from './types.ts';

interface WrittenDirection {
  readonly latency: number;
  readonly jitter?: number | undefined;
  readonly loss?: number | undefined;
}

type Direction = string | WrittenDirection;

/** A value of the link axis. Names are known to exist. */
export type WrittenLink = Direction | { readonly up: Direction; readonly down: Direction };

/** Looks the link up, or names it after what it does: `20ms-jitter-5ms-loss-1%`. */
export function resolveLink(written: WrittenLink, links: ReadonlyMap<string, NamedLink>): LinkSpec {
  if (typeof written === 'object' && 'up' in written) {
    const name = `up-${nameOf(written.up)}-down-${nameOf(written.down)}`;
    return { name, up: direction(written.up, 'up', links), down: direction(written.down, 'down', links) };
  }
  return { name: nameOf(written), up: direction(written, 'up', links), down: direction(written, 'down', links) };
}

function direction(written: Direction, way: 'up' | 'down', links: ReadonlyMap<string, NamedLink>): LinkDirection {
  if (typeof written === 'string') return links.get(written)![way];
  return { latencyUs: written.latency, jitterUs: written.jitter ?? 0, lossPpm: written.loss ?? 0 };
}

function nameOf(written: Direction): string {
  if (typeof written === 'string') return written;
  const { latency, jitter = 0, loss = 0 } = written;
  const jitterText = jitter > 0 ? `-jitter-${formatDurationUs(jitter)}` : '';
  return `${formatDurationUs(latency)}${jitterText}${loss > 0 ? `-loss-${formatPercent(loss)}` : ''}`;
}
