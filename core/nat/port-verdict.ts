import { formatEndpoint } from '../net/endpoint.ts';
import { type Finding, found, unknown } from './finding.ts';
import { type AllocationKind, compareSamples, type PortReport, type PortSample } from './port-report.ts';
import { type Reading, readAsCount } from './port-sequence.ts';

type Verdict = Pick<PortReport, 'allocation' | 'step' | 'contention'>;

/**
 * Steps from one of our mappings to the next, with those of others in between. More is not believed in: an external
 * address has 64,512 ports and keeps each for half a minute at least, so it makes no more than some 2,000 a second.
 */
const INCREDIBLE_STEPS = 4096;
/** As far as an address can tell a step. */
const MAX_STEP = 32_767;
/** The fewer strides there are, the more alike they must be, else chance would look like a count. */
const CREDIBLE_STEPS = [
  { strides: 9, steps: INCREDIBLE_STEPS, longest: MAX_STEP },
  { strides: 5, steps: 64, longest: MAX_STEP },
  { strides: 3, steps: 16, longest: MAX_STEP },
  { strides: 2, steps: 1, longest: 16 },
];
/** A wrap explains away one stride, and may be put anywhere. */
const PRICE_OF_WRAP = 2;
/** Strides of the same length that make up for a pair of mappings made in the same instant. */
const EQUAL_STRIDES = 7;
/** What fits into a block of ports. */
const BLOCK_SPAN = 4096;
/** Mappings within it before it is called one: of all ports, 8 are that close once in 30 million times. */
const BLOCK_SAMPLES = 8;
/** A step that only local neighbours show may be no longer: else chance would show one, too. */
const MAX_LOCAL_STEP = 64;

/**
 * How a NAT chooses external ports, from the mappings that it has made. Mappings must have been asked for one after
 * the other; those that overlap in time count as unordered.
 *
 * @param neighbours mappings of local ports that follow each other, asked for one by one, lowest first
 */
export function judgePorts(samples: readonly PortSample[], neighbours: readonly PortSample[] = []): PortReport {
  const made = newMappings(samples);
  const ports = made.map(({ mapped }) => mapped.port);
  const verdict = preserving(made) ?? offset(made) ?? sequential(made) ?? scattered(made, ports);
  return {
    ...(isScattered(verdict) ? (localSequential(neighbours) ?? verdict) : verdict),
    range: ports.length > 0 ? [Math.min(...ports), Math.max(...ports)] : undefined,
    samples: made,
  };
}

/** A socket that uses a mapping again shows nothing new. */
function newMappings(samples: readonly PortSample[]): PortSample[] {
  const seen = new Set<string>();
  return [...samples].sort(compareSamples).filter(({ localPort, mapped }) => {
    const key = `${localPort} ${formatEndpoint(mapped)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function verdict(allocation: Finding<AllocationKind>, step = 0, contention?: number): Verdict {
  return { allocation, step, contention };
}

/** Only the first mapping of a local port counts: the next one finds that port taken. */
function preserving(made: readonly PortSample[]): Verdict | undefined {
  const first = firstOfEach(made);
  const kept = first.filter(({ localPort, mapped }) => mapped.port === localPort).length;
  const evidence = `${kept} of ${count(first.length, 'local port')} kept: ${pairs(first)}`;
  // One that changed was taken by somebody else; two that stayed are no chance.
  if (kept > 1 || (kept > 0 && kept === first.length)) return verdict(found('preserving', evidence));
  return kept > 0 ? verdict(unknown(evidence)) : undefined;
}

function offset(made: readonly PortSample[]): Verdict | undefined {
  const first = firstOfEach(made);
  const distances = first.map(({ localPort, mapped }) => mapped.port - localPort);
  const [constant, ...others] = [...new Set(distances)].sort((a, b) => times(distances, b) - times(distances, a));
  if (constant === undefined || times(distances, constant) < 3) return undefined;
  // Beyond the end of the NAT's range it goes on at the other end, and there the distance is another one, as constant.
  if (others.length > 1 || (others.length === 1 && !goesRound(first, constant, others[0]!))) return undefined;
  const round = others.length === 1 ? `, or ${others[0]} round the end of the range` : '';
  const evidence = `${pairs(first)}: always ${constant} apart${round}`;
  return isRegular(first) ? verdict(unknown(evidence)) : verdict(found('offset', evidence), constant);
}

function times(numbers: readonly number[], number: number): number {
  return numbers.filter((other) => other === number).length;
}

/** Those local ports that are as far off as the range is long lie all at one end. */
function goesRound(first: readonly PortSample[], constant: number, other: number): boolean {
  const [plain, round] = [constant, other].map((by) =>
    first.filter(({ localPort, mapped }) => mapped.port - localPort === by).map(({ localPort }) => localPort),
  );
  return other < constant ? Math.min(...round!) > Math.max(...plain!) : Math.max(...round!) < Math.min(...plain!);
}

/** Local ports that are equally far from each other would look the same through a NAT that counts. */
function isRegular([one, two, ...more]: readonly PortSample[]): boolean {
  const step = two!.localPort - one!.localPort;
  return [one, two, ...more].every((sample, index, all) => {
    return index === 0 || sample!.localPort - all[index - 1]!.localPort === step;
  });
}

function sequential(made: readonly PortSample[]): Verdict | undefined {
  const fits = readAsCount(made).flatMap((reading) => {
    const step = stepOf(reading);
    return step === undefined ? [] : [{ reading, step: step * reading.direction }];
  });
  const [fit] = fits;
  if (!fit || fits.some(({ step }) => step !== fit.step)) return undefined;
  const { reading, step } = fit;
  const foreign = reading.strides.reduce((sum, { distance }) => sum + distance / Math.abs(step) - 1, 0);
  const elapsedUs = reading.strides.reduce((sum, stride) => sum + stride.elapsedUs, 0);
  const others = foreign > 0 ? `, with ${count(foreign, 'mapping')} of others in between` : '';
  const round = reading.wrapped ? ', round the end of the range' : '';
  const evidence = `${series(made)}: steps of ${signed(step)}${others}${round}`;
  return verdict(found('sequential', evidence), step, (1e6 * foreign) / Math.max(elapsedUs, 1));
}

/**
 * The step of a count whose strides are all multiples of it. That nobody else mapped within the shortest stride is
 * certain where it is 1, clear where its ends were made in the same instant, and likely where many are as short.
 */
function stepOf({ strides, wrapped }: Reading): number | undefined {
  const weight = strides.length - (wrapped ? PRICE_OF_WRAP : 0);
  const credible = CREDIBLE_STEPS.find((limit) => weight >= limit.strides);
  if (!credible) return undefined;
  const step = divisorOf(strides.map(({ distance }) => distance));
  const shortest = strides.filter(({ distance }) => distance === step);
  const clear = step === 1 || shortest.some(({ close }) => close);
  const alike = shortest.length === strides.length && shortest.length >= EQUAL_STRIDES;
  if (shortest.length === 0 || !(clear || alike) || step > credible.longest) return undefined;
  return strides.every(({ distance }) => distance / step <= credible.steps) ? step : undefined;
}

function scattered(made: readonly PortSample[], ports: readonly number[]): Verdict {
  if (made.length === 0) return verdict(unknown('no mapping was seen'));
  if (made.length < 3) return verdict(unknown(`too few mappings: ${series(made)}`));
  const counts = readAsCount(made).some(({ strides }) => {
    const step = divisorOf(strides.map(({ distance }) => distance));
    return strides.every(({ distance }) => distance / step <= INCREDIBLE_STEPS);
  });
  if (counts) return verdict(unknown(`may be a count that others share, or chance: ${series(made)}`));
  if (Math.max(...ports) - Math.min(...ports) >= BLOCK_SPAN) return verdict(found('random', series(made)));
  if (made.length >= BLOCK_SAMPLES) return verdict(found('block', series(made)));
  return verdict(unknown(`too few mappings to tell a block from chance: ${series(made)}`));
}

function isScattered({ allocation }: Verdict): boolean {
  return allocation.value === 'random' || allocation.value === 'block';
}

function localSequential(neighbours: readonly PortSample[]): Verdict | undefined {
  if (neighbours.length < 4) return undefined;
  const grown = (of: (sample: PortSample) => number) =>
    neighbours.slice(1).map((sample, index) => of(sample) - of(neighbours[index]!));
  const steps = grown(({ mapped }) => mapped.port);
  const [step] = steps as [number];
  if (
    grown(({ localPort }) => localPort).some((by) => by !== 1) ||
    step === 0 ||
    Math.abs(step) > MAX_LOCAL_STEP ||
    steps.some((other) => other !== step)
  )
    return undefined;
  const evidence = `${pairs(neighbours)}: steps of ${signed(step)}, but only where local ports follow each other`;
  return verdict(found('local-sequential', evidence), step);
}

function firstOfEach(made: readonly PortSample[]): PortSample[] {
  const seen = new Set<number>();
  return made.filter(({ localPort }) => !seen.has(localPort) && seen.add(localPort));
}

/** Greatest common divisor; 1 if there are no numbers. */
function divisorOf(numbers: readonly number[]): number {
  const divisor = numbers.reduce((a, b) => {
    let [large, small] = [a, b];
    while (small > 0) [large, small] = [small, large % small];
    return large;
  }, 0);
  return divisor || 1;
}

function series(made: readonly PortSample[]): string {
  const addresses = new Set(made.map(({ mapped }) => mapped.address));
  const ports = made.map(({ mapped }) => (addresses.size > 1 ? formatEndpoint(mapped) : mapped.port));
  return `${ports.length > 1 ? 'ports' : 'port'} ${ports.join(', ')} in this order`;
}

function pairs(samples: readonly PortSample[]): string {
  return samples.map(({ localPort, mapped }) => `${localPort} as ${mapped.port}`).join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function signed(step: number): string {
  return step > 0 ? `+${step}` : `${step}`;
}
