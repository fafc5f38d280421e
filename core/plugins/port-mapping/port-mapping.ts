import { MappingError, type MappingErrorCode } from '../../port-mapping/mapping-error.ts';
import { PortMapper, type PortMapperOptions } from '../../port-mapping/port-mapper.ts';
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
import { type HiddenPlace, hiddenPlaces } from './hidden-ports.ts';
import { type Mapped, MappedPorts } from './mapped-ports.ts';
import { openMappedSocket } from './mapped-socket.ts';
import { Meeting } from './meeting.ts';

export interface PortMappingPlan {
  /** Ours, which may be none: then the peer has one. */
  readonly places: readonly HiddenPlace[];
  readonly wanted: PlanInput['transport'];
}

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
    meaning: 'The lease that is asked for, and renewed for as long as it is of use',
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

/**
 * A mapped TCP port is dialled within so long, unless TCP gets nowhere. Then the gateway is asked for a UDP port, too, which
 * most sessions never need.
 */
const TCP_HEAD_START_MS = 500;

/** These say that there is nobody to ask, or that asking is of no use: nothing has failed. */
const NOTHING_TO_ASK: ReadonlySet<MappingErrorCode> = new Set(['no-gateway', 'double-nat', 'unsupported']);

/**
 * Whoever is behind a gateway that maps ports has one mapped, and the other end calls it there: its listening TCP port, or
 * where that does not help, or datagrams are wanted, a UDP port. One such gateway is enough, at either end.
 */
@register
export class PortMapping implements Plugin<PortMappingPlan> {
  static readonly summary = 'Asks the gateway for a port, by PCP, NAT-PMP or UPnP IGD, and is called there.';
  static readonly options = OPTIONS;
  readonly name = 'port-mapping';
  readonly path = 'direct';
  /** Few over the Internet; on the home network it asks by all protocols. */
  readonly packets = 12;
  readonly #options: Options;

  constructor(options: Partial<Options> = {}) {
    this.#options = completeOptions(OPTIONS, options);
  }

  plan({ local, remote, signalling, transport: wanted }: PlanInput): Plan<PortMappingPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const places = hiddenPlaces(local, wanted);
    if (places.length === 0 && hiddenPlaces(remote, wanted).length === 0) {
      return { applicable: false, reason: 'neither end is behind a NAT or a firewall' };
    }
    return { applicable: true, plan: { places, wanted } };
  }

  async attempt({ places, wanted }: PortMappingPlan, attempt: Attempt): Promise<ProvenTransport> {
    const ports = attempt.keep((host) => new MappedPorts(new PortMapper(host, this.#mapperOptions())));
    const meeting = new Meeting(attempt, wanted);
    const account = new Account((text) => attempt.note(text));
    const offers = places.map((place) => offerPlace(place, { attempt, ports, meeting, account }));
    const offered = Promise.all(offers).then(() => meeting.noMore());
    try {
      return await meeting.proven;
    } catch (error) {
      if (attempt.signal.aborted) throw error;
      await offered;
      throw account.failure(error as Error);
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

interface Offering {
  readonly attempt: Attempt;
  readonly ports: MappedPorts;
  readonly meeting: Meeting;
  readonly account: Account;
}

/** Offers the peer a TCP port at this place, and then a UDP port. Never rejects: what goes wrong is in the account. */
async function offerPlace(place: HiddenPlace, { attempt, ports, meeting, account }: Offering): Promise<void> {
  const { signal } = attempt;
  const { tcpPort } = place;
  if (tcpPort !== undefined) {
    const mapped = await account.of(ports.listening(place, tcpPort, signal));
    if (mapped instanceof Error) {
      if (isNobodyToAsk(mapped)) return;
    } else {
      meeting.offer('tcp', mapped.endpoints);
      if (place.udp) await Promise.race([attempt.sleep(TCP_HEAD_START_MS), meeting.proven]).catch(() => {});
    }
  }
  if (!place.udp || signal.aborted || meeting.over) return;
  const open = async (): Promise<Mapped> => {
    const socket = await openMappedSocket(attempt, place.address);
    meeting.take(socket.proven);
    return ports.datagrams(place, socket.port, signal);
  };
  const mapped = await account.of(open());
  if (!(mapped instanceof Error)) meeting.offer('udp', mapped.endpoints);
}

/** What gateways said, for whoever asks why there is no connection. */
class Account {
  readonly #reasons: Error[] = [];
  readonly #note: (text: string) => void;

  /** @param note of another NAT in front of the gateway, which is worth knowing however this ends */
  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  async of(mapping: Promise<Mapped>): Promise<Mapped | Error> {
    try {
      const mapped = await mapping;
      if (mapped.doubt !== undefined) this.#note(mapped.doubt);
      return mapped;
    } catch (error) {
      if (error instanceof MappingError && error.code === 'double-nat') this.#note(error.message);
      this.#reasons.push(error as Error);
      return error as Error;
    }
  }

  /** Where nobody could be asked at either end, the plugin was of no use here, which is another thing than failing. */
  failure(end: Error): Error {
    const said = [...new Set(this.#reasons.map(({ message }) => message))].join('; ');
    if (this.#reasons.every(isNobodyToAsk) && end instanceof NotApplicable)
      return new NotApplicable(said || end.message);
    return said ? new Error(said) : end;
  }
}

function isNobodyToAsk(reason: Error): boolean {
  return reason instanceof MappingError && NOTHING_TO_ASK.has(reason.code);
}
