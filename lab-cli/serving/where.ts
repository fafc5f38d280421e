import type { Endpoint } from '../../core/net/endpoint.ts';
import { familyOf } from '../../core/net/ip.ts';
import type { Host } from '../../core/ports/index.ts';
import { InputError } from '../scenario/problem.ts';
import type { ServeConfig } from './serve-shape.ts';

/** The addresses of one family that servers listen on. */
export interface Place {
  readonly first: string;
  /** Where a STUN server answers from when asked to change its address. */
  readonly second: string | undefined;
}

/**
 * Where to serve: what the configuration says, or else the first two addresses of each family, loopback left out.
 *
 * @throws InputError if an address is none of this machine's, or there is none
 */
export function placesOf(host: Host, { addresses }: Pick<ServeConfig, 'addresses'>): Place[] {
  const all = host.interfaces().flatMap((entry) => entry.addresses.map(({ address }) => ({ ...entry, address })));
  for (const address of addresses ?? []) {
    const known = all.some((own) => own.address === address) || address.startsWith('127.');
    if (!known)
      throw new InputError(
        `${address} is no address of this machine; it has ${all.map((own) => own.address).join(', ')}. If it is the one ` +
          'that others see, name one of those, and in the configuration file `public: { ADDRESS-HERE: ADDRESS-SEEN }`',
      );
  }
  const chosen = addresses ?? all.filter(({ loopback }) => !loopback).map(({ address }) => address);
  const places = ([4, 6] as const).flatMap((family) => {
    const [first, second, third] = chosen.filter((address) => familyOf(address) === family);
    if (addresses && third)
      throw new InputError(`three IPv${family} addresses are one too many: a second one is for STUN`);
    return first === undefined ? [] : [{ first, second }];
  });
  if (places.length === 0) {
    throw new InputError(
      'this machine has no address but the loopback: name those to serve on, such as --address 127.0.0.1',
    );
  }
  return places;
}

/** How others see an address of this machine. */
export function publicAddress(address: string, config: Pick<ServeConfig, 'public'>): string {
  return config.public[address] ?? address;
}

export function at(address: string, port: number): Endpoint {
  return { address, port };
}
