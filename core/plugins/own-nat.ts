import type { Family } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { AddressInterface, NatTraits } from '../wire/address/address-content.ts';
import type { Attempt } from './plugin.ts';

/** The interface by which this attempt's packets leave, as far as that can be told: the best one that is seen outside. */
export function outwardInterface(attempt: Pick<Attempt, 'local' | 'bindAddress'>, family: Family) {
  const own = attempt.local.interfaces.filter(({ address, external }) => {
    if (familyOf(address) !== family || external === undefined) return false;
    return attempt.bindAddress === undefined || attempt.bindAddress === address;
  });
  return own[0];
}

/** Has every local port one external endpoint, whoever is at the other end? Undefined: not known. */
export function isSteady({ mapping }: NatTraits): boolean | undefined {
  if (mapping === 'unknown') return undefined;
  return mapping === 'none' || mapping === 'endpoint-independent';
}

/**
 * The external endpoint that a fresh local port will have for every destination, by what is known of the NAT alone;
 * undefined: it has to be asked for.
 */
export function presumedEndpoint(
  place: AddressInterface | undefined,
  { mapping, allocation }: NatTraits,
  localPort: number,
) {
  if (place?.external === undefined) return undefined;
  const kept = mapping === 'none' || (mapping === 'endpoint-independent' && allocation === 'preserving');
  return kept ? { address: place.external, port: localPort } : undefined;
}
