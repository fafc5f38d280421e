import type { Endpoint, Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Servers } from '../../plugins/plugin.ts';
import type { AddressContent } from '../../wire/address/address-content.ts';

/** What is left of an address if only one family may be used. */
export function ofFamily(content: AddressContent, family: Family | undefined): AddressContent {
  if (family === undefined) return content;
  const interfaces = content.interfaces.filter(({ address }) => familyOf(address) === family);
  return { ...content, interfaces };
}

export function serversOfFamily(servers: Servers, family: Family | undefined): Servers {
  if (family === undefined) return servers;
  const fits = ({ address }: Endpoint) => familyOf(address) === family;
  return { stun: servers.stun.filter(fits), turn: servers.turn.filter(({ endpoint }) => fits(endpoint)) };
}
