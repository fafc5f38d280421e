import { planOpenings } from '../../nat/prediction/openings.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { firstSuccess } from '../first-success.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { completeOptions, type OptionValues, type PluginOptions } from '../plugin-options.ts';
import { decodeOffer, encodeOffer, type PunchOffer } from '../punch-offer.ts';
import { register } from '../registry.ts';
import { rendezvous } from '../rendezvous.ts';
import { StreamTransport } from '../stream-transport.ts';
import { sharedNetworkTargets, unicast } from '../targets.ts';
import { Arrivals } from './arrivals.ts';
import { type Door, Doors } from './door.ts';
import { dialUntil, type RetryPolicy } from './retry-dial.ts';
import { TcpLookout, type TcpOutlook } from './tcp-outlook.ts';

export interface TcpPunchPlan {
  readonly stun: Endpoint;
}

/** Long enough for a few tries on the slowest links. */
const PUNCH_MS = 8000;
/** Where ports are foreseen, they are right at once or not at all: then both ends look again. */
const ROUND_MS = 2500;
const ROUNDS = 3;
/** A foreseen port is dialled so often in a round. */
const PREDICTED_TRIES = 8;

const OPTIONS = {
  start: {
    kind: 'choice',
    choices: ['soon', 'agreed'],
    default: 'soon',
    meaning: 'Whether both dial when the second signal should be there, and again when the third says so, or only then',
  },
  skewMs: {
    kind: 'duration',
    min: 0,
    max: PUNCH_MS,
    default: 0,
    meaning: 'How much later than the agreed instant, which both wait for then, the responder dials',
  },
  tries: { kind: 'number', min: 1, max: 10_000, default: 10_000, meaning: 'Dials of an endpoint until it is given up' },
  retryGapMs: { kind: 'duration', min: 1, max: 1000, default: 100, meaning: 'The longest wait between two dials' },
  retryTiming: {
    kind: 'choice',
    choices: ['random', 'fixed'],
    default: 'random',
    meaning: 'Whether each wait is drawn at random up to the longest, or is the longest',
  },
  sockets: {
    kind: 'choice',
    choices: ['shared', 'toggle', 'connect-only'],
    default: 'shared',
    meaning:
      'Whether the dialling port also listens, for a peer whose port can’t be known: all the while where the system can, else in between; in between; or never',
  },
  ports: {
    kind: 'choice',
    choices: ['foreseen', 'observed'],
    default: 'foreseen',
    meaning: 'Whether the next ports of a NAT that maps every destination anew are dialled, or only what a server saw',
  },
} as const satisfies PluginOptions;

/**
 * TCP hole punching by simultaneous open (RFC 5128 section 3.4, RFC 9293 section 3.5): each end learns how its port
 * looks from outside by STUN over TCP, and both dial the other's mapped endpoint from that port at an agreed instant.
 * In between the port listens, for a peer that comes from a port that nobody could know.
 */
@register
export class TcpPunch implements Plugin<TcpPunchPlan> {
  static readonly summary = 'Both dial at once, from the ports that STUN servers have seen: simultaneous open.';
  static readonly options = OPTIONS;
  readonly name = 'tcp-punch';
  readonly path = 'direct';
  readonly perPair = true;
  readonly transport = 'stream';
  readonly packets = 48;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor(options: Partial<OptionValues<typeof OPTIONS>> = {}) {
    this.#options = completeOptions(OPTIONS, options);
  }

  plan({ servers, remote, signalling }: PlanInput): Plan<TcpPunchPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const [stun] = servers.stun;
    if (!stun) return { applicable: false, reason: 'no STUN server of this family' };
    return { applicable: true, plan: { stun } };
  }

  async attempt({ stun }: TcpPunchPlan, attempt: Attempt): Promise<ProvenTransport> {
    const { ports, skewMs, start } = this.#options;
    const lookout = new TcpLookout(attempt, stun, ports === 'foreseen');
    try {
      for (let round = 1; ; round++) {
        const looking = lookout.look(round);
        const told = looking.then(({ offer, tripUs }) => ({ bytes: encodeOffer(offer), tripUs }));
        const { peer, soonUs, agreedUs } = await rendezvous(attempt, told, decodeOffer);
        const own = await looking;
        const foreseen = own.offer.forecast.kind === 'series' || peer.forecast.kind === 'series';
        const { clock } = attempt.host;
        const at = (us: number) => attempt.sleep(Math.max(0, us - clock.now()) / 1000);
        const agreed = agreedUs.then(at);
        agreed.catch(() => {}); // Nobody waits for it whose first dial gets through.
        const early = start === 'soon' && skewMs === 0 && soonUs !== undefined;
        await (early ? at(soonUs) : agreed);
        const untilUs = clock.now() + (foreseen ? ROUND_MS : PUNCH_MS) * 1000;
        try {
          return await this.#punch(attempt, own, peer, untilUs, early ? agreed : undefined);
        } catch (error) {
          if (attempt.signal.aborted || !foreseen || round === ROUNDS) throw error;
          await attempt.sleep(Math.max(0, untilUs - attempt.host.clock.now()) / 1000);
        }
      }
    } finally {
      lookout.close();
    }
  }

  async #punch(
    attempt: Attempt,
    { offer, slots }: TcpOutlook,
    peer: PunchOffer,
    untilUs: number,
    agreed: Promise<void> | undefined,
  ): Promise<ProvenTransport> {
    const { skewMs, tries, retryGapMs: gapMs, retryTiming: timing, sockets } = this.#options;
    const arrivals = new Arrivals(attempt, untilUs);
    const doors = new Doors(attempt, offer.port, sockets, (one) => arrivals.add(one));
    if (!agreed && skewMs > 0 && attempt.role === 'responder') await attempt.sleep(skewMs);
    const dial = ({ slot, target, predicted }: Dial, signal: AbortSignal) => {
      const most = predicted ? Math.min(tries, PREDICTED_TRIES) : tries;
      const retry = { tries: most, gapMs, timing, untilUs, ...(agreed && { firstGap: agreed }) };
      const door = doors.at(slot === 0 ? offer.port : slots[slot - 1]!);
      return dialAndProve(attempt, door, target, retry, signal);
    };
    const ways = [...dials(attempt, offer, peer), arrivals] as const;
    const go = (way: Dial | Arrivals, signal: AbortSignal) =>
      way instanceof Arrivals ? way.proven(signal) : dial(way, signal);
    try {
      return await firstSuccess(ways, go, 'endpoint to dial', attempt.signal);
    } finally {
      doors.close();
    }
  }
}

interface Dial {
  readonly slot: number;
  readonly target: Endpoint;
  readonly predicted: boolean;
}

/** In the order in which the SYNs must leave. */
function dials(attempt: Attempt, own: PunchOffer, peer: PunchOffer): Dial[] {
  const predicted = own.forecast.kind === 'series' || peer.forecast.kind === 'series';
  const foreseen = planOpenings(attempt.role, own.forecast, peer.forecast).map((one) => ({ ...one, predicted }));
  // From the port that a server saw, to where a server saw the peer: it may listen there.
  const known = predicted && peer.forecast.kind !== 'unpredictable' ? [] : peer.mapped;
  const shared = sharedNetworkTargets(attempt.local, attempt.remote!, peer.port);
  const plain = [...known, ...shared].map((target) => ({ slot: 0, target, predicted: false }));
  const all = [...(predicted ? foreseen : []), ...plain];
  return all.filter(({ target }) => unicast([target], attempt.local).length > 0);
}

/** What answers at the endpoint may be a stranger: dials again until the peer has proved itself. */
async function dialAndProve(
  attempt: Attempt,
  door: Door,
  target: Endpoint,
  retry: RetryPolicy,
  signal: AbortSignal,
): Promise<ProvenTransport> {
  for (;;) {
    const connection = await dialUntil(attempt, (timeoutMs) => door.dial(target, timeoutMs, signal), retry);
    try {
      return await attempt.prove(new StreamTransport(connection));
    } catch (error) {
      if (signal.aborted || attempt.signal.aborted) throw error;
    }
  }
}
