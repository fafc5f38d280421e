import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Rule } from './rules.ts';
import type { Chain } from './side.ts';

/** What one dial may ask of a NAT: sockets for discovery, brokers, relays and attempts, and some for each destination. */
const BUSY = 64;
/** Closed ports that a peer of good will may reach, by probes that come before the filter is open. */
const STRAY_PROBES = 32;

/**
 * What may get in the way at a NAT that theory otherwise sees no obstacle at: what it runs out of, or what it takes
 * amiss. Undefined: nothing.
 */
export function doubtOf(chain: Chain, { kind }: Pick<Rule, 'kind'>): string | undefined {
  const punches = kind === 'tcp-punch' || kind === 'udp-punch' || kind === 'random-probe';
  for (const nat of chain) {
    const doubt = shortage(nat) ?? (punches ? offence(nat) : undefined);
    if (doubt !== undefined) return doubt;
  }
  return undefined;
}

function shortage({ translation, limits, ports, addresses, udp, tcp }: NatBehaviour): string | undefined {
  if (translation !== 'napt') return undefined;
  if (few(limits.mappings) || few(limits.perHost)) return 'it may run out of mappings (RFC 6888 REQ-4)';
  if (few(limits.sessionRate)) return 'it may open sessions too slowly (RFC 6888 REQ-4B)';
  const [first, last] = ports.range;
  const own = ports.allocation === 'block' ? ports.blockSize : (last - first + 1) * addresses;
  // The signal channel is a TCP session.
  const lifetimeMs = Math.max(udp.timeoutMs, tcp.transitoryMs) + limits.reuseHoldMs;
  const foreign = ports.allocation === 'block' ? 0 : (ports.contention * lifetimeMs) / 1000;
  return own - foreign < BUSY ? 'it may run out of ports (RFC 6888 REQ-11)' : undefined;
}

function offence({ scanGuard, icmp }: NatBehaviour): string | undefined {
  if (scanGuard.probes > 0 && scanGuard.probes <= STRAY_PROBES) return 'it may take the peer’s first probes for a scan';
  if (icmp.errorEndsMapping) return 'an ICMP error may end its mapping (against RFC 4787 REQ-12)';
  return undefined;
}

function few(limit: number): boolean {
  return limit > 0 && limit < BUSY;
}
