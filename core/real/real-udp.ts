import type { Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, isGroup, isUnspecified, unspecifiedAddress } from '../net/ip.ts';
import type { Udp, UdpBindOptions, UdpSocket } from '../ports/index.ts';
import { createDgram } from './node-dgram.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { RealUdpSocket } from './real-udp-socket.ts';

/** A second of 5,000 requests, as Linux counts their memory. */
const RECEIVE_BUFFER_BYTES = 2 ** 22;

/** UDP over node:dgram. */
export class RealUdp implements Udp {
  async bind(options: UdpBindOptions = {}): Promise<UdpSocket> {
    const family = options.family ?? familyOf(options.address ?? options.remote?.address ?? '0.0.0.0');
    const { address = unspecifiedAddress(family), port = 0, remote, groups = [] } = options;
    assertEndpoint(address, port);
    if (remote) assertEndpoint(remote.address, remote.port);
    const socket = createDgram(family);
    try {
      await bound(socket, address, port);
      enlargeBuffer(socket);
      if (remote) await connected(socket, remote);
      // Else the system sends to groups by the route that it has for them, which need not be where the address is.
      if (!isUnspecified(address) && !isGroup(address)) socket.setMulticastInterface(multicastInterface(address));
      for (const { group, on } of groups) socket.addMembership(group, multicastInterface(on));
    } catch (error) {
      socket.close();
      throw netError(error);
    }
    const local = socket.address();
    return new RealUdpSocket(socket, nodeEndpoint(local.address, local.port), remote);
  }
}

function bound(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/**
 * What comes while this process does not get to run waits there, and what finds no room is lost. Systems have their own
 * limits: then it stays smaller.
 */
function enlargeBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // It stays as the system made it.
  }
}

function connected(socket: Socket, remote: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => (error ? reject(error) : resolve());
    socket.connect(remote.port, remote.address, done as () => void); // the callback gets the error; its type forgot it
  });
}

/**
 * What stands for the interface of an address: the address itself in IPv4, in IPv6 the zone (RFC 4007), which is a name
 * but on Windows, where it is the number that the interface's link-local address has.
 */
function multicastInterface(address: string): string {
  if (familyOf(address) === 4) return address;
  for (const [name, infos = []] of Object.entries(networkInterfaces())) {
    if (!infos.some((info) => info.address === address)) continue;
    const number = infos.find((info) => info.family === 'IPv6' && info.scopeid !== 0)?.scopeid;
    return `::%${process.platform === 'win32' ? number : name}`;
  }
  return address;
}
