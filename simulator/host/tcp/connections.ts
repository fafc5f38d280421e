import { ACK, type Packet, RST } from '../../packet.ts';
import type { IpLayer } from '../ip-layer.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import type { FlowTable } from './flow-table.ts';
import type { Opening } from './opening.ts';
import { RECEIVE_BUFFER } from './parameters.ts';
import { NO_BYTES, segmentLength, tcpSegment } from './segment.ts';
import type { Sequence } from './sequence.ts';
import { TimeWait, TimeWaits } from './time-wait.ts';

/** All that a flow of a host can be. */
export type Flows = FlowTable<Opening | Connection | TimeWait>;

/** The flows of a host from ESTABLISHED on, TIME-WAIT included. */
export class Connections implements ConnectionOwner {
  readonly #ip: IpLayer;
  readonly #flows: Flows;
  readonly #connections = new Set<Connection>();
  readonly #timeWaits: TimeWaits;

  constructor(ip: IpLayer, flows: Flows) {
    this.#ip = ip;
    this.#flows = flows;
    this.#timeWaits = new TimeWaits(ip.scheduler, (wait) => flows.delete(wait));
  }

  /** Connections that are not closed; TIME-WAIT is. */
  get size(): number {
    return this.#connections.size;
  }

  /** The opening becomes a connection by `segment`. */
  establish(opening: Opening, segment: Packet): Connection {
    const connection = new Connection(this.#ip, opening, segment, this);
    this.#flows.set(connection);
    this.#connections.add(connection);
    return connection;
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#flows.delete(connection);
  }

  waits(connection: Connection, sendNext: Sequence, receiveNext: Sequence): void {
    this.closed(connection);
    if (this.#timeWaits.full) return;
    const wait = new TimeWait(connection.flow, sendNext, receiveNext);
    this.#flows.set(wait);
    this.#timeWaits.add(wait);
  }

  endWait(wait: TimeWait): void {
    this.#timeWaits.delete(wait);
    this.#flows.delete(wait);
  }

  /**
   * RFC 9293 section 3.10.7.4: the peer's FIN, come again, is acknowledged, and the wait starts afresh. An exact reset
   * ends it, as on Linux (a hazard by RFC 1337). Bare acknowledgements are ignored, so that two ends that are out of
   * step can't answer each other for ever.
   */
  receiveInTimeWait(wait: TimeWait, segment: Packet): void {
    const { flow, sendNext, receiveNext } = wait;
    if (segment.flags & RST) {
      if (segment.sequence === receiveNext) this.endWait(wait);
    } else if (segmentLength(segment) > 0) {
      this.#timeWaits.add(wait);
      const id = this.#ip.nextPacketId();
      this.#ip.send(tcpSegment(id, flow, ACK, sendNext, receiveNext, RECEIVE_BUFFER, NO_BYTES));
    }
  }

  forgetAll(): void {
    for (const connection of this.#connections) connection.forget();
    this.#connections.clear();
    this.#timeWaits.clear();
  }
}
