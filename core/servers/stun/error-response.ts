import type { Attribute, ErrorCode } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import type { Protection } from '../../wire/stun/message.ts';

/** The phrases of RFC 8489 section 14.8 and RFC 8656 section 19. */
const REASONS = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  438: 'Stale Nonce',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  486: 'Allocation Quota Reached',
  508: 'Insufficient Capacity',
} as const;

export type ErrorCodeNumber = keyof typeof REASONS;

/** The code with its phrase. */
export function errorCode(code: ErrorCodeNumber): ErrorCode {
  return { code, reason: REASONS[code] };
}

/** An error response to the request. */
export function errorResponse(
  request: ReceivedMessage,
  code: ErrorCodeNumber,
  attributes: readonly Attribute[] = [],
  protection: Protection = {},
): Buffer {
  const { method, transactionId, fingerprint } = request;
  const error: Attribute = { type: 'error-code', value: errorCode(code) };
  return encodeMessage(
    { messageClass: 'error', method, transactionId, attributes: [error, ...attributes] },
    { ...protection, fingerprint },
  );
}
