import type { Endpoint } from '../net/endpoint.ts';

/** Addresses of the own machine and those that others see in their place, one to one; ports stay the same. */
export class AddressPairs {
  readonly #outer: ReadonlyMap<string, string>;
  readonly #inner: ReadonlyMap<string, string>;

  /** @param outer by the own machine's address */
  constructor(outer: ReadonlyMap<string, string> = new Map()) {
    this.#outer = outer;
    this.#inner = new Map([...outer].map(([inside, outside]) => [outside, inside]));
  }

  /** How others see the endpoint. */
  outer(endpoint: Endpoint): Endpoint {
    return translated(endpoint, this.#outer);
  }

  /** What the endpoint is here. */
  inner(endpoint: Endpoint): Endpoint {
    return translated(endpoint, this.#inner);
  }
}

function translated(endpoint: Endpoint, table: ReadonlyMap<string, string>): Endpoint {
  const address = table.get(endpoint.address);
  return address === undefined ? endpoint : { address, port: endpoint.port };
}
