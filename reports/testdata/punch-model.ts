import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';

/**
 * A second opinion on UDP punching for the oracle's tests: it moves packets through mapping and filter tables instead
 * of reasoning about them, and knows no rule. The tables are its own, in which every new mapping has a new port, or
 * somebody else's.
 */

/** `settled`: one pair of endpoints carries both directions. `open`: both directions pass, over changing ports. */
export type PunchOutcome = 'settled' | 'open' | 'closed';

export type SendOrder = 'a-first' | 'b-first' | 'together';

/** A remote endpoint as `host:port`; hosts are `a`, `b` and `stun`. */
export type Endpoint = string;

/** A NAT in front of one socket. */
export interface Layer {
  /** @returns the external port that the packet leaves from */
  outbound(internalPort: number, remote: Endpoint): number;
  /** @returns the internal port that the packet goes to; null if it is dropped */
  inbound(externalPort: number, remote: Endpoint): number | null;
}

export type LayerMaker = (nat: NatBehaviour) => Layer;

interface Packet {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** An answer names the endpoint that its request was sent to. */
  readonly answers: Endpoint | null;
}

const ROUNDS = 6;
const STUN = 'stun:3478';
const SOCKET = 40_000;

export function punch(
  chains: { readonly a: readonly NatBehaviour[]; readonly b: readonly NatBehaviour[] },
  order: SendOrder,
  layer: LayerMaker = (nat) => new ModelLayer(nat),
): PunchOutcome {
  const a = new Peer('a', chains.a, layer);
  const b = new Peer('b', chains.b, layer);
  a.targets.add(b.send(STUN, null).source);
  b.targets.add(a.send(STUN, null).source);
  for (let round = 0; round < ROUNDS; round++) {
    if (order === 'together')
      exchange(
        [...a.probes().map((packet) => ({ packet, to: b })), ...b.probes().map((packet) => ({ packet, to: a }))],
        a,
        b,
      );
    else
      for (const [from, to] of order === 'a-first'
        ? [[a, b] as const, [b, a] as const]
        : [[b, a] as const, [a, b] as const]) {
        exchange(
          from.probes().map((packet) => ({ packet, to })),
          a,
          b,
        );
      }
  }
  if (settled(a, b)) return 'settled';
  return a.answered && b.answered ? 'open' : 'closed';
}

/** Delivers, and delivers the answers, until nothing is in flight. */
function exchange(packets: { packet: Packet; to: Peer }[], a: Peer, b: Peer): void {
  const inFlight = [...packets];
  for (let next = inFlight.shift(); next !== undefined; next = inFlight.shift()) {
    const answer = next.to.receive(next.packet);
    if (answer) inFlight.push({ packet: answer, to: next.to === a ? b : a });
  }
}

/** Is there an endpoint of each peer such that a packet to it comes from the other? */
function settled(a: Peer, b: Peer): boolean {
  for (const target of a.targets) {
    const sent = a.send(target, null);
    if (!b.admits(sent)) continue;
    const back = b.send(sent.source, null);
    if (back.source === target && a.admits(back)) return true;
  }
  return false;
}

class Peer {
  readonly #name: string;
  readonly #layers: Layer[];
  /** Where to send probes: the endpoint that the STUN server saw, and all that packets came from. */
  readonly targets = new Set<Endpoint>();
  answered = false;

  constructor(name: string, chain: readonly NatBehaviour[], layer: LayerMaker) {
    this.#name = name;
    this.#layers = chain.filter((nat) => nat.translation === 'napt').map(layer);
  }

  probes(): Packet[] {
    return [...this.targets].map((target) => this.send(target, null));
  }

  send(destination: Endpoint, answers: Endpoint | null): Packet {
    let port = SOCKET;
    for (const layer of this.#layers) port = layer.outbound(port, destination);
    return { source: `${this.#name}:${port}`, destination, answers };
  }

  admits(packet: Packet): boolean {
    return this.#inbound(packet);
  }

  /** The answer, if the packet is a request that gets through. */
  receive(packet: Packet): Packet | null {
    if (!this.#inbound(packet)) return null;
    if (packet.answers !== null) {
      this.answered = true;
      return null;
    }
    this.targets.add(packet.source);
    return this.send(packet.source, packet.destination);
  }

  #inbound(packet: Packet): boolean {
    let port: number | null = portOf(packet.destination);
    for (const layer of [...this.#layers].reverse()) {
      if (port !== null) port = layer.inbound(port, packet.source);
    }
    return port === SOCKET;
  }
}

class ModelLayer implements Layer {
  readonly #nat: NatBehaviour;
  readonly #portByKey = new Map<string, number>();
  readonly #internalByPort = new Map<number, number>();
  readonly #portBySession = new Map<string, number>();
  readonly #permissions = new Set<string>();
  #nextPort = 50_000;

  constructor(nat: NatBehaviour) {
    this.#nat = nat;
  }

  outbound(internal: number, remote: Endpoint): number {
    const session = `${internal}>${remote}`;
    const key = `${internal}>${scope(this.#nat.udp.mapping, remote)}`;
    let port = this.#portBySession.get(session) ?? this.#portByKey.get(key);
    if (port === undefined) {
      port = this.#nextPort++;
      this.#portByKey.set(key, port);
      this.#internalByPort.set(port, internal);
    }
    this.#portBySession.set(session, port);
    this.#permissions.add(this.#permission(port, remote));
    return port;
  }

  inbound(port: number, remote: Endpoint): number | null {
    const internal = this.#internalByPort.get(port);
    if (internal === undefined) return null;
    const filtered = this.#nat.udp.filtering !== 'endpoint-independent';
    if (filtered && !this.#permissions.has(this.#permission(port, remote))) return null;
    const session = `${internal}>${remote}`;
    if (this.#nat.inboundSession === 'bind' && !this.#portBySession.has(session)) {
      this.#portBySession.set(session, port);
    }
    return internal;
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

function portOf(endpoint: Endpoint): number {
  return Number(endpoint.slice(endpoint.indexOf(':') + 1));
}
