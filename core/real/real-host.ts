import { networkInterfaces } from 'node:os';
import { NobleSigner } from '../identity/noble-signer.ts';
import type { Clock, Events, Host, NetworkInterface, Random, Signer, Tcp, Tls, Udp } from '../ports/index.ts';
import { readDefaultGateways } from './default-gateways.ts';
import { interfacesOf } from './interfaces.ts';
import { findNat64Prefix } from './nat64-prefix.ts';
import { RealClock } from './real-clock.ts';
import { RealRandom } from './real-random.ts';
import { RealTcp } from './real-tcp.ts';
import { RealTls } from './real-tls.ts';
import { RealUdp } from './real-udp.ts';

export interface RealHostOptions {
  /** Who hears what happens. @default nobody */
  readonly events?: Events;
}

/** The machine this process runs on. It owns nothing to close: every socket and timer belongs to who opened it. */
class RealHost implements Host {
  readonly clock: Clock = new RealClock();
  readonly random: Random = new RealRandom();
  readonly signer: Signer = new NobleSigner();
  readonly udp: Udp = new RealUdp();
  readonly events: Events;
  readonly tcp: Tcp;
  readonly tls: Tls;

  constructor(events: Events) {
    this.events = events;
    this.tcp = new RealTcp(events);
    this.tls = new RealTls(events);
  }

  nat64Prefix(): Promise<string | undefined> {
    return findNat64Prefix();
  }

  interfaces(): readonly NetworkInterface[] {
    return interfacesOf(networkInterfaces());
  }

  defaultGateways(): Promise<readonly string[]> {
    return readDefaultGateways();
  }
}

/**
 * @example
 * import { createRealHost } from 'punchlab/real';
 *
 * const host = createRealHost();
 * const socket = await host.udp.bind({ address: '127.0.0.1' });
 * const told = new Promise<string>((resolve) => {
 *   socket.onMessage = (data) => resolve(Buffer.from(data).toString());
 * });
 * socket.send(Buffer.from('hello, me'), socket.local);
 * console.log(await told); // prints: hello, me
 * socket.close();
 */
export function createRealHost(options: RealHostOptions = {}): Host {
  return new RealHost(options.events ?? { emit: () => {} });
}

/** Is it a host over the system's own sockets? */
export function isRealHost(host: Host): boolean {
  return host instanceof RealHost;
}
