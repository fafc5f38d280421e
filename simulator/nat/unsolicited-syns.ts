import type { TcpBehaviour } from '../../core/nat/behaviour.ts';
import type { Timer } from '../../core/ports/index.ts';
import { ACK, icmpPacket, type Packet, quoteOf, RST, TCP } from '../packet.ts';
import type { NatEnvironment } from './environment.ts';
import { endpointKey } from './keys.ts';
import { PairTable } from './pair-table.ts';
import type { Mapping } from './records.ts';

/** RFC 5382 REQ-4: no answer for at least this long. */
const PATIENCE_US = 6_000_000;
/** SYNs that wait for their ICMP error; any more are dropped in silence. */
const STORED_LIMIT = 1024;

/** What becomes of the sender of a SYN that no mapping or filter admits. */
export class UnsolicitedSyns {
  readonly #policy: TcpBehaviour['unsolicited'];
  readonly #environment: NatEnvironment;
  readonly #reply: (packet: Packet) => void;
  // (external endpoint, remote endpoint)
  readonly #stored = new PairTable<Timer>();

  /** @param reply sends an answer on its way, outside or back through the hairpin */
  constructor(policy: TcpBehaviour['unsolicited'], environment: NatEnvironment, reply: (packet: Packet) => void) {
    this.#policy = policy;
    this.#environment = environment;
    this.#reply = reply;
  }

  answer(packet: Packet): void {
    if (this.#policy === 'reset') this.#reply(this.#reset(packet));
    else if (this.#policy === 'icmp') this.#store(packet);
  }

  /** An outbound SYN to that remote was translated: the stored SYN is dropped in silence. */
  forget(mapping: Mapping, packet: Packet): void {
    if (this.#stored.size === 0) return;
    const local = endpointKey(mapping.external, mapping.externalPort);
    const remote = endpointKey(packet.destination, packet.destinationPort);
    this.#stored.get(local, remote)?.cancel();
    this.#stored.delete(local, remote);
  }

  clear(): void {
    for (const timer of this.#stored.values()) timer.cancel();
  }

  #store(packet: Packet): void {
    const local = endpointKey(packet.destination, packet.destinationPort);
    const remote = endpointKey(packet.source, packet.sourcePort);
    // A repeated SYN is the same attempt: its error is already on the way.
    if (this.#stored.size >= STORED_LIMIT || this.#stored.get(local, remote)) return;
    const quote = quoteOf(packet);
    const timer = this.#environment.after(PATIENCE_US, () => {
      this.#stored.delete(local, remote);
      this.#reply(icmpPacket(this.#environment.nextPacketId(), quote.destination, 'port-unreachable', quote));
    });
    this.#stored.set(local, remote, timer);
  }

  /** RFC 9293 section 3.10.7.1: the answer to a segment without ACK has sequence number 0 and acknowledges all of it. */
  #reset(packet: Packet): Packet {
    return {
      id: this.#environment.nextPacketId(),
      protocol: TCP,
      source: packet.destination,
      sourcePort: packet.destinationPort,
      destination: packet.source,
      destinationPort: packet.sourcePort,
      ttl: 64,
      payload: new Uint8Array(0),
      flags: RST | ACK,
      sequence: 0,
      acknowledgement: (packet.sequence + 1 + packet.payload.length) >>> 0,
      window: 0,
      icmp: undefined,
    };
  }
}
