import { discoverNat } from '../nat/discovery.ts';
import type { NatReport } from '../nat/nat-report.ts';
import { tcpTraits, udpTraits } from '../nat/nat-traits.ts';
import type { Endpoint, Family } from '../net/endpoint.ts';
import { familyOf, isLoopback } from '../net/ip.ts';
import { parsePrefix, prefixContains } from '../net/prefix.ts';
import type { Host, InterfaceAddress } from '../ports/index.ts';
import { type AddressInterface, UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { MAX_INTERFACES } from '../wire/address/check-content.ts';

/** Link-local addresses need a zone, which means something on the own machine only (RFC 3927, RFC 4291). */
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map(parsePrefix);

export interface SelfOptions {
  readonly stun: readonly Endpoint[];
  /** Where the node listens, by family; undefined: it does not. */
  readonly portOf: (family: Family) => number | undefined;
  /** The one address that the node uses; undefined: all of the host. */
  readonly bindAddress: string | undefined;
}

/** What a node can say about itself. */
export interface SelfDescription {
  /** Of the first interface that a STUN server could be asked from. */
  readonly report: NatReport | undefined;
  readonly interfaces: readonly AddressInterface[];
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
    interfaces: views.map(({ place }) => place),
  };
}

function isWanted(address: string, loopback: boolean, bindAddress: string | undefined): boolean {
  if (bindAddress !== undefined) return address === bindAddress;
  return !loopback && !LINK_LOCAL.some((prefix) => prefixContains(prefix, address));
}

async function look(host: Host, index: number, own: InterfaceAddress, options: SelfOptions): Promise<View> {
  const { address, prefixLength } = own;
  const servers = options.stun.filter((stun) => {
    return familyOf(stun.address) === familyOf(address) && isLoopback(stun.address) === isLoopback(address);
  });
  const report =
    servers.length > 0 ? await discoverNat(host, servers, { bindAddress: address, depth: 'quick' }) : undefined;
  const external = (report?.mappings[0] ?? report?.tcp.mappings[0])?.mapped.address;
  const port = options.portOf(own.family);
  const place: AddressInterface = {
    index,
    address,
    prefixLength,
    ...(external !== undefined && { external }),
    udp: { nat: report ? udpTraits(report) : UNKNOWN_NAT },
    tcp: { nat: report ? tcpTraits(report.tcp) : UNKNOWN_NAT, ...(port !== undefined && { port }) },
  };
  return { place, report };
}
