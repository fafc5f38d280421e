import type { Family } from '../../../core/net/endpoint.ts';
import type { NetErrorCode } from '../../../core/net/error.ts';
import type { IcmpKind } from '../../packet.ts';

/**
 * What Linux makes of an ICMP error about a TCP segment (icmp_err_convert, icmpv6_err_convert; measured in SYN-SENT).
 * Undefined: none, `fragmentation-needed` only changes the segment size.
 */
export function icmpErrorCode(kind: IcmpKind, family: Family): NetErrorCode | undefined {
  switch (kind) {
    case 'network-unreachable':
      return 'ENETUNREACH';
    case 'host-unreachable':
    case 'time-exceeded':
      return 'EHOSTUNREACH';
    case 'port-unreachable':
      return 'ECONNREFUSED';
    case 'administratively-prohibited':
      return family === 6 ? 'EACCES' : 'EHOSTUNREACH';
    case 'parameter-problem':
      return 'EINVAL'; // EPROTO, for which the ports have no other word
    case 'fragmentation-needed':
      return undefined;
  }
}

/**
 * The errors on which Linux forgets a passive handshake (tcp_v4_err, TCP_NEW_SYN_RECV); it ignores the others, and
 * POSIX has no way to report any of them.
 */
export function endsPassiveHandshake(kind: IcmpKind): boolean {
  return kind === 'network-unreachable' || kind === 'host-unreachable' || kind === 'time-exceeded';
}
