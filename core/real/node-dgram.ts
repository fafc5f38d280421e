import { createSocket, type Socket } from 'node:dgram';
import type { Family } from '../net/endpoint.ts';

/**
 * A dgram socket of exactly one family that never asks the DNS: endpoints hold addresses. Since its lookups answer at
 * once, `bind`, `connect` and `send` reach the system before they return.
 */
export function createDgram(family: Family): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    lookup: (address, _options, answer) => answer(null, address, family),
  });
}
