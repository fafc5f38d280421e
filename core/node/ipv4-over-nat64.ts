import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { familyOf, isLoopback, isUnspecified, unspecifiedAddress } from '../net/ip.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import { embedIpv4, extractIpv4 } from '../net/rfc6052.ts';
import type {
  Host,
  NetworkInterface,
  TcpConnection,
  TcpDialOptions,
  TcpListener,
  TcpListenOptions,
  UdpBindOptions,
  UdpSocket,
} from '../ports/index.ts';
import { TranslatedConnection, TranslatedSocket } from './translated-sockets.ts';

/** RFC 7335: for a host's own end where IPv4 runs inside of IPv6. Nobody is sent it. */
const OWN_IPV4 = '192.0.0.2';

/**
 * Gives a host that has IPv6 only an IPv4 of its own where a NAT64 is in front of it: its sockets speak IPv6 and show
 * IPv4, as the translator of RFC 6877 does for a whole machine. All else of the engine need not know.
 *
 * @returns the host itself if it has IPv4, or no NAT64 in front of it
 */
export async function withIpv4(host: Host): Promise<Host> {
  const up = host.interfaces().filter(({ loopback }) => !loopback);
  const has = (wanted: number) => up.some(({ addresses }) => addresses.some(({ family }) => family === wanted));
  if (has(4) || !has(6)) return host;
  const text = await host.nat64Prefix?.();
  return text === undefined ? host : ipv4Over(host, parsePrefix(text));
}

/** @throws RangeError for a prefix that is none of RFC 6052 */
function ipv4Over(host: Host, prefix: Prefix): Host {
  embedIpv4(prefix, OWN_IPV4);
  const translation = new Translation(prefix);
  return {
    clock: host.clock,
    random: host.random,
    signer: host.signer,
    events: host.events,
    interfaces: () => withOwn(host.interfaces()),
    defaultGateways: () => host.defaultGateways(),
    udp: { bind: (options) => bind(host, translation, options) },
    tcp: {
      dial: (remote, options) => dial(host, translation, remote, options),
      listen: (options, accept) => listen(host, translation, options, accept),
    },
  };
}

/** Endpoints in the one form and in the other. */
class Translation {
  readonly #prefix: Prefix;

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
  }

  toIpv6({ address, port }: Endpoint): Endpoint {
    return { address: embedIpv4(this.#prefix, address), port };
  }

  /** Undefined: it stands for no IPv4 endpoint. */
  toIpv4({ address, port }: Endpoint): Endpoint | undefined {
    const embedded = extractIpv4(this.#prefix, address);
    return embedded === undefined ? undefined : { address: embedded, port };
  }
}

function withOwn(interfaces: readonly NetworkInterface[]): readonly NetworkInterface[] {
  const place = interfaces.findIndex(({ loopback, addresses }) => {
    return !loopback && addresses.some(({ family }) => family === 6);
  });
  const own = { address: OWN_IPV4, family: 4, prefixLength: 32 } as const;
  return interfaces.map((entry, index) => {
    return index === place ? { ...entry, addresses: [...entry.addresses, own] } : entry;
  });
}

async function bind(host: Host, translation: Translation, options: UdpBindOptions = {}): Promise<UdpSocket> {
  const { address, remote, port } = options;
  if ((options.family ?? familyOf(address ?? remote?.address ?? '0.0.0.0')) === 6 || isOnLoopback(address, remote)) {
    return host.udp.bind(options);
  }
  checkOwn(address);
  const socket = await host.udp.bind({
    family: 6,
    ...(port !== undefined && { port }),
    ...(remote && { remote: translation.toIpv6(remote) }),
  });
  return new TranslatedSocket(socket, translation, { address: localOf(address, remote), port: socket.local.port });
}

async function dial(
  host: Host,
  translation: Translation,
  remote: Endpoint,
  options: TcpDialOptions = {},
): Promise<TcpConnection> {
  const { localAddress, ...others } = options;
  if (familyOf(remote.address) === 6 || isLoopback(remote.address)) return host.tcp.dial(remote, options);
  checkOwn(localAddress);
  const connection = await host.tcp.dial(translation.toIpv6(remote), others);
  return new TranslatedConnection(connection, { address: OWN_IPV4, port: connection.local.port }, remote);
}

async function listen(
  host: Host,
  translation: Translation,
  options: TcpListenOptions,
  accept: (connection: TcpConnection) => void,
): Promise<TcpListener> {
  const { address, port, shared } = options;
  if ((options.family ?? familyOf(address ?? '0.0.0.0')) === 6 || isOnLoopback(address)) {
    return host.tcp.listen(options, accept);
  }
  checkOwn(address);
  const where = { family: 6, ...(port !== undefined && { port }), ...(shared !== undefined && { shared }) } as const;
  const listener = await host.tcp.listen(where, (connection) => {
    const remote = translation.toIpv4(connection.remote);
    if (remote)
      accept(new TranslatedConnection(connection, { address: OWN_IPV4, port: connection.local.port }, remote));
    else connection.reset(); // It speaks IPv6, and this is a port of IPv4.
  });
  return {
    local: { address: address ?? unspecifiedAddress(4), port: listener.local.port },
    shared: listener.shared ?? false,
    close: () => listener.close(),
  };
}

function isOnLoopback(address: string | undefined, remote?: Endpoint): boolean {
  return (address !== undefined && isLoopback(address)) || (remote !== undefined && isLoopback(remote.address));
}

function localOf(address: string | undefined, remote: Endpoint | undefined): string {
  return remote ? OWN_IPV4 : (address ?? unspecifiedAddress(4));
}

function checkOwn(address: string | undefined): void {
  if (address === undefined || isUnspecified(address) || address === OWN_IPV4) return;
  throw new NetError('EADDRNOTAVAIL', `${address} is not an address of this host`);
}
