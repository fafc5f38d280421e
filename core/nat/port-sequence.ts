import { compareSamples, type PortSample } from './port-report.ts';

/** From one external port to the next one, as a count that steps in one direction would have made them. */
export interface Stride {
  /** Ports, more than 0. */
  readonly distance: number;
  /** Between the two requests. */
  readonly elapsedUs: number;
  /** Both mappings were made in the same instant: nobody else's came in between. */
  readonly close: boolean;
}

/** One way to read a series of ports as a count. */
export interface Reading {
  readonly direction: 1 | -1;
  readonly strides: readonly Stride[];
  /** The count went round at the end of its range; the stride that did so is left out. */
  readonly wrapped: boolean;
}

/** A port, and its turn: ports of the same turn were made together, in an order that is not known. */
interface Place {
  readonly port: number;
  readonly turn: number;
  readonly sentUs: number;
  readonly prompt: boolean;
}

const CLOSE_US = 1000;
/** More than all ports: lifts those after the wrap clear of those before. */
const LIFT = 1 << 17;

/**
 * The ways to read the mappings as a count that all ports of an external address share: none if the ports rise and
 * fall. At most one wrap in all is believed in, and only where no reading does without.
 */
export function readAsCount(samples: readonly PortSample[]): Reading[] {
  const tracks = [...tracksOf(samples).values()];
  return ([1, -1] as const).flatMap((direction): Reading[] => {
    const straight = tracks.map((track) => strides(track, direction));
    const broken = straight.flatMap((found, index) => (found ? [] : [index]));
    if (broken.length === 0) return [{ direction, strides: straight.flatMap((found) => found!), wrapped: false }];
    if (broken.length > 1) return [];
    return wrappedStrides(tracks[broken[0]!]!, direction).map((found) => {
      return { direction, strides: straight.flatMap((other) => other ?? found), wrapped: true };
    });
  });
}

/** Each external address counts for itself. */
function tracksOf(samples: readonly PortSample[]): Map<string, Place[]> {
  const tracks = new Map<string, Place[]>();
  let turn = 0;
  let turnEndsUs = Number.NEGATIVE_INFINITY;
  let turnBeganUs = Number.NEGATIVE_INFINITY;
  for (const { mapped, sentUs, answeredUs, prompt } of [...samples].sort(compareSamples)) {
    if (sentUs >= turnEndsUs) {
      turn++;
      turnBeganUs = sentUs;
    }
    turnEndsUs = Math.max(turnEndsUs, answeredUs);
    const track = tracks.get(mapped.address) ?? [];
    tracks.set(mapped.address, track);
    track.push({ port: mapped.port, turn, sentUs, prompt: prompt && sentUs - turnBeganUs <= CLOSE_US });
  }
  return tracks;
}

function wrappedStrides(track: readonly Place[], direction: 1 | -1): Stride[][] {
  const cuts = new Set(track.map(({ port }) => port));
  return [...cuts].flatMap((cut) => {
    const lifted = track.map((place) => {
      const past = direction === 1 ? place.port < cut : place.port >= cut;
      return past ? { ...place, port: place.port + direction * LIFT } : place;
    });
    const found = strides(lifted, direction);
    const inRange = found?.filter(({ distance }) => distance < LIFT / 2);
    return inRange && inRange.length === found!.length - 1 ? [inRange] : [];
  });
}

/** Undefined: some port is not beyond those of an earlier turn. */
function strides(track: readonly Place[], direction: 1 | -1): Stride[] | undefined {
  const inOrder = [...track].sort((a, b) => a.turn - b.turn || direction * (a.port - b.port));
  const found: Stride[] = [];
  for (let index = 1; index < inOrder.length; index++) {
    const [before, after] = [inOrder[index - 1]!, inOrder[index]!];
    const distance = direction * (after.port - before.port);
    if (distance <= 0) return undefined;
    const close = before.turn === after.turn && before.prompt && after.prompt;
    found.push({ distance, elapsedUs: Math.max(0, after.sentUs - before.sentUs), close });
  }
  return found;
}
