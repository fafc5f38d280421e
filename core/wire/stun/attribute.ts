import type { Endpoint, Family } from '../../net/endpoint.ts';

export interface ErrorCode {
  /** 300 to 699. */
  readonly code: number;
  readonly reason: string;
}

/** Why a relayed address of one family was not granted (RFC 8656 section 18.12). */
export interface AddressErrorCode extends ErrorCode {
  readonly family: Family;
}

/** The attributes that the project reads and writes, with the type of each value. */
export interface AttributeValues {
  // RFC 8489 section 14
  readonly 'mapped-address': Endpoint;
  readonly 'xor-mapped-address': Endpoint;
  readonly username: string;
  readonly 'error-code': ErrorCode;
  readonly realm: string;
  readonly nonce: string;
  /** Attribute type codes. */
  readonly 'unknown-attributes': readonly number[];
  readonly software: string;
  readonly 'alternate-server': Endpoint;
  // RFC 5780 section 7
  readonly 'change-request': { readonly address: boolean; readonly port: boolean };
  readonly 'response-origin': Endpoint;
  readonly 'other-address': Endpoint;
  readonly 'response-port': number;
  readonly padding: Uint8Array;
  // RFC 8656 section 18
  readonly 'channel-number': number;
  /** Seconds. */
  readonly lifetime: number;
  readonly 'xor-peer-address': Endpoint;
  readonly data: Uint8Array;
  readonly 'xor-relayed-address': Endpoint;
  readonly 'requested-address-family': Family;
  readonly 'even-port': { readonly reserveNext: boolean };
  /** IANA protocol number. */
  readonly 'requested-transport': number;
  readonly 'dont-fragment': true;
  /** 8 bytes. */
  readonly 'reservation-token': Uint8Array;
  readonly 'additional-address-family': Family;
  readonly 'address-error-code': AddressErrorCode;
}

export type AttributeName = keyof AttributeValues;

/** An attribute of a type that {@link AttributeValues} does not name. */
export interface UnknownAttribute {
  readonly type: 'unknown';
  readonly code: number;
  readonly value: Uint8Array;
}

export type Attribute =
  | { readonly [K in AttributeName]: { readonly type: K; readonly value: AttributeValues[K] } }[AttributeName]
  | UnknownAttribute;

export const ATTRIBUTE_CODES: Readonly<Record<AttributeName, number>> = {
  'mapped-address': 0x0001,
  'change-request': 0x0003,
  username: 0x0006,
  'error-code': 0x0009,
  'unknown-attributes': 0x000a,
  'channel-number': 0x000c,
  lifetime: 0x000d,
  'xor-peer-address': 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  'xor-relayed-address': 0x0016,
  'requested-address-family': 0x0017,
  'even-port': 0x0018,
  'requested-transport': 0x0019,
  'dont-fragment': 0x001a,
  'xor-mapped-address': 0x0020,
  'reservation-token': 0x0022,
  padding: 0x0026,
  'response-port': 0x0027,
  'additional-address-family': 0x8000,
  'address-error-code': 0x8001,
  software: 0x8022,
  'alternate-server': 0x8023,
  'response-origin': 0x802b,
  'other-address': 0x802c,
};

/** These three protect the message; they are handled with it and never stand among its attributes. */
export const MESSAGE_INTEGRITY = 0x0008;
export const MESSAGE_INTEGRITY_SHA256 = 0x001c;
export const FINGERPRINT = 0x8028;

/** RFC 8489 section 14: codes below 0x8000 may not be ignored by who does not know them. */
export function comprehensionRequired(code: number): boolean {
  return code < 0x8000;
}

interface HasAttributes {
  readonly attributes: readonly Attribute[];
}

/** The value of the first attribute of this type; RFC 8489 section 14 ignores any further one. */
export function attributeOf<K extends AttributeName>(message: HasAttributes, type: K): AttributeValues[K] | undefined {
  const found = message.attributes.find((attribute) => attribute.type === type);
  return found?.value as AttributeValues[K] | undefined;
}

/** The values of all attributes of this type, for the few that may stand more than once. */
export function attributesOf<K extends AttributeName>(message: HasAttributes, type: K): AttributeValues[K][] {
  return message.attributes.filter((attribute) => attribute.type === type).map((found) => found.value as never);
}
