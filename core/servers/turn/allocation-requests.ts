import { sameEndpoint } from '../../net/endpoint.ts';
import type { Clock } from '../../ports/index.ts';
import { attributeOf, attributesOf } from '../../wire/stun/attribute.ts';
import { isChannelNumber } from '../../wire/turn/channel-data.ts';
import type { Allocation } from './allocation.ts';
import type { AuthenticRequest } from './authentication.ts';
import { grantedLifetimeMs } from './lifetime.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

/** RFC 8656 section 8.2. */
export function refresh(request: AuthenticRequest, allocation: Allocation, options: ResolvedTurnOptions): Buffer {
  const family = attributeOf(request.message, 'requested-address-family');
  if (family !== undefined && !allocation.has(family)) return request.refuse(443);
  if (attributeOf(request.message, 'lifetime') === 0) {
    if (family === undefined) allocation.end();
    else allocation.endFamily(family);
    return request.succeed([{ type: 'lifetime', value: 0 }]);
  }
  const lifetimeMs = grantedLifetimeMs(request.message, options);
  allocation.live(lifetimeMs);
  return request.succeed([{ type: 'lifetime', value: lifetimeMs / 1000 }]);
}

/** RFC 8656 section 10.2: all of the permissions, or none. */
export function createPermission(request: AuthenticRequest, allocation: Allocation, clock: Clock): Buffer {
  const peers = attributesOf(request.message, 'xor-peer-address');
  if (peers.length === 0) return request.refuse(400);
  for (const peer of peers) {
    // The port of a permission has no meaning.
    const objection = allocation.objection({ ...peer, port: 0 });
    if (objection) return request.refuse(objection);
  }
  const addresses = peers.map(({ address }) => address);
  return allocation.peers.permit(addresses, clock.now()) ? request.succeed([]) : request.refuse(508);
}

/** RFC 8656 section 12.2. It installs the permission too. */
export function channelBind(request: AuthenticRequest, allocation: Allocation, clock: Clock): Buffer {
  const number = attributeOf(request.message, 'channel-number');
  const peer = attributeOf(request.message, 'xor-peer-address');
  if (number === undefined || !peer || peer.port === 0 || !isChannelNumber(number)) return request.refuse(400);
  const nowUs = clock.now();
  const boundPeer = allocation.peers.peerOf(number, nowUs);
  const boundNumber = allocation.peers.channelOf(peer, nowUs);
  if (boundPeer && !sameEndpoint(boundPeer, peer)) return request.refuse(400);
  if (boundNumber !== undefined && boundNumber !== number) return request.refuse(400);
  const objection = allocation.objection(peer);
  if (objection) return request.refuse(objection);
  const done = allocation.peers.permit([peer.address], nowUs) && allocation.peers.bind(number, peer, nowUs);
  return done ? request.succeed([]) : request.refuse(508);
}
