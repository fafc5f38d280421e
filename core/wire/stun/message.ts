import type { Attribute } from './attribute.ts';

/** Methods of RFC 8489 and RFC 8656. */
export const METHOD = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
} as const;

export type MessageClass = 'request' | 'indication' | 'success' | 'error';

export const HEADER_LENGTH = 20;
export const TRANSACTION_ID_LENGTH = 12;

export interface StunMessage {
  readonly messageClass: MessageClass;
  /** 0 to 0xfff. */
  readonly method: number;
  /** 12 bytes. */
  readonly transactionId: Uint8Array;
  /** In order. MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT are not among them. */
  readonly attributes: readonly Attribute[];
}

/** How a message is protected on its way. */
export interface Protection {
  /** Key of the MESSAGE-INTEGRITY attribute. @default none: no such attribute */
  readonly key?: Uint8Array;
  /** @default 'sha1', which every peer understands */
  readonly integrity?: 'sha1' | 'sha256';
  /** @default false */
  readonly fingerprint?: boolean;
}

/** The transaction id as a key for a Map. */
export function transactionKey(message: { readonly transactionId: Uint8Array }): string {
  const id = message.transactionId;
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}
