import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { completeOptions, type OptionValues, type PluginOptions } from '../plugin-options.ts';
import { Puncher } from '../punching/puncher.ts';
import { register } from '../registry.ts';
import { Negotiation } from './negotiation.ts';

/** What the two ends need: somebody who tells them how their socket looks from outside. */
export interface UdpPunchPlan {
  readonly stun: Endpoint;
}

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
 * and both send until a packet has gone there and back. Behind a NAT that maps every destination anew an end tells
 * instead which ports come next, if there is a rule to them (RFC 5128 section 3.5), and both open what follows from
 * that.
 */
@register
export class UdpPunch implements Plugin<UdpPunchPlan> {
  static readonly summary = 'Both send UDP to where STUN servers have seen the other, or to the port that comes next.';
  static readonly options = OPTIONS;
  readonly name = 'udp-punch';
  readonly path = 'direct';
  readonly perPair = true;
  readonly transport = 'datagram';
  readonly #first: OptionValues<typeof OPTIONS>['first'];

  constructor(options: Partial<OptionValues<typeof OPTIONS>> = {}) {
    this.#first = completeOptions(OPTIONS, options).first;
  }

  plan({ servers, remote, signalling }: PlanInput): Plan<UdpPunchPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const [stun] = servers.stun;
    if (!stun) return { applicable: false, reason: 'no STUN server of this family' };
    return { applicable: true, plan: { stun } };
  }

  async attempt({ stun }: UdpPunchPlan, attempt: Attempt): Promise<ProvenTransport> {
    const { bindAddress, host } = attempt;
    const family = familyOf(stun.address);
    const main = await host.udp.bind({ family, ...(bindAddress !== undefined && { address: bindAddress }) });
    const puncher = new Puncher(attempt);
    const waitMs = this.#first === 'either' || this.#first === attempt.role ? 0 : HEAD_START_MS;
    const negotiation = new Negotiation({ attempt, puncher, stun, main, waitMs });
    negotiation.run().catch((error: Error) => puncher.fail(error));
    return puncher.proven;
  }
}
