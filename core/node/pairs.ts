import { familyOf } from '../net/ip.ts';
import type { PlanInput } from '../plugins/plugin.ts';
import { shareNetwork } from '../plugins/targets.ts';
import type { AddressContent, AddressInterface } from '../wire/address/address-content.ts';

/** Each costs sockets, and probes of a dozen packets. */
const MAX_PAIRS = 6;

/** An address of ours and one of the peer's between which there may be a way. */
export interface Pair {
  /** The same at both ends; empty for the pair of both ends' best addresses. */
  readonly label: string;
  /** As if each end had nothing but its part of the pair. */
  readonly input: PlanInput;
  /** Our part, if the host has others of the family; undefined: the route may choose. */
  readonly bindAddress: string | undefined;
}

/**
 * The pairs to try, best first; the same at both ends as long as they know the same addresses of each other.
 *
 * @param input with an address of the peer
 */
export function pairsOf(input: PlanInput, remote: AddressContent): Pair[] {
  const { local } = input;
  const all = local.interfaces.flatMap((own, ownPlace) =>
    remote.interfaces.flatMap((other, otherPlace) =>
      familyOf(own.address) === familyOf(other.address) ? [{ own, other, ownPlace, otherPlace }] : [],
    ),
  );
  // Who was seen from outside can be; who was not has only its neighbours. Nobody was where there was nobody to ask.
  const promising = all.filter(({ own, other }) => isSeen(own, other) || shareNetwork(own, other));
  const sum = (pair: (typeof all)[number]) => pair.ownPlace + pair.otherPlace;
  return (promising.length > 0 ? promising : all)
    .sort((one, another) => familyOf(another.own.address) - familyOf(one.own.address) || sum(one) - sum(another))
    .slice(0, MAX_PAIRS)
    .map(({ own, other, ownPlace, otherPlace }) => {
      const places = input.role === 'initiator' ? [ownPlace, otherPlace] : [otherPlace, ownPlace];
      const alone = local.interfaces.every(({ address }) => address === own.address || !sameFamily(address, own));
      return {
        label: places.some((place) => place > 0) ? `/${places.join('-')}` : '',
        input: narrow(input, own, { ...remote, interfaces: [other] }),
        bindAddress: alone && familyOf(own.address) === 4 ? undefined : own.address,
      };
    });
}

function isSeen(...ends: readonly AddressInterface[]): boolean {
  return ends.every(({ external }) => external !== undefined);
}

function sameFamily(address: string, { address: other }: AddressInterface): boolean {
  return familyOf(address) === familyOf(other);
}

function narrow(input: PlanInput, own: AddressInterface, remote: AddressContent): PlanInput {
  const { local, servers } = input;
  return {
    ...input,
    local: { ...local, interfaces: [own] },
    remote,
    servers: {
      stun: servers.stun.filter(({ address }) => sameFamily(address, own)),
      turn: servers.turn.filter(({ endpoint }) => sameFamily(endpoint.address, own)),
    },
  };
}
