import { formatEndpoint } from '../../core/net/endpoint.ts';
import {
  ACK,
  type AddressId,
  FIN,
  ICMP,
  type Packet,
  type Protocol,
  PSH,
  type Quote,
  RST,
  SYN,
  TCP,
  UDP,
  wireLength,
} from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';

const FLAGS: readonly (readonly [number, string])[] = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
];

/** `UDP 10.0.1.2:5000 > 192.0.2.1:3478 len 20`, in the manner of tcpdump. */
export function formatPacket(packet: Packet, addresses: AddressTable): string {
  const { icmp } = packet;
  if (icmp) return `${formatWay(packet, addresses)} ${icmp.kind} about ${formatWay(icmp.quote, addresses)}`;
  if (packet.echo) return `${formatWay(packet, addresses)} ${formatEcho(packet)}`;
  const tcp = packet.protocol === TCP ? ` ${formatTcp(packet)}` : '';
  return `${formatWay(packet, addresses)}${tcp} len ${packet.payload.length}${formatFragment(packet)}`;
}

function formatEcho({ echo, sourcePort, destinationPort, sequence, payload }: Packet): string {
  const identifier = echo === 'request' ? sourcePort : destinationPort;
  return `echo ${echo} id ${identifier} seq ${sequence} len ${payload.length}`;
}

/** ` frag 1256@0+`: bytes of data, where they belong, and whether more follow. */
function formatFragment(packet: Packet): string {
  const { fragment } = packet;
  if (!fragment) return '';
  return ` frag ${wireLength(packet) - IP_HEADER}@${fragment.offset}${fragment.more ? '+' : ''}`;
}

const IP_HEADER = 20;

/** `UDP 10.0.1.2:5000 > 192.0.2.1:3478`; ICMP has no ports. */
export function formatWay(header: Packet | Quote, addresses: AddressTable): string {
  const end = (address: AddressId, port: number): string => {
    return header.protocol === ICMP ? addresses.text(address) : formatEnd(address, port, addresses);
  };
  const source = end(header.source, header.sourcePort);
  return `${protocolName(header.protocol)} ${source} > ${end(header.destination, header.destinationPort)}`;
}

export function formatEnd(address: AddressId, port: number, addresses: AddressTable): string {
  return formatEndpoint({ address: addresses.text(address), port });
}

export function protocolName(protocol: Protocol): string {
  if (protocol === UDP) return 'UDP';
  return protocol === TCP ? 'TCP' : 'ICMP';
}

function formatTcp({ flags, sequence, acknowledgement, window }: Packet): string {
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const acknowledges = (flags & ACK) !== 0 ? ` ack ${acknowledgement}` : '';
  return `${names.join('+') || 'none'} seq ${sequence}${acknowledges} win ${window}`;
}
