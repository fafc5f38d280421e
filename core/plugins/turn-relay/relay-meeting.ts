import { type Endpoint, type Family, formatEndpoint, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import { WireError } from '../../wire/wire-error.ts';
import { DatagramTransport } from '../datagram-transport.ts';
import type { Attempt, ProvenTransport, TurnServer } from '../plugin.ts';
import { unicast } from '../targets.ts';
import { allocateSomewhere, type Relay } from './allocate-somewhere.ts';
import { decodeRelayMessage, encodeRelayMessage, MAX_ROUNDS } from './relay-offer.ts';
import { orderServers, type ServerRecords } from './server-order.ts';

/** What two relays may take to carry a proof: both servers are on the Internet. */
const PROVE_MS = 3000;

export interface RelayMeetingOptions {
  readonly attempt: Attempt;
  readonly servers: readonly TurnServer[];
  readonly seen: ReadonlySet<Family>;
  readonly records: () => ServerRecords;
}

/** One end's relay in a round. */
interface Round {
  readonly number: number;
  readonly relay: Promise<Relay>;
  /** Once it is there. */
  held: Relay | undefined;
  peer: Endpoint | undefined;
}

/**
 * Each end gets a relay and tells the other one where it is. Where one server does not lead to the other's relay, since it
 * refuses, or has no address of the family, both try again: the responder at the initiator's server if it can, the
 * initiator with an address of the family that the responder had.
 */
export class RelayMeeting {
  readonly proven: Promise<ProvenTransport>;
  readonly #options: RelayMeetingOptions;
  readonly #failed: Endpoint[] = [];
  readonly #reasons = new Set<string>();
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #round: Round | undefined;
  #ended = 0;

  constructor(options: RelayMeetingOptions) {
    this.#options = options;
    const { attempt } = options;
    this.proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.proven.catch(() => {});
    // The server is told at once that it may forget us, not left to find out after ten minutes.
    attempt.signal.addEventListener('abort', () => this.#leave(), { once: true });
    this.#enter(0, undefined);
    this.#listen().catch(this.#reject);
  }

  #enter(number: number, peer: Endpoint | undefined): void {
    this.#leave();
    const { attempt, servers, seen, records } = this.#options;
    const peerAt = attempt.role === 'responder' ? peer?.address : undefined;
    const ordered = orderServers(servers, { seen, records: records(), failed: this.#failed, peerAt });
    // Relays talk to relays: at first both ends ask for IPv4, whichever family they reach theirs by.
    const relay = allocateSomewhere(attempt, ordered, peer ? familyOf(peer.address) : 4);
    const round: Round = { number, relay, held: undefined, peer: attempt.role === 'responder' ? peer : undefined };
    this.#round = round;
    relay.then(
      (held) => {
        if (this.#round !== round || attempt.signal.aborted) {
          held.allocation.close();
          return;
        }
        round.held = held;
        attempt.line.send(encodeRelayMessage({ kind: 'offer', round: number, relayed: held.allocation.relayed }));
        void this.#connect(round);
      },
      (error: Error) => this.#reject(error),
    );
  }

  async #listen(): Promise<void> {
    for (;;) {
      const message = decodeRelayMessage(await this.#options.attempt.line.receive());
      const current = this.#round!;
      if (message.kind === 'no-way') {
        if (message.round === current.number) this.#again('the peer’s server does not lead to ours');
      } else if (message.round === current.number) {
        if (current.peer) continue; // One to a round.
        current.peer = message.relayed;
        void this.#connect(current);
      } else if (message.round > current.number) {
        if (this.#options.attempt.role === 'initiator') throw new WireError('the responder began a round');
        this.#enter(message.round, message.relayed);
      }
    }
  }

  async #connect(round: Round): Promise<void> {
    const { peer, held: relay } = round;
    if (!relay || !peer || this.#ended > round.number) return;
    const { attempt } = this.#options;
    this.#ended = round.number + 1;
    try {
      if (unicast([peer], attempt.local).length === 0) throw new Error(`the peer's relay can't be at ${peer.address}`);
      await relay.allocation.bindChannel(peer);
    } catch (error) {
      if (this.#round !== round || attempt.signal.aborted) return;
      this.#failed.push(relay.server.endpoint);
      if (attempt.role === 'responder') {
        attempt.line.send(encodeRelayMessage({ kind: 'no-way', round: round.number }));
      }
      this.#again(`no way from ${formatEndpoint(relay.allocation.relayed)}: ${(error as Error).message}`);
      return;
    }
    const timer = attempt.host.clock.after(PROVE_MS, () => {
      if (this.#round === round) this.#again('nothing came through the two relays');
    });
    attempt.prove(relayTransport(relay, peer)).then(
      (proven) => {
        timer.cancel();
        this.#resolve(proven);
      },
      () => {},
    );
  }

  /** The initiator begins the next round; the responder hears of it. */
  #again(reason: string): void {
    this.#reasons.add(reason);
    const { attempt, servers } = this.#options;
    const { number, peer } = this.#round!;
    const last = number + 1 >= MAX_ROUNDS || (servers.length === 1 && number > 0);
    if (last) this.#reject(new Error([...this.#reasons].join('; ')));
    else if (attempt.role === 'initiator') this.#enter(number + 1, peer);
  }

  /** At once, while the sockets of the attempt are open: the server is to hear of it. */
  #leave(): void {
    this.#round?.held?.allocation.close();
  }
}

function relayTransport({ allocation, over }: Relay, peer: Endpoint): DatagramTransport {
  const carrier = { send: (data: Uint8Array) => allocation.send(data, peer), close: () => allocation.close() };
  const transport = new DatagramTransport(carrier, peer, over);
  allocation.onData = (data, from) => {
    if (sameEndpoint(from, peer)) transport.deliver(data);
  };
  allocation.onClosed = () => transport.abort();
  return transport;
}
