import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Chain } from './side.ts';

/** More NATs of many minds than a chain has: beyond that, the worst is as good as all. */
const MOST = 16;

/**
 * The chains that a chain may turn out to be, the declared one first: a NAT that changes its mapping (RFC 4787 section 8)
 * is one of several, and which one is seen depends on what else goes on.
 */
export function selvesOf(chain: Chain): readonly Chain[] {
  return chain
    .reduce<Chain[]>((before, nat) => before.flatMap((inner) => natsLike(nat).map((self) => [...inner, self])), [[]])
    .slice(0, MOST);
}

function natsLike(nat: NatBehaviour): NatBehaviour[] {
  if (nat.translation !== 'napt') return [nat];
  const { secondary, ports, inboundFirst } = nat;
  const changes = secondary.underLoad > 0 || (secondary.onCollision && ports.allocation === 'preserving');
  // The port that could not be kept is a random one.
  const secondPorts = secondary.underLoad > 0 ? ports : { ...ports, allocation: 'random' as const };
  const changed = changes ? [{ ...withMapping(nat, secondary.mapping, secondary.mapping), ports: secondPorts }] : [];
  // Towards whoever comes first, and not to a mapping that lets him in, it has another port, and none that could be foreseen.
  const letsIn = nat.udp.filtering === 'endpoint-independent' && nat.udp.mapping === 'endpoint-independent';
  const clashing = inboundFirst === 'clash' && !letsIn;
  const moved = clashing ? [withMapping(nat, 'address-and-port-dependent', nat.tcp.mapping)] : [];
  const unforeseen = moved.map((self) => ({ ...self, ports: { ...ports, allocation: 'random' as const } }));
  // A port that is kept may serve another destination as well: then the known endpoint is the right one after all.
  const scarce = nat.limits.mappings > 0 || nat.limits.perHost > 0;
  const byRule = ports.allocation === 'preserving' || ports.allocation === 'offset';
  const keeps = byRule && (ports.overlapping || scarce);
  const steady = keeps ? [withMapping(nat, 'endpoint-independent', 'endpoint-independent')] : [];
  return [nat, ...changed, ...unforeseen, ...steady];
}

function withMapping(nat: NatBehaviour, udp: Dependence, tcp: Dependence): NatBehaviour {
  return { ...nat, udp: { ...nat.udp, mapping: udp }, tcp: { ...nat.tcp, mapping: tcp } };
}
