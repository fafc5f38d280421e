import { encodeLineMessage } from '../../core/plugins/port-mapping/line-message.ts';
import { encodeOffer, MAX_ROUNDS as PUNCH_ROUNDS } from '../../core/plugins/punch-offer.ts';
import { encodeOpen, encodeSearch } from '../../core/plugins/random-probe/probe-message.ts';
import { encodeRelayMessage, MAX_ROUNDS as RELAY_ROUNDS } from '../../core/plugins/turn-relay/relay-offer.ts';

const OFFER = 1; // See plugins/rendezvous.ts.
const GO = 3;

/** The most that each plugin can be told to send to this address, by somebody who says everything that it asks for. */
export function hostileLines(victim: string): ReadonlyMap<string, readonly Uint8Array[]> {
  const at = (port: number) => ({ address: victim, port });
  const punch = (round: number, width: number) =>
    encodeOffer({
      round,
      port: 4000,
      mapped: [1, 2, 3, 4].map((index) => at(10_000 * round + index)),
      forecast: { kind: 'series', address: victim, series: { last: 20_000 + 1000 * round, step: 1 }, width },
    });
  const places = (first: number) => [1, 2, 3, 4].map((index) => at(first + index));
  const rounds = (count: number, first = 1) => Array.from({ length: count }, (_, index) => index + first);
  return new Map([
    ['direct-connect', []],
    ['reverse-connect', []],
    ['udp-punch', rounds(PUNCH_ROUNDS).map((round) => punch(round, 24))],
    [
      'tcp-punch',
      rounds(3).flatMap((round) => [Buffer.concat([Buffer.of(OFFER, 0, 0, 0, 0), punch(round, 24)]), Buffer.of(GO)]),
    ],
    [
      'random-probe',
      [encodeOpen({ address: victim, spread: { low: 1024, high: 65_535, parity: undefined, seen: [] } })],
    ],
    [
      'port-mapping',
      rounds(4).flatMap((offer) => [
        encodeLineMessage({ kind: 'offer', protocol: 'tcp', endpoints: places(30_000 + 10 * offer) }),
        encodeLineMessage({ kind: 'offer', protocol: 'udp', endpoints: places(40_000 + 10 * offer) }),
      ]),
    ],
    [
      'turn-relay',
      rounds(RELAY_ROUNDS, 0).map((round) => encodeRelayMessage({ kind: 'offer', round, relayed: at(50_000) })),
    ],
  ]);
}

/** For who opens many sockets on behalf of the search. */
export const hostileSearch = (victim: string) =>
  encodeSearch({ endpoint: { address: victim, port: 4000 }, durationMs: 120_000 });
