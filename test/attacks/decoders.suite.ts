import { readFileSync } from 'node:fs';
import { decodeLineMessage, encodeLineMessage } from '../../core/plugins/port-mapping/line-message.ts';
import { decodeOffer, encodeOffer } from '../../core/plugins/punch-offer.ts';
import { decodeOpen, decodeSearch, encodeOpen, encodeSearch } from '../../core/plugins/random-probe/probe-message.ts';
import { decodeRelayMessage, encodeRelayMessage } from '../../core/plugins/turn-relay/relay-offer.ts';
import { createAddress, formatAddress, parseAddress } from '../../core/wire/address/address.ts';
import { example, identity, signer } from '../../core/wire/address/address-helpers.suite.ts';
import { decodeRefresh, encodeRefresh } from '../../core/wire/address/refresh.ts';
import { ByteReader } from '../../core/wire/bytes.ts';
import { parseDescription } from '../../core/wire/igd/description.ts';
import { decodeSoap, decodeSoapFault, encodeSoapFault } from '../../core/wire/igd/soap.ts';
import { parseXml } from '../../core/wire/igd/xml.ts';
import {
  decodeNameReply,
  decodeNameRequest,
  encodeNameReply,
  encodeNameRequest,
} from '../../core/wire/names/messages.ts';
import { readRecord, signRecord } from '../../core/wire/names/record.ts';
import { decodeNatPmpRequest, decodeNatPmpResponse } from '../../core/wire/nat-pmp/nat-pmp.ts';
import { decodeNtpPacket, encodeNtpPacket } from '../../core/wire/ntp/packet.ts';
import { decodePcpRequest, decodePcpResponse, encodePcpRequest } from '../../core/wire/pcp/pcp.ts';
import {
  decodeAnswer,
  decodeCall,
  decodeConfirm,
  decodeHello,
  decodeProof,
  encodeAnswer,
  encodeCall,
  encodeConfirm,
  encodeHello,
  encodeProof,
  FRAME,
} from '../../core/wire/proof.ts';
import { decodeReason, encodeReason, openFrame, sealFrame } from '../../core/wire/sealed-frame.ts';
import { decodeSegment, encodeSegment } from '../../core/wire/segment.ts';
import { decodeSessionMessage, encodeSessionMessage } from '../../core/wire/session-message.ts';
import { decodeEnvelope, encodeEnvelope } from '../../core/wire/signal/envelope.ts';
import { decodeInner, encodeInner } from '../../core/wire/signal/inner.ts';
import { decodeSignalContent, encodeSignalContent } from '../../core/wire/signal/signal-content.ts';
import { parseHttpHead } from '../../core/wire/ssdp/http-head.ts';
import { decodeSsdpAnswer, decodeSsdpSearch } from '../../core/wire/ssdp/ssdp.ts';
import { decodeMessage } from '../../core/wire/stun/decode-message.ts';
import { encodeMessage } from '../../core/wire/stun/encode-message.ts';
import { decodeChannelData, encodeChannelData } from '../../core/wire/turn/channel-data.ts';
import { NTP_QUESTION } from './ntp-question.ts';

/** One way in which bytes of others become something of ours. */
export interface Decoder {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => unknown;
  /** What it takes. */
  readonly sample: Uint8Array;
}

const captured = new URL('../../core/wire/testdata/gateway-messages.json', import.meta.url);
const { messages } = JSON.parse(readFileSync(captured, 'utf8')) as {
  readonly messages: readonly { readonly source: string; readonly what: string; readonly hex: string }[];
};

function capturedOf(source: string, what: string): Buffer {
  return Buffer.from(messages.find((each) => each.source.startsWith(source) && each.what === what)!.hex, 'hex');
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const bodyOf = (what: string) => Buffer.from(text(capturedOf('miniupnpd', what)).split('\r\n\r\n')[1]!);
const fill = (length: number, value = 7) => Buffer.alloc(length, value);
const endpoint = { address: '203.0.113.7', port: 6000 };
const sessionId = fill(16);
const hello = { sessionId, initiatorKey: fill(33), responderKey: fill(33), nonce: fill(16), plugin: 'udp-punch' };
const content = { id: fill(16), sentAtMs: 1.9e12, ttlMs: 60_000, kind: 'test', body: fill(100) };
const record = signRecord({ name: 'alice', issuedAtMs: 1.9e12, lifetimeS: 60, value: fill(20) }, identity);
const request = encodeNameRequest({ op: 'put', nonce: fill(16), record });
const reply = encodeNameReply(request, { status: 'ok', serverTimeMs: 1.9e12, record }, identity);
const address = createAddress(example, identity);
const sealed = sealFrame({ kind: FRAME.data, sequence: 5, body: fill(40) }, fill(32));
const allocate = encodeMessage(
  {
    messageClass: 'success',
    method: 3,
    transactionId: fill(12),
    attributes: [
      { type: 'xor-relayed-address', value: endpoint },
      { type: 'lifetime', value: 600 },
      { type: 'error-code', value: { code: 440, reason: 'x' } },
    ],
  },
  { key: fill(16), integrity: 'sha256', fingerprint: true },
);

/** Of every protocol that the engine and its servers speak; `test/attacks/frames.test.ts` sees that none is missing. */
export const DECODERS: readonly Decoder[] = [
  { name: 'STUN and TURN message', decode: decodeMessage, sample: allocate },
  { name: 'TURN ChannelData', decode: decodeChannelData, sample: encodeChannelData(0x4001, fill(30), false) },
  {
    name: 'signal envelope',
    decode: decodeEnvelope,
    sample: encodeEnvelope({
      type: 'message',
      ephemeralKey: Buffer.concat([Buffer.of(2), fill(32)]),
      nonce: fill(12),
      ciphertext: fill(448),
      tag: fill(16),
    }),
  },
  {
    name: 'signal inside its envelope',
    decode: decodeInner,
    sample: encodeInner({ senderKey: fill(33), signature: fill(64), content: encodeSignalContent(content) }),
  },
  { name: 'signal content', decode: decodeSignalContent, sample: encodeSignalContent(content) },
  {
    name: 'session message',
    decode: decodeSessionMessage,
    sample: encodeSessionMessage({
      sessionId,
      open: { plugins: [{ plugin: 'udp-punch', afterMs: 0, round: 0 }], secret: fill(32), reliable: true },
      entries: [{ plugin: 'udp-punch', payload: fill(20), round: 0 }],
    }),
  },
  { name: 'refresh of an address', decode: decodeRefresh, sample: encodeRefresh({ type: 'request', issuedAtMs: 5 }) },
  { name: 'address', decode: (bytes) => parseAddress(bytes, signer), sample: address.bytes },
  {
    name: 'address text',
    decode: (bytes) => parseAddress(text(bytes), signer),
    sample: Buffer.from(formatAddress(address)),
  },
  { name: 'handshake: hello', decode: decodeHello, sample: encodeHello(hello) },
  { name: 'handshake: answer', decode: decodeAnswer, sample: encodeAnswer(fill(16)) },
  {
    name: 'handshake: proof',
    decode: decodeProof,
    sample: encodeProof({ nonce: fill(16), share: fill(33), signature: fill(64) }),
  },
  {
    name: 'handshake: confirm',
    decode: decodeConfirm,
    sample: encodeConfirm({ share: fill(33), signature: fill(64) }),
  },
  { name: 'handshake: call', decode: decodeCall, sample: encodeCall({ sessionId, plugin: 'reverse-connect' }) },
  { name: 'sealed frame', decode: (bytes) => openFrame(bytes, fill(32)), sample: sealed },
  { name: 'reason of an end', decode: decodeReason, sample: encodeReason('enough') },
  {
    name: 'segment of a reliable pipe',
    decode: decodeSegment,
    sample: encodeSegment({
      sequence: 1,
      acknowledged: 0,
      window: 10,
      selective: 0,
      data: { payload: fill(10), endsMessage: true },
    }),
  },
  { name: 'name request', decode: decodeNameRequest, sample: request },
  {
    name: 'name reply',
    decode: (bytes) => decodeNameReply(request, bytes, identity.publicKey, signer),
    sample: reply,
  },
  { name: 'name record', decode: readRecord, sample: record.bytes },
  { name: 'NTP packet', decode: decodeNtpPacket, sample: encodeNtpPacket(NTP_QUESTION) },
  {
    name: 'PCP request',
    decode: decodePcpRequest,
    sample: encodePcpRequest({
      op: 'map',
      clientAddress: '10.0.1.2',
      lifetimeS: 600,
      nonce: fill(12),
      protocol: 'udp',
      internalPort: 6000,
      externalPort: 6000,
      externalAddress: '0.0.0.0',
      options: [],
    }),
  },
  { name: 'PCP response', decode: decodePcpResponse, sample: capturedOf('miniupnpd', 'pcp map') },
  { name: 'NAT-PMP request', decode: decodeNatPmpRequest, sample: capturedOf('natpmpc', 'nat-pmp map') },
  { name: 'NAT-PMP response', decode: decodeNatPmpResponse, sample: capturedOf('miniupnpd', 'nat-pmp map') },
  { name: 'SSDP search', decode: decodeSsdpSearch, sample: capturedOf('upnpc', 'ssdp search') },
  { name: 'SSDP answer', decode: decodeSsdpAnswer, sample: capturedOf('miniupnpd', 'ssdp answer') },
  {
    name: 'HTTP head',
    decode: (bytes) => parseHttpHead(text(bytes)),
    sample: Buffer.from(text(capturedOf('miniupnpd', 'http mapping')).split('\r\n\r\n')[0]!),
  },
  { name: 'XML', decode: (bytes) => parseXml(text(bytes)), sample: bodyOf('http mapping') },
  { name: 'SOAP', decode: (bytes) => decodeSoap(text(bytes)), sample: bodyOf('http mapping') },
  {
    name: 'SOAP fault',
    decode: (bytes) => decodeSoapFault(text(bytes)),
    sample: Buffer.from(encodeSoapFault({ code: 718, description: 'ConflictInMappingEntry' })),
  },
  {
    name: 'IGD description',
    decode: (bytes) => parseDescription(text(bytes), '/rootDesc.xml'),
    sample: bodyOf('http description'),
  },
  {
    name: 'punch offer',
    decode: (bytes) => decodeOffer(new ByteReader(bytes)),
    sample: encodeOffer({ round: 1, port: 5000, mapped: [endpoint], forecast: { kind: 'steady', endpoint } }),
  },
  {
    name: 'random-probe search',
    decode: (bytes) => decodeSearch(new ByteReader(bytes)),
    sample: encodeSearch({ endpoint, durationMs: 5000 }),
  },
  {
    name: 'random-probe open',
    decode: (bytes) => decodeOpen(new ByteReader(bytes)),
    sample: encodeOpen({
      address: endpoint.address,
      spread: { low: 1024, high: 65_535, parity: undefined, seen: [5000] },
    }),
  },
  {
    name: 'port-mapping offer',
    decode: decodeLineMessage,
    sample: encodeLineMessage({ kind: 'offer', protocol: 'udp', endpoints: [endpoint] }),
  },
  {
    name: 'turn-relay offer',
    decode: decodeRelayMessage,
    sample: encodeRelayMessage({ kind: 'offer', round: 0, relayed: endpoint }),
  },
];
