import type { Endpoint } from '../../core/net/endpoint.ts';
import type { Attempt, Plan, PlanInput } from '../../core/plugins/plugin.ts';
import { ByteReader, ByteWriter } from '../../core/wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../core/wire/endpoints.ts';

/** They meet over the signal channel and ask one STUN server. */
export function planToMeet({ remote, servers, signalling }: PlanInput): Plan<null> {
  if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
  if (servers.stun.length === 0) return { applicable: false, reason: 'no STUN server' };
  return { applicable: true, plan: null };
}

export function writeEnd(mapped: Endpoint): Buffer {
  return writeEndpoint(new ByteWriter(), mapped).finish();
}

export function readEnd(bytes: Uint8Array): Endpoint {
  return readEndpoint(new ByteReader(bytes), 'peer endpoint');
}

/** Does the NAT in front of an end give every destination a port of its own? */
export function isRandom(content: Attempt['local']): boolean {
  const mapping = content.interfaces.find(({ external }) => external !== undefined)?.udp.nat.mapping;
  return mapping === 'address-dependent' || mapping === 'address-and-port-dependent';
}
