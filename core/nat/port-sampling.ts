import type { Random } from '../ports/index.ts';
import type { PortSample } from './port-report.ts';
import { judgePorts } from './port-verdict.ts';

/** Makes new mappings, of one protocol. */
export interface PortSource {
  /**
   * Opens a local port that nobody has used and has the server say how it looks. The request leaves at once. It stays
   * open, so that the NAT keeps its mapping.
   *
   * @param localPort undefined: any
   * @returns undefined if there was no answer, or the port can't be had
   */
  map(localPort?: number): Promise<PortSample | undefined>;
}

/** Local ports that follow each other: enough for three strides. */
const NEIGHBOURS = 4;
/** The dynamic ports (RFC 6335 section 6), as RFC 5780 section 4.1 recommends. */
export const DYNAMIC_FIRST = 49_152;
export const DYNAMIC_COUNT = 16_384;

/**
 * Takes samples until the rounds are over, or all ports turn out to be kept. A round is one mapping, and when that is
 * made two in the same instant: the first tells in which direction a NAT counts, and the two how far apart, since
 * nobody else maps in between. Their own order does not matter, since packets may overtake each other.
 *
 * @param known what has been seen so far
 */
export async function samplePorts(
  source: PortSource,
  rounds: number,
  known: readonly PortSample[],
): Promise<PortSample[]> {
  const samples: PortSample[] = [];
  const add = (...found: readonly (PortSample | undefined)[]) =>
    samples.push(...found.filter((one) => one !== undefined));
  for (let round = 0; round < rounds; round++) {
    add(await source.map());
    add(...(await Promise.all([source.map(), source.map()])));
    if (judgePorts([...known, ...samples]).allocation.value === 'preserving') break;
  }
  return samples;
}

/** Mappings, and of those that make no sense, others that may: of local ports that follow each other. */
export interface PortSamples {
  readonly samples: readonly PortSample[];
  readonly neighbours: readonly PortSample[];
}

/** Takes samples, and if the ports make no sense, looks whether they follow local ports. */
export async function investigatePorts(
  source: PortSource,
  rounds: number,
  known: readonly PortSample[],
  random: Random,
): Promise<PortSamples> {
  const samples = [...known, ...(await samplePorts(source, rounds, known))];
  const { value } = judgePorts(samples).allocation;
  const scattered = value === 'random' || value === 'block';
  return { samples, neighbours: scattered ? await sampleNeighbours(source, random) : [] };
}

/** Maps local ports that follow each other, one by one from the lowest; fewer if one of them can't be had. */
async function sampleNeighbours(source: PortSource, random: Random): Promise<PortSample[]> {
  const samples: PortSample[] = [];
  const first = DYNAMIC_FIRST + random.below(DYNAMIC_COUNT - NEIGHBOURS);
  for (let port = first; port < first + NEIGHBOURS; port++) {
    const sample = await source.map(port);
    if (!sample) break;
    samples.push(sample);
  }
  return samples;
}
