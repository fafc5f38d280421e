/** External ports that follow each other as a NAT's mappings do. */
export interface PortSeries {
  /** The newest port that was seen. */
  readonly last: number;
  /** From one mapping to the next, signed, not 0. */
  readonly step: number;
  /** First and last port that the NAT gives out. @default all but the system ports */
  readonly range?: readonly [number, number];
}

/** RFC 6335 section 6: below are the system ports, which NATs leave alone (RFC 4787 REQ-3a). */
export const ALL_PORTS: readonly [number, number] = [1024, 65_535];

/** The port of the mapping that is `count` after the last one; where the range ends it begins anew. */
export function portAfter({ last, step, range = ALL_PORTS }: PortSeries, count: number): number {
  const [low, high] = range;
  const size = high - low + 1;
  const offset = (last - low + count * step) % size;
  return low + (offset < 0 ? offset + size : offset);
}

/** How many mappings after the last one a port is; undefined: the series does not meet it within `limit`. */
export function countTo(series: PortSeries, port: number, limit: number): number | undefined {
  for (let count = 0; count <= limit; count++) if (portAfter(series, count) === port) return count;
  return undefined;
}
