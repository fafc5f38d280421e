import { z } from 'zod';
import { ALLOCATIONS, type AllowedPort, type NatBehaviour, type NatDescription } from '../../core/nat/behaviour.ts';
import { PORT_MAPPING_FAULTS, PORT_MAPPING_PROTOCOLS } from '../../core/nat/port-mapping-service.ts';
import { durationMs, flag, oneOf, strictMap, wholeNumber } from './shapes.ts';

const DEPENDENCE = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;
const MAPPING = 'What a mapping depends on besides the internal endpoint (RFC 4787 section 4.1)';
const FILTERING = 'What a filter depends on besides the internal endpoint (RFC 4787 section 5)';
const PORT_RANGE = 'two ports, the first not above the last, such as [1024, 65535]';
const BLOCKS = 'a list of at most 4 of udp, tcp, tcp-in and icmp';

const ALLOW = 'everything, or a list of at most 100 ports such as tcp/443 or udp/53';

const allowedPort = () =>
  z
    .string({ error: ALLOW })
    .regex(/^(?:udp|tcp)\/[1-9]\d{0,4}$/, { error: ALLOW })
    .refine((text): text is AllowedPort => Number(text.split('/')[1]) <= 65_535, { error: ALLOW });
const dependence = () => oneOf(DEPENDENCE).optional();
const port = () => wholeNumber(1, 65535);

const notZero = () =>
  wholeNumber(-65535, 65535).refine((number) => number !== 0, { error: 'a whole number other than 0' });

const ports = () =>
  strictMap({
    allocation: oneOf(ALLOCATIONS).describe('How the external port of a new mapping is chosen').optional(),
    offset: notZero().describe('offset: what is added to the internal port').optional(),
    step: notZero().describe('sequential, local-sequential: what is added to the last external port').optional(),
    range: z
      .tuple([port(), port()], { error: PORT_RANGE })
      .refine(([first, last]) => first <= last, { error: PORT_RANGE })
      .describe('First and last external port')
      .optional(),
    parity: flag().describe('An even port maps to an even one (RFC 4787 REQ-4)').optional(),
    blockSize: wholeNumber(1, 65535).describe('block: ports of one internal host (RFC 7422)').optional(),
    contention: wholeNumber(0, 1_000_000)
      .describe('Mappings a second that foreign hosts behind the same NAT create')
      .optional(),
    overlapping: flag()
      .describe(
        'May internal endpoints share an external port towards different remote endpoints? (RFC 7857 section 3)',
      )
      .optional(),
  });

const secondary = () =>
  strictMap({
    mapping: dependence().describe('What the mapping of UDP and TCP changes to'),
    onCollision: flag().describe('For an internal endpoint whose port cannot be preserved').optional(),
    underLoad: wholeNumber(0, 1_000_000)
      .describe('For new sessions while the NAT has so many live mappings; 0 = never')
      .optional(),
  }).describe('A mapping behaviour that the NAT changes to (RFC 4787 section 8, against REQ-11)');

const udp = () =>
  strictMap({
    mapping: dependence().describe(MAPPING),
    filtering: dependence().describe(FILTERING),
    timeout: durationMs('1ms').describe('A mapping without traffic dies after this (RFC 4787 REQ-5)').optional(),
    refresh: oneOf(['outbound', 'inbound', 'both', 'all'])
      .describe(
        'Which direction keeps a mapping alive (RFC 4787 section 4.3); all: so do refused packets and ICMP errors (against RFC 7857 section 7)',
      )
      .optional(),
  });

const tcp = () =>
  strictMap({
    mapping: dependence().describe(MAPPING),
    filtering: dependence().describe(FILTERING),
    unsolicited: oneOf(['drop', 'reset', 'icmp'])
      .describe('The answer to a SYN that nothing admits (RFC 5382 REQ-4)')
      .optional(),
    icmpDelay: durationMs('0ms')
      .describe('icmp: how long an outbound SYN can make it needless (RFC 5382 REQ-4: 6s at least)')
      .optional(),
    simultaneousOpen: flag()
      .describe('Is an inbound SYN let through while our own is unanswered? (RFC 5382 REQ-2)')
      .optional(),
    afterReset: oneOf(['hold', 'remove', 'ignore'])
      .describe('Does a mapping outlive an RST? (RFC 7857 section 2.2) ignore: an RST changes nothing')
      .optional(),
    established: durationMs('1ms').describe('Idle time of an open connection (RFC 5382 REQ-5)').optional(),
    transitory: durationMs('1ms').describe('Idle time of one that is being opened (RFC 5382 REQ-5)').optional(),
    closing: durationMs('1ms').describe('Idle time of one that is being closed (RFC 7857 section 2.1)').optional(),
  });

const queryDependence = () => oneOf(['endpoint-independent', 'address-dependent']).optional();

const icmp = () =>
  strictMap({
    mapping: queryDependence().describe('What the mapping of a query depends on (RFC 5508 REQ-1a)'),
    filtering: queryDependence().describe('Who may answer a query'),
    timeout: durationMs('1ms').describe('A query session without requests dies after this (RFC 5508 REQ-2)').optional(),
    errorEndsMapping: flag()
      .describe('Does an ICMP error end the mapping that it is about? (against RFC 4787 REQ-12)')
      .optional(),
  });

const limits = () =>
  strictMap({
    mappings: wholeNumber(0, 1_000_000).describe('Live mappings of the NAT; 0 = unlimited').optional(),
    perHost: wholeNumber(0, 1_000_000)
      .describe('Live mappings of one internal host; 0 = unlimited (RFC 6888 REQ-4)')
      .optional(),
    reuseHold: durationMs('0ms')
      .describe('How long a freed port is not given to another host (RFC 6888 REQ-8)')
      .optional(),
    sessionRate: wholeNumber(0, 1_000_000)
      .describe('New outbound sessions a second of one internal host; 0 = unlimited (RFC 6888 REQ-4B)')
      .optional(),
    exhausted: oneOf(['host-unreachable', 'administratively-prohibited', 'drop', 'evict'])
      .describe('What a packet gets that finds no room for a mapping (RFC 6888 REQ-11, RFC 5508 REQ-8)')
      .optional(),
  });

const scanGuard = () =>
  strictMap({
    probes: wholeNumber(0, 65535)
      .describe('Distinct closed ports within the window that make a scanner of a remote address; 0 = no guard')
      .optional(),
    window: durationMs('1ms').describe('Default: 10s').optional(),
    block: durationMs('1ms').describe('How long nothing that comes from a scanner is let in. Default: 60s').optional(),
  }).describe('A firewall that shuts out who scans it');

const SERVICES = `a list of at most 4 of ${PORT_MAPPING_PROTOCOLS.join(', ')}, or protocols and faults apart`;

const portMapping = () => {
  const protocols = () => z.array(oneOf(PORT_MAPPING_PROTOCOLS), { error: SERVICES }).max(4, { error: SERVICES });
  const faults = z
    .array(oneOf(PORT_MAPPING_FAULTS), { error: 'a list of faults' })
    .max(PORT_MAPPING_FAULTS.length, { error: 'a list of faults' })
    .describe('How the service fails: what each means is in docs/port-mapping.md')
    .optional();
  return z
    .union([protocols(), strictMap({ protocols: protocols().optional(), faults })], { error: SERVICES })
    .describe('How hosts inside may ask for ports. Default: []');
};

/** The keys of a NAT besides `extends`, in the spelling of scenario files. */
export const NAT_KEYS = {
  translation: oneOf(['napt', 'none', 'nptv6', 'nat64'])
    .describe(
      'none: a plain router, hosts have public addresses; for IPv6, nptv6: another prefix (RFC 6296); nat64: hosts ' +
        'reach IPv4 through a NAT (RFC 6146), and IPv6 is routed',
    )
    .optional(),
  firewall: flag()
    .describe('Is what comes in filtered although no port is translated? (RFC 6092) Default: false')
    .optional(),
  mapping: dependence().describe(`${MAPPING}, for UDP and TCP`),
  filtering: dependence().describe(`${FILTERING}, for UDP and TCP`),
  ports: ports().optional(),
  secondary: secondary().optional(),
  pooling: oneOf(['paired', 'arbitrary'])
    .describe('Does a host keep one external address? (RFC 4787 REQ-2)')
    .optional(),
  addresses: wholeNumber(1, 256).describe('External addresses of the NAT').optional(),
  hairpin: oneOf(['none', 'internal-source', 'external-source']).describe('RFC 4787 section 6').optional(),
  inboundSession: oneOf(['none', 'bind'])
    .describe('Does an accepted inbound packet bind its replies to the mapping it came in on?')
    .optional(),
  inboundFirst: oneOf(['none', 'clash'])
    .describe(
      'Does an inbound packet that nothing admits occupy the port towards its sender, as on Linux unfirewalled?',
    )
    .optional(),
  filterScope: oneOf(['mapping', 'host']).describe('Whose permission a filter keeps').optional(),
  udp: udp().optional(),
  tcp: tcp().optional(),
  icmp: icmp().optional(),
  limits: limits().optional(),
  scanGuard: scanGuard().optional(),
  blocks: z
    .array(oneOf(['udp', 'tcp', 'tcp-in', 'icmp']), { error: BLOCKS })
    .max(4, { error: BLOCKS })
    .describe('What the box refuses to forward')
    .optional(),
  allow: z
    .union(
      [z.literal('everything', { error: ALLOW }), z.array(allowedPort(), { error: ALLOW }).max(100, { error: ALLOW })],
      {
        error: ALLOW,
      },
    )
    .describe('The only ports that inside hosts may send to; [] lets nothing out. Default: everything')
    .optional(),
  portMapping: portMapping().optional(),
};

const natShape = strictMap(NAT_KEYS);

/** A NAT as a scenario file writes it, without `extends`. */
export type WrittenNat = z.output<typeof natShape>;

const TCP_UNITS = {
  icmpDelay: 'icmpDelayMs',
  established: 'establishedMs',
  transitory: 'transitoryMs',
  closing: 'closingMs',
} as const;
const TCP_WORDS = {
  icmpDelayMs: 'icmpDelay',
  establishedMs: 'established',
  transitoryMs: 'transitory',
  closingMs: 'closing',
} as const;

/** The description in the engine's words: units move from the value into the name. */
export function describeNat(written: WrittenNat): NatDescription {
  const { udp, tcp, icmp, limits, scanGuard, portMapping, ...same } = written;
  const timers = {
    udp: udp && renamed(udp, { timeout: 'timeoutMs' }),
    tcp: tcp && renamed(tcp, TCP_UNITS),
    icmp: icmp && renamed(icmp, { timeout: 'timeoutMs' }),
    limits: limits && renamed(limits, { reuseHold: 'reuseHoldMs' }),
    scanGuard: scanGuard && renamed(scanGuard, { window: 'windowMs', block: 'blockMs' }),
  };
  const services = Array.isArray(portMapping) ? { protocols: portMapping } : portMapping;
  return withoutUndefined({ ...same, ...timers, portMapping: services && withoutUndefined(services) });
}

/** The way back: a complete behaviour as a scenario file would write it, durations as text. */
export function writeNat(behaviour: NatBehaviour): z.input<typeof natShape> {
  const { udp, tcp, icmp, limits, scanGuard, ...same } = behaviour;
  const written: WrittenNat = {
    ...same,
    ports: { ...same.ports, range: [...same.ports.range] },
    blocks: [...same.blocks],
    allow: same.allow === 'everything' ? same.allow : [...same.allow],
    portMapping: { protocols: [...same.portMapping.protocols], faults: [...same.portMapping.faults] },
    udp: renamed(udp, { timeoutMs: 'timeout' }),
    tcp: renamed(tcp, TCP_WORDS),
    icmp: renamed(icmp, { timeoutMs: 'timeout' }),
    limits: renamed(limits, { reuseHoldMs: 'reuseHold' }),
    scanGuard: renamed(scanGuard, { windowMs: 'window', blockMs: 'block' }),
  };
  return z.encode(natShape, written);
}

type Renamed<T, Names extends Partial<Record<keyof T, string>>> = {
  [K in keyof T as K extends keyof Names ? Extract<Names[K], string> : K]: T[K];
};

function renamed<T extends object, const Names extends Partial<Record<keyof T, string>>>(
  map: T,
  names: Names,
): Renamed<T, Names> {
  const entries = Object.entries(map).map(([key, value]) => [names[key as keyof T] ?? key, value]);
  return withoutUndefined(Object.fromEntries(entries)) as Renamed<T, Names>;
}

/** A key that is there but undefined would overwrite what it extends. */
function withoutUndefined<T extends object>(map: T): T {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as T;
}
