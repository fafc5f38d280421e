import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NatBehaviour, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { NatEnvironment } from '../simulator/nat/environment.ts';
import { Nat } from '../simulator/nat/nat.ts';
import { type Packet, UDP } from '../simulator/packet.ts';
import { SeededRandom } from '../simulator/world/random.ts';
import { type Chain, oracle } from './oracle.ts';
import { type Endpoint, type Layer, type LayerMaker, punch } from './testdata/punch-model.ts';

const DEPENDENCES = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;

/** Mapping, filtering and the two knobs: 36 NATs. */
function everyNat(allocation: 'random' | 'block'): NatBehaviour[] {
  return (['none', 'bind'] as const).flatMap((inboundSession) =>
    (['mapping', 'host'] as const).flatMap((filterScope) =>
      DEPENDENCES.flatMap((mapping) =>
        DEPENDENCES.map((filtering) =>
          resolveBehaviour({ mapping, filtering, inboundSession, filterScope, ports: { allocation } }),
        ),
      ),
    ),
  );
}

/** Lets the simulator's own NAT play the layer. */
class SimulatedLayer implements Layer {
  readonly #nat: Nat;
  #sent: Packet | undefined;

  constructor(behaviour: NatBehaviour) {
    const environment: NatEnvironment = {
      now: () => 0,
      after: () => ({ cancel: () => {} }),
      random: SeededRandom.fromText('ports'),
      nextPacketId: () => 0,
      sendOutside: (packet) => void (this.#sent = packet),
      sendInside: (packet) => void (this.#sent = packet),
      drop: () => void (this.#sent = undefined),
      mappingCreated: () => {},
      mappingRemoved: () => {},
    };
    this.#nat = new Nat(behaviour, environment, [EXTERNAL]);
  }

  outbound(internalPort: number, remote: Endpoint): number {
    const [address, port] = parse(remote);
    this.#nat.fromInside(packet(HOST, internalPort, address, port));
    return this.#sent!.sourcePort;
  }

  inbound(externalPort: number, remote: Endpoint): number | null {
    const [address, port] = parse(remote);
    this.#nat.fromOutside(packet(address, port, EXTERNAL, externalPort));
    return this.#sent?.destinationPort ?? null;
  }
}

const ADDRESSES: Readonly<Record<string, number>> = { a: 1, b: 2, stun: 3 };
const HOST = 10;
const EXTERNAL = 11;

function parse(endpoint: Endpoint): [number, number] {
  const [name, port] = endpoint.split(':');
  return [ADDRESSES[name!]!, Number(port)];
}

function packet(source: number, sourcePort: number, destination: number, destinationPort: number): Packet {
  const tcp = { flags: 0, sequence: 0, acknowledgement: 0, window: 0, icmp: undefined };
  const payload = new Uint8Array(0);
  return { id: 0, protocol: UDP, source, sourcePort, destination, destinationPort, ttl: 64, payload, ...tcp };
}

function judged(a: Chain, b: Chain): string {
  return oracle({ a, b, topology: 'separate', plugins: ['udp-punch'] }).perPlugin[0]!.expected;
}

function observed(a: Chain, b: Chain, layer?: LayerMaker): string {
  const outcomes = (['a-first', 'b-first', 'together'] as const).map((order) => punch({ a, b }, order, layer));
  if (!outcomes.includes('closed')) return 'always';
  return outcomes.every((outcome) => outcome === 'closed') ? 'never' : 'sometimes';
}

function name({ translation, udp, inboundSession, filterScope }: NatBehaviour): string {
  return [translation, udp.mapping, udp.filtering, inboundSession, filterScope].join('/');
}

function verdicts(a: Chain, b: Chain, verdict: string): string {
  return `${a.map(name).join(' + ')} x ${b.map(name).join(' + ')}: ${verdict}`;
}

describe.each<[string, LayerMaker | undefined]>([
  ['tables of our own', undefined],
  ["the simulator's NATs", (nat) => new SimulatedLayer(nat)],
])('udp-punch: the oracle agrees with packets through %s', (_, layer) => {
  it('for every pair of NATs, whoever sends first', () => {
    const nats = everyNat('random');
    const wrong = nats.flatMap((a) =>
      nats
        .filter((b) => observed([a], [b], layer) !== judged([a], [b]))
        .map((b) => verdicts([a], [b], `${observed([a], [b], layer)}, not ${judged([a], [b])}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('for chains: the worst mapping and the strictest filter of the layers', () => {
    const router = resolveBehaviour({ translation: 'none' });
    const chain = fc.array(fc.constantFrom(...everyNat('random'), router), { maxLength: 3 });
    fc.assert(
      fc.property(chain, chain, (a, b) => {
        expect(verdicts(a, b, judged(a, b))).toBe(verdicts(a, b, observed(a, b, layer)));
      }),
      { numRuns: 1_000, seed: 1 },
    );
  });
});

it('block allocation shows no more than random allocation does', () => {
  const [maker, peer]: [LayerMaker, NatBehaviour] = [(nat) => new SimulatedLayer(nat), resolveBehaviour({})];
  const wrong = everyNat('block').filter((nat) => observed([peer], [nat], maker) !== judged([peer], [nat]));
  expect(wrong.map(name)).toEqual([]);
});
