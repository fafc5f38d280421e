import type { Identity } from '../identity/identity.ts';
import { discoverNat } from '../nat/discovery.ts';
import type { NatReport } from '../nat/nat-report.ts';
import { stunOverTcp } from '../nat/stun-over-tcp.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import { familyOf, isLoopback } from '../net/ip.ts';
import { parsePrefix, prefixContains } from '../net/prefix.ts';
import type { Host, InterfaceAddress } from '../ports/index.ts';
import { type Address, createAddress } from '../wire/address/address.ts';
import { type AddressInterface, type NatTraits, UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { MAX_BROKERS, MAX_INTERFACES } from '../wire/address/check-content.ts';

/** Link-local addresses need a zone, which means something on the own machine only (RFC 3927, RFC 4291). */
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map(parsePrefix);
const TCP_TIMEOUT_MS = 2000;

export interface SelfOptions {
  readonly stun: readonly Endpoint[];
  readonly brokers: readonly Endpoint[];
  /** Where the node listens. */
  readonly port: number;
  /** The one address that the node uses; undefined: all of the host. */
  readonly bindAddress: string | undefined;
}

/** What a node can say about itself. */
export interface SelfDescription {
  /** Of the first interface that a STUN server could be asked from. */
  readonly report: NatReport | undefined;
  sign(identity: Identity): Address;
}

interface View {
  readonly place: AddressInterface;
  readonly report: NatReport | undefined;
}

/** Finds out how each address of the host looks from outside. */
export async function describeSelf(host: Host, options: SelfOptions): Promise<SelfDescription> {
  const candidates = host
    .interfaces()
    .flatMap(({ addresses, loopback }, index) => addresses.map((own) => ({ index, loopback, own })))
    .filter(({ own, loopback }) => isWanted(own.address, loopback, options.bindAddress))
    .slice(0, MAX_INTERFACES);
  const views = await Promise.all(candidates.map(({ index, own }) => look(host, index, own, options)));
  return {
    report: views.find(({ report }) => report)?.report,
    sign: (identity) =>
      createAddress(
        {
          issuedAtMs: host.clock.wallMs(),
          interfaces: views.map(({ place }) => place),
          brokers: options.brokers.slice(0, MAX_BROKERS),
        },
        identity,
      ),
  };
}

function isWanted(address: string, loopback: boolean, bindAddress: string | undefined): boolean {
  if (bindAddress !== undefined) return address === bindAddress;
  return !loopback && !LINK_LOCAL.some((prefix) => prefixContains(prefix, address));
}

async function look(host: Host, index: number, own: InterfaceAddress, options: SelfOptions): Promise<View> {
  const { address, prefixLength } = own;
  const server = options.stun.find((stun) => familyOf(stun.address) === familyOf(address));
  const reachable = server && isLoopback(server.address) === isLoopback(address);
  const [report, tcp] = reachable
    ? await Promise.all([discoverNat(host, server, { bindAddress: address }), tcpMapping(host, server, address)])
    : [undefined, undefined];
  const external = report?.mappings[0]?.mapped.address ?? tcp?.mapped.address;
  const udp = report ? traitsOf(report) : UNKNOWN_NAT;
  const place: AddressInterface = {
    index,
    address,
    prefixLength,
    ...(external !== undefined && { external }),
    udp: { nat: udp },
    tcp: { nat: tcp ? tcpTraits(tcp) : UNKNOWN_NAT, port: options.port },
  };
  return { place, report };
}

interface TcpView {
  readonly local: Endpoint;
  readonly mapped: Endpoint;
}

/** How a TCP connection looks from outside; undefined if the server does not answer over TCP. */
async function tcpMapping(host: Host, server: Endpoint, localAddress: string): Promise<TcpView | undefined> {
  try {
    const { connection, local, mapped } = await stunOverTcp(host, server, { localAddress, timeoutMs: TCP_TIMEOUT_MS });
    connection.reset();
    return { local, mapped };
  } catch (error) {
    if (!isNetError(error)) throw error;
    return undefined;
  }
}

function traitsOf(report: NatReport): NatTraits {
  const { translation, mapping, filtering, portPreserved } = report;
  return {
    mapping: translation.value === 'none' ? 'none' : mapping.value,
    filtering: filtering.value,
    allocation: portPreserved.value === true ? 'preserving' : 'unknown',
    step: 0,
  };
}

/** One connection shows whether there is translation and whether it kept the port, and no more. */
function tcpTraits({ local, mapped }: TcpView): NatTraits {
  const translated = local.address !== mapped.address || local.port !== mapped.port;
  if (!translated) return { ...UNKNOWN_NAT, mapping: 'none', allocation: 'preserving' };
  return { ...UNKNOWN_NAT, allocation: local.port === mapped.port ? 'preserving' : 'unknown' };
}
