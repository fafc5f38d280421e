import type { LinkDirection } from './types.ts';

export interface NamedLink {
  /** What it stands for, and why these numbers. */
  readonly summary: string;
  readonly up: LinkDirection;
  readonly down: LinkDirection;
}

function alike(latencyMs: number, jitterMs: number, lossPpm: number): Pick<NamedLink, 'up' | 'down'> {
  const direction = { latencyUs: latencyMs * 1000, jitterUs: jitterMs * 1000, lossPpm };
  return { up: direction, down: direction };
}

/** Links by name. Times are one way, between a peer and the core: a packet from peer to peer crosses two of them. */
export const LINKS: ReadonlyMap<string, NamedLink> = new Map([
  ['lan', { summary: 'the same building: 1 ms, lossless; the core is one switch away', ...alike(1, 0, 0) }],
  ['fibre', { summary: 'the same country by fibre: 5 ms, what light takes for 1,000 km of glass', ...alike(5, 0, 0) }],
  [
    'broadband',
    { summary: 'DSL or cable: 20 ms, lossless; an interleaved last mile adds some 15 ms to fibre', ...alike(20, 0, 0) },
  ],
  [
    'mobile',
    {
      summary: 'LTE on the move: 30 ms and up to 16 ms more, two HARQ rounds of 8 ms (3GPP TS 36.321); 0.5% is lost',
      ...alike(30, 16, 5_000),
    },
  ],
  [
    'satellite',
    {
      summary: 'geostationary: 280 ms, of which 239 ms are 2 x 35,786 km at the speed of light; 0.1% is lost',
      ...alike(280, 5, 1_000),
    },
  ],
]);
