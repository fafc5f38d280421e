import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import { addressToBytes, canonicalAddress, familyOf } from '../../net/ip.ts';
import {
  type AddressContent,
  type AddressInterface,
  type AddressTransport,
  ALLOCATION_TRAITS,
  FILTERING_TRAITS,
  MAPPING_TRAITS,
} from './address-content.ts';
import { AddressError } from './address-error.ts';

export const MAX_INTERFACES = 16;
export const MAX_BROKERS = 3;
export const PUBLIC_KEY_LENGTH = 33;
export const MAX_ISSUED_AT_MS = 2 ** 48 - 1;
const MAX_LIFETIME_S = 2 ** 32 - 1;

/**
 * The rules that the layout of the bytes does not express by itself. Whoever writes and whoever reads an address
 * goes by the same ones.
 *
 * @throws AddressError naming the field
 */
export function checkContent(content: AddressContent): void {
  const { publicKey, issuedAtMs, expiresAtMs, interfaces, brokers } = content;
  if (publicKey.length !== PUBLIC_KEY_LENGTH) refuse('publicKey', `has ${publicKey.length} bytes`);
  checkInteger('issuedAtMs', issuedAtMs, 0, MAX_ISSUED_AT_MS);
  if (expiresAtMs !== undefined) {
    const lifetimeS = (expiresAtMs - issuedAtMs) / 1000;
    if (!Number.isInteger(lifetimeS)) refuse('expiresAtMs', 'is no whole number of seconds after issuedAtMs');
    checkInteger('expiresAtMs - issuedAtMs in seconds', lifetimeS, 1, MAX_LIFETIME_S);
  }
  if (interfaces.length > MAX_INTERFACES) refuse('interfaces', `${interfaces.length} are too many`);
  if (brokers.length > MAX_BROKERS) refuse('brokers', `${brokers.length} are too many`);
  const seen = new Set<string>();
  interfaces.forEach((entry, position) => {
    checkInterface(`interfaces[${position}]`, entry);
    checkNew(seen, `interfaces[${position}]`, `${entry.index} ${entry.address}`);
  });
  brokers.forEach((broker, position) => {
    checkBroker(`brokers[${position}]`, broker);
    checkNew(seen, `brokers[${position}]`, formatEndpoint(broker));
  });
}

function checkInterface(field: string, entry: AddressInterface): void {
  checkInteger(`${field}.index`, entry.index, 0, 255);
  checkUnicast(`${field}.address`, entry.address);
  checkInteger(`${field}.prefixLength`, entry.prefixLength, 0, familyOf(entry.address) === 4 ? 32 : 128);
  if (entry.external !== undefined) {
    checkUnicast(`${field}.external`, entry.external);
    if (familyOf(entry.external) !== familyOf(entry.address)) refuse(`${field}.external`, 'is of another family');
  }
  for (const protocol of ['udp', 'tcp'] as const) {
    checkTransport(`${field}.${protocol}`, entry[protocol], entry.external !== undefined);
  }
}

function checkTransport(field: string, transport: AddressTransport, hasExternal: boolean): void {
  const { port, externalPort, nat } = transport;
  if (port !== undefined) checkInteger(`${field}.port`, port, 1, 65_535);
  if (externalPort !== undefined) {
    checkInteger(`${field}.externalPort`, externalPort, 1, 65_535);
    if (port === undefined) refuse(`${field}.externalPort`, 'leads to no port');
    if (!hasExternal) refuse(`${field}.externalPort`, 'has no external address');
  }
  checkTrait(`${field}.nat.mapping`, MAPPING_TRAITS, nat.mapping);
  checkTrait(`${field}.nat.filtering`, FILTERING_TRAITS, nat.filtering);
  checkTrait(`${field}.nat.allocation`, ALLOCATION_TRAITS, nat.allocation);
  checkInteger(`${field}.nat.step`, nat.step, -32_768, 32_767);
  if ((nat.step !== 0) !== (nat.allocation === 'sequential')) {
    refuse(`${field}.nat.step`, `${nat.step} does not go with ${nat.allocation} allocation`);
  }
}

function checkBroker(field: string, broker: Endpoint): void {
  checkUnicast(`${field}.address`, broker.address);
  checkInteger(`${field}.port`, broker.port, 1, 65_535);
}

/** An address that a host can have. Whoever dials one from an address must not be made to broadcast. */
function checkUnicast(field: string, address: string): void {
  if (!isCanonical(address)) refuse(field, 'is no IP address in canonical form');
  const bytes = addressToBytes(address);
  const v4 = bytes.length === 4;
  // RFC 1122 section 3.2.1.3: `this network`; RFC 5771 and beyond: multicast, reserved, broadcast.
  if (v4 && (bytes[0] === 0 || bytes[0]! >= 224)) refuse(field, `${address} is no unicast address`);
  // RFC 4291 sections 2.5.2 and 2.7: unspecified, multicast.
  if (!v4 && (bytes[0] === 0xff || address === '::')) refuse(field, `${address} is no unicast address`);
}

function isCanonical(address: string): boolean {
  try {
    return canonicalAddress(address) === address;
  } catch {
    return false;
  }
}

function checkInteger(field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) refuse(field, `${value} is not in ${min} to ${max}`);
}

function checkTrait(field: string, known: readonly string[], value: string): void {
  if (!known.includes(value)) refuse(field, `${value} is not known`);
}

function checkNew(seen: Set<string>, field: string, key: string): void {
  if (seen.has(key)) refuse(field, 'is there twice');
  seen.add(key);
}

function refuse(field: string, why: string): never {
  throw new AddressError('malformed', `${field} ${why}`);
}
