import { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { type ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoints, writeEndpoints } from '../../wire/endpoints.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { completeOptions, type OptionValues, type PluginOptions } from '../plugin-options.ts';
import { register } from '../registry.ts';
import { exchange } from '../rendezvous.ts';
import { sharedNetworkTargets, unicast } from '../targets.ts';
import { Puncher } from './puncher.ts';

/** What the two ends need: somebody who tells them how their socket looks from outside. */
export interface UdpPunchPlan {
  readonly stun: Endpoint;
}

const STUN_DEADLINE_MS = 3000;
/** Each is probed a dozen times whether somebody is there or not: see Puncher. */
const MAX_CANDIDATES = 4;
/** Longer than any packet is under way. */
const HEAD_START_MS = 1000;

const OPTIONS = {
  first: {
    kind: 'choice',
    choices: ['either', 'initiator', 'responder'],
    default: 'either',
    meaning: 'Who probes first, while the other one only answers for a second; either: each as soon as it can',
  },
} as const satisfies PluginOptions;

/**
 * UDP hole punching (RFC 5128 section 3.3): each end learns its socket's mapped endpoint by STUN, they tell each other,
 * and both send until a packet has gone there and back.
 */
@register
export class UdpPunch implements Plugin<UdpPunchPlan> {
  static readonly options = OPTIONS;
  readonly name = 'udp-punch';
  readonly path = 'direct';
  readonly perPair = true;
  readonly #first: OptionValues<typeof OPTIONS>['first'];

  constructor(options: Partial<OptionValues<typeof OPTIONS>> = {}) {
    this.#first = completeOptions(OPTIONS, options).first;
  }

  plan({ servers, remote, signalling }: PlanInput): Plan<UdpPunchPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const [stun] = servers.stun;
    if (!stun) return { applicable: false, reason: 'no STUN server' };
    return { applicable: true, plan: { stun } };
  }

  async attempt({ stun }: UdpPunchPlan, attempt: Attempt): Promise<ProvenTransport> {
    const { bindAddress, host } = attempt;
    const socket = await host.udp.bind(bindAddress === undefined ? {} : { address: bindAddress });
    const client = new StunClient(host, socket);
    const puncher = new Puncher(attempt, socket, client);
    const onSite = sharedNetworkTargets(attempt.local, attempt.remote!, socket.local.port).length > 0;
    const own = mappedEndpoint(client, stun, attempt.signal).then(
      (mapped) => [mapped],
      (error) => {
        // Who meets inside needs nobody to say how it looks from outside.
        if (onSite && !attempt.signal.aborted) return [];
        throw error;
      },
    );
    const candidates = own.then((mapped) => encodeCandidates(mapped, socket.local.port));
    const peer = await exchange(attempt, candidates, readCandidates);
    const shared = sharedNetworkTargets(attempt.local, attempt.remote!, peer.port);
    const targets = [...unicast(peer.endpoints, attempt.local), ...shared];
    const mayStart = this.#first === 'either' || this.#first === attempt.role;
    return puncher.run(targets, mayStart ? 0 : HEAD_START_MS);
  }
}

async function mappedEndpoint(client: StunClient, stun: Endpoint, signal: AbortSignal): Promise<Endpoint> {
  const result = await client.binding(stun, { signal, deadlineMs: STUN_DEADLINE_MS });
  if (result.outcome === 'response') return result.mapped;
  throw new Error(`the STUN server gave no mapped endpoint: ${result.outcome}`);
}

function encodeCandidates(endpoints: readonly Endpoint[], port: number): Buffer {
  return writeEndpoints(new ByteWriter().u16(port), endpoints).finish();
}

function readCandidates(reader: ByteReader): { port: number; endpoints: Endpoint[] } {
  const port = reader.u16('candidate port');
  const endpoints = readEndpoints(reader, 'candidates', MAX_CANDIDATES);
  reader.end('candidates');
  return { port, endpoints };
}
