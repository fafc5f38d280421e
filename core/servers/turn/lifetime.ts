import { attributeOf } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

/** RFC 8656 section 7.2: what the client asks for, within the server's default and maximum; whole seconds. */
export function grantedLifetimeMs(message: ReceivedMessage, options: ResolvedTurnOptions): number {
  const { defaultLifetimeMs, maxLifetimeMs } = options;
  const wanted = 1000 * (attributeOf(message, 'lifetime') ?? 0);
  return Math.max(Math.min(wanted, maxLifetimeMs), defaultLifetimeMs);
}
