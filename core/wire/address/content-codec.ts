import type { Endpoint } from '../../net/endpoint.ts';
import { addressFromBytes, addressToBytes, familyOf } from '../../net/ip.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import {
  type AddressContent,
  type AddressInterface,
  type AddressTransport,
  ALLOCATION_TRAITS,
  FILTERING_TRAITS,
  MAPPING_TRAITS,
  type NatTraits,
} from './address-content.ts';
import { AddressError } from './address-error.ts';
import { checkContent, MAX_BROKERS, MAX_INTERFACES, PUBLIC_KEY_LENGTH } from './check-content.ts';

/*
 * version 1 | public key 33 | issued at 6 | lifetime 0 or 4 | interfaces: count 1, entries | brokers: count 1, entries
 * interface: flags 1 | index 1 | prefix length 1 | address 4 or 16 | external 0, 4 or 16 | udp | tcp
 * transport: traits 1 (mapping 3 bits, filtering 2, allocation 2) | step 0 or 2 | port 0 or 2 | external port 0 or 2
 * broker: family 1 (4 or 6) | address 4 or 16 | port 2
 * Version 1 has no lifetime and holds for good; version 2 has one, in seconds, which is not 0.
 * Integers are big endian. What is absent takes no bytes, so that one content has one form.
 */
const LASTING = 1;
const EXPIRING = 2;
const IS_IPV6 = 1;
const HAS_EXTERNAL = 2;
const UDP_PORTS_SHIFT = 2;
const TCP_PORTS_SHIFT = 4;
const HAS_PORT = 1;
const HAS_EXTERNAL_PORT = 2;
const SEQUENTIAL = ALLOCATION_TRAITS.indexOf('sequential');

/** @throws AddressError if the content breaks a rule */
export function encodeContent(content: AddressContent): Buffer {
  checkContent(content);
  const { publicKey, issuedAtMs, expiresAtMs } = content;
  const writer = new ByteWriter().u8(expiresAtMs === undefined ? LASTING : EXPIRING).bytes(publicKey);
  writer.u48(issuedAtMs);
  if (expiresAtMs !== undefined) writer.u32((expiresAtMs - issuedAtMs) / 1000);
  writer.u8(content.interfaces.length);
  for (const entry of content.interfaces) writeInterface(writer, entry);
  writer.u8(content.brokers.length);
  for (const { address, port } of content.brokers) {
    writer.u8(familyOf(address)).bytes(addressToBytes(address)).u16(port);
  }
  return writer.finish();
}

/**
 * Reads what {@link encodeContent} wrote, and nothing else: every content has exactly one form.
 * @throws AddressError
 */
export function decodeContent(bytes: Uint8Array): AddressContent {
  try {
    const reader = new ByteReader(bytes);
    const version = reader.u8('version');
    if (version !== LASTING && version !== EXPIRING) throw new AddressError('version', unknownVersion(version));
    const publicKey = Uint8Array.from(reader.take(PUBLIC_KEY_LENGTH, 'publicKey'));
    const issuedAtMs = reader.u48('issuedAtMs');
    const content = {
      publicKey,
      issuedAtMs,
      ...(version === EXPIRING && { expiresAtMs: issuedAtMs + reader.u32('lifetime') * 1000 }),
      interfaces: readList(reader, 'interfaces', MAX_INTERFACES, readInterface),
      brokers: readList(reader, 'brokers', MAX_BROKERS, readBroker),
    };
    reader.end('the address');
    checkContent(content);
    return content;
  } catch (error) {
    if (error instanceof WireError) throw new AddressError('malformed', error.message, { cause: error });
    throw error;
  }
}

function unknownVersion(version: number): string {
  const newer = version > EXPIRING;
  return newer
    ? `the address has version ${version}, made by a newer program than this, which reads versions 1 and 2: update it`
    : `the address has version ${version}, which no program writes`;
}

function writeInterface(writer: ByteWriter, entry: AddressInterface): void {
  const flags =
    (familyOf(entry.address) === 6 ? IS_IPV6 : 0) |
    (entry.external === undefined ? 0 : HAS_EXTERNAL) |
    (portFlags(entry.udp) << UDP_PORTS_SHIFT) |
    (portFlags(entry.tcp) << TCP_PORTS_SHIFT);
  writer.u8(flags).u8(entry.index).u8(entry.prefixLength).bytes(addressToBytes(entry.address));
  if (entry.external !== undefined) writer.bytes(addressToBytes(entry.external));
  writeTransport(writer, entry.udp);
  writeTransport(writer, entry.tcp);
}

function portFlags(transport: AddressTransport): number {
  return (transport.port === undefined ? 0 : HAS_PORT) | (transport.externalPort === undefined ? 0 : HAS_EXTERNAL_PORT);
}

function writeTransport(writer: ByteWriter, transport: AddressTransport): void {
  const { mapping, filtering, allocation, step } = transport.nat;
  const traits =
    (MAPPING_TRAITS.indexOf(mapping) << 4) |
    (FILTERING_TRAITS.indexOf(filtering) << 2) |
    ALLOCATION_TRAITS.indexOf(allocation);
  writer.u8(traits);
  if (step !== 0) writer.u16(step & 0xffff);
  if (transport.port !== undefined) writer.u16(transport.port);
  if (transport.externalPort !== undefined) writer.u16(transport.externalPort);
}

function readInterface(reader: ByteReader, field: string): AddressInterface {
  const flags = reader.u8(`${field}.flags`);
  if (flags >> 6 !== 0) throw new WireError(`${field}.flags ${flags} are not known`);
  const index = reader.u8(`${field}.index`);
  const prefixLength = reader.u8(`${field}.prefixLength`);
  const length = flags & IS_IPV6 ? 16 : 4;
  const address = addressFromBytes(reader.take(length, `${field}.address`));
  const external = flags & HAS_EXTERNAL ? { external: addressFromBytes(reader.take(length, `${field}.external`)) } : {};
  const udp = readTransport(reader, `${field}.udp`, flags >> UDP_PORTS_SHIFT);
  const tcp = readTransport(reader, `${field}.tcp`, flags >> TCP_PORTS_SHIFT);
  return { index, address, prefixLength, ...external, udp, tcp };
}

function readTransport(reader: ByteReader, field: string, flags: number): AddressTransport {
  const nat = readTraits(reader, `${field}.nat`);
  const port = flags & HAS_PORT ? { port: reader.u16(`${field}.port`) } : {};
  const externalPort = flags & HAS_EXTERNAL_PORT ? { externalPort: reader.u16(`${field}.externalPort`) } : {};
  return { nat, ...port, ...externalPort };
}

function readTraits(reader: ByteReader, field: string): NatTraits {
  const traits = reader.u8(field);
  const mapping = MAPPING_TRAITS[traits >> 4];
  if (mapping === undefined) throw new WireError(`${field}.mapping ${traits >> 4} is not known`);
  const step = (traits & 3) === SEQUENTIAL ? (reader.u16(`${field}.step`) << 16) >> 16 : 0;
  return { mapping, filtering: FILTERING_TRAITS[(traits >> 2) & 3]!, allocation: ALLOCATION_TRAITS[traits & 3]!, step };
}

function readBroker(reader: ByteReader, field: string): Endpoint {
  const family = reader.u8(`${field}.family`);
  if (family !== 4 && family !== 6) throw new WireError(`${field}.family ${family} is not known`);
  const address = addressFromBytes(reader.take(family === 4 ? 4 : 16, `${field}.address`));
  return { address, port: reader.u16(`${field}.port`) };
}

function readList<T>(
  reader: ByteReader,
  field: string,
  limit: number,
  read: (reader: ByteReader, field: string) => T,
): T[] {
  const count = reader.u8(field);
  if (count > limit) throw new WireError(`${field} ${count} are too many`);
  return Array.from({ length: count }, (_, position) => read(reader, `${field}[${position}]`));
}
