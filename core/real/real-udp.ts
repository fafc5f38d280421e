import type { Socket } from 'node:dgram';
import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { Udp, UdpBindOptions, UdpSocket } from '../ports/index.ts';
import { createDgram } from './node-dgram.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { RealUdpSocket } from './real-udp-socket.ts';

/** UDP over node:dgram. */
export class RealUdp implements Udp {
  async bind(options: UdpBindOptions = {}): Promise<UdpSocket> {
    const family = options.family ?? familyOf(options.address ?? options.remote?.address ?? '0.0.0.0');
    const { address = unspecifiedAddress(family), port = 0, remote } = options;
    assertEndpoint(address, port);
    if (remote) assertEndpoint(remote.address, remote.port);
    const socket = createDgram(family);
    try {
      await bound(socket, address, port);
      if (remote) await connected(socket, remote);
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

function connected(socket: Socket, remote: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error): void => (error ? reject(error) : resolve());
    socket.connect(remote.port, remote.address, done as () => void); // the callback gets the error; its type forgot it
  });
}
