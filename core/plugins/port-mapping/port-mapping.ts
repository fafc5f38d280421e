import type { Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import { MappingError, type MappingErrorCode } from '../../port-mapping/mapping-error.ts';
import { PortMapper, type PortMapperOptions } from '../../port-mapping/port-mapper.ts';
import type { AddressContent, AddressInterface } from '../../wire/address/address-content.ts';
import {
  type Attempt,
  NotApplicable,
  type Plan,
  type PlanInput,
  type Plugin,
  type ProvenTransport,
} from '../plugin.ts';
import { completeOptions, type OptionValues, type PluginOptions } from '../plugin-options.ts';
import { register } from '../registry.ts';
import { MappedPorts } from './mapped-ports.ts';
import { Meeting } from './meeting.ts';

/** A port of ours that nobody outside reaches unless a gateway leads there. */
export interface HiddenPort {
  readonly address: string;
  readonly port: number;
  readonly family: Family;
  /** How a STUN server sees the address; undefined: none was asked. */
  readonly observed: string | undefined;
}

/** Ours, which may be none: then the peer has one. */
export type PortMappingPlan = readonly HiddenPort[];

const OPTIONS = {
  protocols: {
    kind: 'choice',
    choices: ['all', 'pcp', 'nat-pmp', 'pmp', 'igd'],
    default: 'all',
    meaning: 'How a gateway is asked; pmp: PCP, or NAT-PMP where it knows no better',
  },
  backend: {
    kind: 'choice',
    choices: ['own', 'nat-upnp'],
    default: 'own',
    meaning: 'Who asks it; nat-upnp: the package of that name, on real hosts, by UPnP IGD 1 alone',
  },
  lifetimeMs: {
    kind: 'duration',
    min: 120_000,
    max: 86_400_000,
    default: 7_200_000,
    meaning: 'The lease that is asked for, and renewed until the node closes',
  },
} as const satisfies PluginOptions;

type Options = OptionValues<typeof OPTIONS>;

const METHODS: Record<Options['protocols'], PortMapperOptions['methods']> = {
  all: ['pcp', 'nat-pmp', 'igd2', 'igd1'],
  pcp: ['pcp'],
  'nat-pmp': ['nat-pmp'],
  pmp: ['pcp', 'nat-pmp'],
  igd: ['igd2', 'igd1'],
};

/** Addresses of a host that gateways are asked for: a home has one of each family. */
const MAX_PORTS = 4;

/** These say that there is nobody to ask, or that asking is of no use: nothing has failed. */
const NOTHING_TO_ASK: ReadonlySet<MappingErrorCode> = new Set(['no-gateway', 'double-nat', 'unsupported']);

/**
 * Whoever is behind a gateway that maps ports has its listening port mapped, and the other end dials it there. One such
 * gateway is enough, at either end; the mapping is made by the first attempt and held until the node closes.
 */
@register
export class PortMapping implements Plugin<PortMappingPlan> {
  static readonly summary = 'Asks the gateway for a port, by PCP, NAT-PMP or UPnP IGD, and is dialled there.';
  static readonly options = OPTIONS;
  readonly name = 'port-mapping';
  readonly path = 'direct';
  /** Few over the Internet; on the home network it asks by all protocols. */
  readonly packets = 12;
  readonly #options: Options;

  constructor(options: Partial<Options> = {}) {
    this.#options = completeOptions(OPTIONS, options);
  }

  plan({ local, remote, signalling }: PlanInput): Plan<PortMappingPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const own = hiddenPorts(local);
    if (own.length === 0 && hiddenPorts(remote).length === 0) {
      return { applicable: false, reason: 'neither end is behind a NAT or a firewall' };
    }
    return { applicable: true, plan: own };
  }

  async attempt(plan: PortMappingPlan, attempt: Attempt): Promise<ProvenTransport> {
    const ports = attempt.keep((host) => new MappedPorts(new PortMapper(host, this.#mapperOptions())));
    const meeting = new Meeting(attempt);
    const offers = plan.map(async (hidden) => meeting.offer(await ports.endpointsOf(hidden, attempt.signal)));
    const reasons = Promise.allSettled(offers).then((settled) => {
      meeting.noMore();
      return settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    });
    try {
      return await meeting.proven;
    } catch (error) {
      if (attempt.signal.aborted) throw error;
      throw failure(await reasons, error as Error);
    }
  }

  #mapperOptions(): PortMapperOptions {
    const { protocols, backend, lifetimeMs } = this.#options;
    return {
      methods: METHODS[protocols] ?? [],
      lifetimeS: Math.round(lifetimeMs / 1000),
      ...(backend !== 'own' && { backend }),
    };
  }
}

/** The listening ports that a stranger does not reach, as far as the address tells. */
function hiddenPorts({ interfaces }: AddressContent): HiddenPort[] {
  return interfaces
    .filter(isHidden)
    .slice(0, MAX_PORTS)
    .map(({ address, external: observed, tcp }) => {
      return { address, port: tcp.port!, family: familyOf(address), observed };
    });
}

function isHidden({ address, external, tcp }: AddressInterface): boolean {
  if (tcp.port === undefined) return false;
  const { mapping, filtering } = tcp.nat;
  // Without a NAT there may still be a firewall, which nearly every IPv6 router has (RFC 6092).
  if (familyOf(address) === 6) return filtering !== 'endpoint-independent';
  return external !== address && mapping !== 'none';
}

/** Where nobody could be asked at either end, the plugin was of no use here, which is another thing than failing. */
function failure(reasons: readonly Error[], end: Error): Error {
  const told = reasons.filter((reason) => reason instanceof MappingError);
  const text = [...new Set(reasons.map(({ message }) => message))].join('; ');
  const useless = reasons.length === told.length && told.every(({ code }) => NOTHING_TO_ASK.has(code));
  if (useless && end instanceof NotApplicable) return new NotApplicable(text || end.message);
  return text ? new Error(text) : end;
}
