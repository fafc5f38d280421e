import { z } from 'zod';
import { canonicalAddress, isAddress, isUnspecified } from '../../core/net/ip.ts';
import { BYTES_PATTERN, parseBytes } from '../scenario/byte-count.ts';
import { flag, listOf, strictMap, wholeNumber } from '../scenario/shapes.ts';

const ADDRESS = 'an IP address of this machine, such as 203.0.113.5';
const RANGE = 'two ports, the first not above the last, such as [49152, 65535]';

const address = () =>
  z
    .string({ error: ADDRESS })
    .refine((text) => isAddress(text) && !isUnspecified(text), { error: ADDRESS })
    .transform(canonicalAddress);
const port = () => wholeNumber(1, 65_535);
/** A server that is left out is on, with its defaults; `off` leaves it out for good. */
const service = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.union([z.literal('off', { error: 'off, or a mapping' }), strictMap(shape)], { error: 'off, or a mapping' });

const rate = {
  requestsPerSecond: wholeNumber(1, 1_000_000)
    .default(50)
    .describe('Requests of one source that are answered, in the long run'),
  burst: wholeNumber(1, 1_000_000).default(200).describe('Requests of one source that are answered at once'),
};

const bytes = () =>
  z.string({ error: 'a number of bytes with its unit, such as 2MB or 500kB' }).transform((text, context) => {
    const parsed = BYTES_PATTERN.test(text) ? parseBytes(text) : undefined;
    if (parsed !== undefined && parsed > 0) return parsed;
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'a number of bytes with its unit, such as 2MB or 500kB',
    });
    return z.NEVER;
  });

const text = (what: string) => z.string({ error: what }).min(1, { error: what }).max(128, { error: what });

const file = (what: string) => z.string({ error: what }).min(1, { error: what }).max(4096, { error: what });

export const serveShape = strictMap({
  schema: z.literal(1, { error: '1, the version of this format' }),
  addresses: listOf(address(), 4, 'IP addresses of this machine')
    .superRefine((all, context) => {
      const twice = all.findIndex((one, index) => all.indexOf(one) < index);
      if (twice >= 0) context.addIssue({ code: 'custom', message: 'an address that is not there yet', path: [twice] });
    })
    .describe('Where to serve: one or two IPv4 and one or two IPv6 addresses. Default: the first of each that there is')
    .optional(),
  public: z
    .record(
      z.string().refine(isAddress, { error: ADDRESS }).transform(canonicalAddress),
      z
        .string({ error: 'the IP address that others see' })
        .refine(isAddress, { error: 'the IP address that others see' })
        .transform(canonicalAddress),
      { error: 'a mapping of addresses of this machine to those that others see' },
    )
    .default({})
    .describe('The address that others see in place of one of `addresses`, behind a NAT that maps one to one'),
  name: text('the host name that others find this machine by').optional(),
  state: text('a directory').describe('Where credentials are kept. Default: what --state says').optional(),
  credentials: strictMap({ username: text('a name'), password: text('a password') })
    .describe('Of TURN and MQTT. Default: generated, printed once, and kept in `state`')
    .optional(),
  stun: service({
    port: port().default(3478),
    alternatePort: port().default(3479).describe('On the second address (RFC 5780)'),
    ...rate,
  })
    .refine((stun) => stun === 'off' || stun.alternatePort !== stun.port, {
      error: 'another port than stun.port (RFC 5780 section 6)',
      path: ['alternatePort'],
    })
    .prefault({}),
  turn: service({
    port: port().default(3480),
    realm: text('a name').default('punchlab'),
    relayPorts: z
      .tuple([port(), port()], { error: RANGE })
      .refine(([first, last]) => first <= last, { error: RANGE })
      .default([49_152, 65_535]),
    allocations: wholeNumber(1, 65_536).default(1000).describe('In all'),
    allocationsPerAddress: wholeNumber(1, 65_536).default(16).describe('Of clients with one address'),
    bytesPerSecond: bytes().prefault('2MB').describe('Relayed for one allocation, both ways together'),
    privatePeers: flag().default(false).describe('May it relay to private, link-local and loopback addresses?'),
    ...rate,
  }).prefault({}),
  mqtt: service({
    port: z
      .union([z.literal('off'), port()], { error: 'off, or a whole number from 1 to 65,535' })
      .default(1883)
      .describe('off: nobody gets in but over TLS'),
    anonymous: flag().default(false).describe('May clients without credentials connect?'),
    connections: wholeNumber(1, 65_536).default(1024).describe('In all'),
    connectionsPerAddress: wholeNumber(1, 65_536).default(64),
    tls: strictMap({
      port: port().default(8883),
      certificate: file('a PEM file with the certificate and those that lead to its authority'),
      key: file('a PEM file with the private key of the certificate'),
    })
      .describe('Serves MQTT over TLS as well; the link names that place then. Both files are read again every hour')
      .optional(),
  })
    .refine((mqtt) => mqtt === 'off' || mqtt.port !== 'off' || mqtt.tls !== undefined, {
      error: 'a port, as there is no mqtt.tls',
      path: ['port'],
    })
    .prefault({}),
  names: service({ port: port().default(5300) })
    .prefault({})
    .describe('Nicknames; they and the key that signs them are kept in `state`'),
  ntp: service({ port: port().default(5123).describe('The usual 123 needs privileges') }).prefault({}),
  metrics: service({
    address: address().default('127.0.0.1'),
    port: port().default(9478),
  })
    .prefault({})
    .describe('Metrics, liveness and readiness over HTTP: /metrics, /live and /ready'),
});

/** What a configuration file of `lab serve` says, completed by the defaults. */
export type ServeConfig = z.output<typeof serveShape>;

export type ServiceConfig<Name extends 'stun' | 'turn' | 'mqtt' | 'names' | 'ntp' | 'metrics'> = Exclude<
  ServeConfig[Name],
  'off'
>;
