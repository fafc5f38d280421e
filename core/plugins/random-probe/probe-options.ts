import type { OptionValues, PluginOptions } from '../plugin-options.ts';

export const PROBE_OPTIONS = {
  sockets: {
    kind: 'number',
    min: 1,
    max: 1024,
    default: 256,
    meaning: 'Local ports on the end whose NAT maps every destination anew',
  },
  probes: { kind: 'number', min: 1, max: 64_512, default: 1024, meaning: 'Distinct ports that the other end tries' },
  rate: { kind: 'number', min: 1, max: 2000, default: 200, meaning: 'Ports tried per second' },
  footprint: {
    kind: 'number',
    min: 1,
    max: 64_512,
    default: 2000,
    meaning: 'The most ports tried within ten seconds, for firewalls that take more for a scan',
  },
  packets: {
    kind: 'number',
    min: 16,
    max: 200_000,
    default: 4096,
    meaning: 'The most packets of one end, whatever the other options say',
  },
} as const satisfies PluginOptions;

/** See {@link PROBE_OPTIONS}. */
export type ProbeOptions = OptionValues<typeof PROBE_OPTIONS>;

const FOOTPRINT_MS = 10_000;
/** For the signals before the search, and the packets that are under way when it ends. */
export const GRACE_MS = 3000;

/** How long a search takes that finds nothing. */
export function searchMs({ probes, rate, footprint }: ProbeOptions): number {
  return Math.ceil(Math.max((1000 * probes) / rate, Math.floor((probes - 1) / footprint) * FOOTPRINT_MS));
}

/**
 * When the next port may be tried.
 *
 * @param sentUs when each was tried so far
 */
export function nextProbeUs({ rate, footprint }: ProbeOptions, sentUs: readonly number[]): number {
  if (sentUs.length === 0) return 0;
  const windowUs = sentUs.length >= footprint ? sentUs[sentUs.length - footprint]! + FOOTPRINT_MS * 1000 : 0;
  return Math.max(sentUs.at(-1)! + Math.round(1_000_000 / rate), windowUs);
}
