import type { Endpoint } from '../../net/endpoint.ts';
import type { Attribute, AttributeName } from '../../wire/stun/attribute.ts';
import { type ReceivedMessage, unknownRequired } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { errorResponse } from './error-response.ts';

/** What a server with two addresses and two ports says of them (RFC 5780 section 6.1). */
export interface BehaviourAddresses {
  /** Where the answer comes from. */
  readonly origin: Endpoint;
  /** Where it would come from if both address and port were to be changed. */
  readonly other: Endpoint;
}

/** Credentials may be there; a server that wants none understands them and looks past them. */
const CREDENTIALS: readonly AttributeName[] = ['username', 'realm', 'nonce'];
const PLAIN: ReadonlySet<AttributeName> = new Set(CREDENTIALS);
const WITH_CHANGE: ReadonlySet<AttributeName> = new Set([...CREDENTIALS, 'change-request']);

/**
 * Answers a Binding request. RESPONSE-PORT and PADDING of RFC 5780 are refused as unknown: they would let a forged
 * request aim or fatten the answer.
 *
 * @param changeable is CHANGE-REQUEST understood here? It is not over TCP, nor by a server with one address.
 */
export function answerBinding(
  request: ReceivedMessage,
  from: Endpoint,
  behaviour: BehaviourAddresses | undefined,
  changeable: boolean,
): Buffer {
  if (request.malformed.length > 0) return errorResponse(request, 400);
  const unknown = unknownRequired(request, changeable ? WITH_CHANGE : PLAIN);
  if (unknown.length > 0) return errorResponse(request, 420, [{ type: 'unknown-attributes', value: unknown }]);
  const attributes: Attribute[] = [{ type: 'xor-mapped-address', value: from }];
  if (behaviour) {
    attributes.push({ type: 'response-origin', value: behaviour.origin });
    attributes.push({ type: 'other-address', value: behaviour.other });
  }
  const { method, transactionId, fingerprint } = request;
  return encodeMessage({ messageClass: 'success', method, transactionId, attributes }, { fingerprint });
}
