import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint, Layer } from '../../reports/testdata/punch-model.ts';

/**
 * A NAT that keeps a bound reply in the table of its mappings, under what a mapping sees of the destination. So where
 * mapping is address-dependent, a mapping that the host has for one port of a peer is taken for replies to every other,
 * and nothing is bound any more. (Linux conntrack keeps a session for each pair of endpoints, and finds that first.)
 */
export class KeyedBindingLayer implements Layer {
  readonly #nat: NatBehaviour;
  readonly #portByKey = new Map<string, number>();
  readonly #internalByPort = new Map<number, number>();
  readonly #permissions = new Set<string>();
  #nextPort = 50_000;

  constructor(nat: NatBehaviour) {
    this.#nat = nat;
  }

  outbound(internal: number, remote: Endpoint): number {
    const key = this.#key(internal, remote);
    let port = this.#portByKey.get(key);
    if (port === undefined) {
      port = this.#nextPort++;
      this.#portByKey.set(key, port);
      this.#internalByPort.set(port, internal);
    }
    this.#permissions.add(this.#permission(port, remote));
    return port;
  }

  inbound(port: number, remote: Endpoint): number | null {
    const internal = this.#internalByPort.get(port);
    if (internal === undefined) return null;
    const filtered = this.#nat.udp.filtering !== 'endpoint-independent';
    if (filtered && !this.#permissions.has(this.#permission(port, remote))) return null;
    const key = this.#key(internal, remote);
    if (this.#nat.inboundSession === 'bind' && !this.#portByKey.has(key)) this.#portByKey.set(key, port);
    return internal;
  }

  #key(internal: number, remote: Endpoint): string {
    return `${internal}>${scope(this.#nat.udp.mapping, remote)}`;
  }

  #permission(port: number, remote: Endpoint): string {
    const holder = this.#nat.filterScope === 'host' ? 'host' : `${port}`;
    return `${holder}<${scope(this.#nat.udp.filtering, remote)}`;
  }
}

function scope(dependence: Dependence, remote: Endpoint): string {
  if (dependence === 'endpoint-independent') return '*';
  return dependence === 'address-dependent' ? remote.slice(0, remote.indexOf(':')) : remote;
}
