import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Transports } from './connect.ts';
import { mappedSide } from './mapped-side.ts';
import type { OracleKnobs, Rule } from './rules.ts';
import { type Chain, isTranslating, serverSide, tcpSide, udpSide } from './side.ts';
import { always, better, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/** How the two sides stand to each other. */
export interface OracleTopology {
  /**
   * `separate`: each behind NATs of its own. `same-lan`: on one LAN. `same-nat`: behind one NAT, each on a LAN of its
   * own. `shared-cgn`: each behind NATs of its own, but the outermost is one for both.
   */
  readonly topology: 'separate' | 'same-lan' | 'same-nat' | 'shared-cgn';
  /** Carries the shared NAT nothing straight from one of its inside segments to another? @default false */
  readonly isolated?: boolean;
}

/** The better one of the two ways that there may be: inside of the NAT that both are behind, and turned round by it. */
export function topologyVerdict(
  rule: Rule,
  a: Chain,
  b: Chain,
  { topology, isolated = false }: OracleTopology,
  knobs: OracleKnobs,
): Verdict {
  const whole = () => rule.verdict(transports(a), transports(b), knobs);
  if (topology === 'separate' || rule.kind === 'relay') return whole();
  const own = topology === 'shared-cgn' ? -1 : -Infinity;
  const [aOwn, bOwn] = [a.slice(0, own), b.slice(0, own)];
  const around = turnedRound(rule, a, b, isolated, knobs);
  if (isolated) return better(never('the NAT in front of both keeps their segments apart'), around);
  const oneLan = topology === 'same-lan';
  return better(found(inside(rule, aOwn, bOwn, knobs), a.at(-1), oneLan), around);
}

export function transports(chain: Chain): Transports {
  return { udp: udpSide(chain), tcp: tcpSide(chain), servers: serverSide(chain), mapped: mappedSide(chain) };
}

/** Peers look for each other inside only if both have one address outside: then they may be behind one NAT. */
function found(verdict: Verdict, shared: NatBehaviour | undefined, oneLan: boolean): Verdict {
  if (shared === undefined || !isTranslating(shared) || verdict.expected !== 'always') return verdict;
  const { stun } = serverSide([shared]);
  if (!oneLan && stun === 'unreachable') return never('no STUN server tells them that they are behind one NAT');
  if (!oneLan && stun === 'tcp') return sometimes(`${verdict.why}, if STUN over TCP tells them that they are`);
  if (shared.addresses === 1) return verdict;
  return sometimes(`${verdict.why}, if they get one of its external addresses together (RFC 4787 REQ-2)`);
}

/** Over the network behind the shared NAT, from one's own outermost address there to the other's. */
function inside(rule: Rule, a: Chain, b: Chain, knobs: OracleKnobs): Verdict {
  const [aTranslates, bTranslates] = [a.some(isTranslating), b.some(isTranslating)];
  if (aTranslates && bTranslates) return never('no server tells either side its address inside of the shared NAT');
  if (!aTranslates && !bTranslates) {
    const { expected, why } = rule.verdict(transports(a), transports(b), knobs);
    return { expected, why: `both see each other behind the shared NAT: ${why}` };
  }
  return oneVisible(rule, aTranslates ? transports(b) : transports(a), aTranslates ? 'b' : 'a');
}

/** One side's address behind the shared NAT is its host's own, which its peer knows; the other's only a NAT has. */
function oneVisible({ kind }: Rule, { udp, tcp }: Transports, name: SideName): Verdict {
  const visible = `${name} is at its own address behind the shared NAT`;
  const dialled = kind === 'direct' ? 'b' : 'a';
  const hidden = never(`${visible}, but only from there can it be dialled, not the other way`);
  switch (kind) {
    case 'direct':
    case 'reverse':
      if (name !== dialled) return hidden;
      return tcp.reachable
        ? always(`${visible} and takes connections`)
        : never(`${visible}, but is not reachable there`);
    case 'udp-punch':
      return udp.blocked || udp.filtering !== 'endpoint-independent'
        ? never(`${visible}, but lets in nobody that it has not sent to`)
        : always(`${visible} and answers whoever probes it there`);
    case 'port-mapping':
      return never('the gateway of the hidden side sees that there is another NAT beyond it');
    case 'tcp-punch':
      return tcp.blocked || tcp.inboundBlocked || tcp.filtering !== 'endpoint-independent'
        ? never(`${visible}, but lets in nobody that it has not dialled`)
        : always(`${visible} and listens on the port that it dials from`);
    default:
      return never(`${visible}, but does not know where the other one's packets come from there`);
  }
}

/** Up to the shared NAT and down again (RFC 4787 section 6). */
function turnedRound(rule: Rule, a: Chain, b: Chain, isolated: boolean, knobs: OracleKnobs): Verdict {
  const shared = a.at(-1);
  if (!shared || !isTranslating(shared))
    return isolated ? never('nothing turns packets round') : rule.verdict(transports(a), transports(b), knobs);
  switch (shared.hairpin) {
    case 'none':
      return never('the NAT in front of both does not hairpin (RFC 4787 REQ-9)');
    case 'external-source': {
      const { expected, why } = contended(rule, a, b, knobs, shared);
      return { expected, why: `turned round with an external source (RFC 4787 REQ-9a): ${why}` };
    }
    case 'internal-source':
      return withInternalSource(rule, [...a.slice(0, -1), ...b.slice(0, -1)], isolated);
  }
}

/**
 * The two sides' mappings come in between each other's where the NAT that both are behind counts. One that counts along
 * with local ports draws a new port then: either side can still be foreseen, but not both.
 */
function contended(rule: Rule, a: Chain, b: Chain, knobs: OracleKnobs, shared: NatBehaviour): Verdict {
  const transport = rule.kind === 'tcp-punch' ? 'tcp' : 'udp';
  const { ports } = shared;
  const broken =
    ports.allocation === 'local-sequential' && [a, b].every((chain) => isStrict(transports(chain)[transport]));
  const counts = ports.allocation === 'sequential' || ports.allocation === 'local-sequential';
  const busy = broken ? { ...ports, allocation: 'random' as const } : { ...ports, ...(counts && { contention: 1 }) };
  const [busyA, busyB] = [a, b].map((chain) => transports([...chain.slice(0, -1), { ...shared, ports: busy }]));
  const { expected, why } = rule.verdict(busyA!, busyB!, knobs);
  return { expected, why: broken ? `${why}; each side’s mappings break off the run of ports of the other` : why };
}

/** Needs a packet from exactly where it has sent to, and sends it from a port of its own. */
function isStrict({ mapping, filtering }: Transports['udp' | 'tcp']): boolean {
  return mapping !== 'endpoint-independent' && filtering === 'address-and-port-dependent';
}

/** The packet arrives from an inside address that nobody has sent to, and the answer goes there (RFC 4787 REQ-9a). */
function withInternalSource({ kind }: Rule, own: Chain, isolated: boolean): Verdict {
  const turned = 'the NAT in front of both turns packets round with their internal source (RFC 4787 REQ-9a)';
  if (kind !== 'udp-punch') return never(`${turned}, where nobody has sent to`);
  if (isolated) return never(`${turned}, where no answer gets`);
  const strict = own.some(({ udp }) => udp.filtering !== 'endpoint-independent');
  return strict
    ? never(`${turned}, from which an inner NAT lets nothing in`)
    : sometimes(`${turned}, and the answer takes another way`);
}
