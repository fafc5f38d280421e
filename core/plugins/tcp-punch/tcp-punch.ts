import { stunOverTcp } from '../../nat/stun-over-tcp.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { type ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../wire/endpoints.ts';
import { firstSuccess } from '../first-success.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { completeOptions, type OptionValues, type PluginOptions } from '../plugin-options.ts';
import { register } from '../registry.ts';
import { rendezvous } from '../rendezvous.ts';
import { StreamTransport } from '../stream-transport.ts';
import { sharedNetworkTargets, unicast } from '../targets.ts';
import { dialUntil, type RetryPolicy } from './retry-dial.ts';

export interface TcpPunchPlan {
  readonly stun: Endpoint;
}

const STUN_TIMEOUT_MS = 3000;
/** Long enough for a few tries on the slowest links. */
const PUNCH_MS = 8000;

const OPTIONS = {
  skewMs: {
    kind: 'duration',
    min: 0,
    max: PUNCH_MS,
    default: 0,
    meaning: 'How much later than the agreed instant the responder dials',
  },
  tries: { kind: 'number', min: 1, max: 10_000, default: 10_000, meaning: 'Dials of an endpoint until it is given up' },
  retryGapMs: { kind: 'duration', min: 1, max: 1000, default: 100, meaning: 'The longest wait between two dials' },
  retryTiming: {
    kind: 'choice',
    choices: ['random', 'fixed'],
    default: 'random',
    meaning: 'Whether each wait is drawn at random up to the longest, or is the longest',
  },
} as const satisfies PluginOptions;

/**
 * TCP hole punching by simultaneous open (RFC 5128 section 3.4, RFC 9293 section 3.5): each end learns how its port
 * looks from outside by STUN over TCP, and both dial the other's mapped endpoint from that port at an agreed instant.
 * Nothing listens on the port, since a port that listens can't dial.
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
    if (!stun) return { applicable: false, reason: 'no STUN server' };
    return { applicable: true, plan: { stun } };
  }

  async attempt({ stun }: TcpPunchPlan, attempt: Attempt): Promise<ProvenTransport> {
    const { host, bindAddress, signal } = attempt;
    const localAddress = bindAddress === undefined ? {} : { localAddress: bindAddress };
    const observing = stunOverTcp(host, stun, { timeoutMs: STUN_TIMEOUT_MS, signal, ...localAddress });
    const own = observing.then(({ local, mapped }) => encodeOwn(mapped, local.port));
    const { peer, startUs: agreedUs } = await rendezvous(attempt, own, readPeer);
    const startUs = attempt.role === 'responder' ? agreedUs + this.#options.skewMs * 1000 : agreedUs;
    const { connection, local } = await observing;
    const shared = sharedNetworkTargets(attempt.local, attempt.remote!, peer.port);
    const targets = [...unicast([peer.mapped], attempt.local), ...shared];
    await attempt.sleep((startUs - host.clock.now()) / 1000);
    try {
      const { tries, retryGapMs: gapMs, retryTiming: timing } = this.#options;
      const retry: RetryPolicy = { tries, gapMs, timing, untilUs: startUs + PUNCH_MS * 1000 };
      const dial = (target: Endpoint, inner: AbortSignal) =>
        punch({ ...attempt, signal: inner }, target, local.port, retry);
      return await firstSuccess(targets, dial, 'endpoint to dial', signal);
    } finally {
      connection.reset(); // It kept the mapping alive while we punched.
    }
  }
}

/** What answers at the endpoint may be a stranger: dials again until the peer has proved itself. */
async function punch(attempt: Attempt, target: Endpoint, port: number, retry: RetryPolicy): Promise<ProvenTransport> {
  for (;;) {
    const connection = await dialUntil(attempt, target, port, retry);
    try {
      return await attempt.prove(new StreamTransport(connection));
    } catch (error) {
      if (attempt.signal.aborted) throw error;
    }
  }
}

function encodeOwn(mapped: Endpoint, port: number): Buffer {
  return writeEndpoint(new ByteWriter().u16(port), mapped).finish();
}

function readPeer(reader: ByteReader): { port: number; mapped: Endpoint } {
  const peer = { port: reader.u16('peer port'), mapped: readEndpoint(reader, 'peer mapped endpoint') };
  reader.end('peer endpoint');
  return peer;
}
