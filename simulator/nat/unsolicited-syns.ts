import type { TcpBehaviour } from '../../core/nat/behaviour.ts';
import type { Timer } from '../../core/ports/index.ts';
import { ACK, type AddressId, icmpPacket, type Packet, quoteOf, RST, TCP } from '../packet.ts';
import type { StateEnvironment } from './environment.ts';
import { endpointKey } from './keys.ts';

/** SYNs that wait for their ICMP error; any more are dropped in silence. */
const STORED_LIMIT = 1024;

/** What becomes of the sender of a SYN that no mapping or filter admits. */
export class UnsolicitedSyns {
  readonly #policy: TcpBehaviour['unsolicited'];
  readonly #icmpDelayUs: number;
  readonly #environment: StateEnvironment;
  readonly #reply: (packet: Packet) => void;
  readonly #stored = new Map<string, Timer>();

  /** @param reply sends an answer on its way, outside or back through the hairpin */
  constructor(behaviour: TcpBehaviour, environment: StateEnvironment, reply: (packet: Packet) => void) {
    this.#policy = behaviour.unsolicited;
    this.#icmpDelayUs = behaviour.icmpDelayMs * 1000;
    this.#environment = environment;
    this.#reply = reply;
  }

  answer(packet: Packet): void {
    if (this.#policy === 'reset') this.#reply(this.#reset(packet));
    else if (this.#policy === 'icmp') this.#store(packet);
  }

  /** An outbound SYN between these endpoints was translated: the stored SYN is dropped in silence. */
  forget(external: AddressId, externalPort: number, remote: AddressId, remotePort: number): void {
    if (this.#stored.size === 0) return;
    const connection = connectionKey(external, externalPort, remote, remotePort);
    this.#stored.get(connection)?.cancel();
    this.#stored.delete(connection);
  }

  clear(): void {
    for (const timer of this.#stored.values()) timer.cancel();
    this.#stored.clear();
  }

  #store(packet: Packet): void {
    const { source, sourcePort, destination, destinationPort } = packet;
    const connection = connectionKey(destination, destinationPort, source, sourcePort);
    // A repeated SYN is the same attempt: its error is already on the way.
    if (this.#stored.size >= STORED_LIMIT || this.#stored.has(connection)) return;
    const quote = quoteOf(packet);
    const timer = this.#environment.after(this.#icmpDelayUs, () => {
      this.#stored.delete(connection);
      this.#reply(icmpPacket(this.#environment.nextPacketId(), destination, 'port-unreachable', quote));
    });
    this.#stored.set(connection, timer);
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

function connectionKey(external: AddressId, externalPort: number, remote: AddressId, remotePort: number): string {
  return `${endpointKey(external, externalPort)} ${endpointKey(remote, remotePort)}`;
}
