import type { Endpoint } from '../../../core/net/endpoint.ts';
import { NetError, type NetErrorCode } from '../../../core/net/error.ts';
import type { TcpConnection, TcpSink } from '../../../core/ports/index.ts';
import { ACK, FIN, type IcmpKind, type Packet, RST, SYN } from '../../packet.ts';
import type { IpLayer } from '../ip-layer.ts';
import { ChallengeLimit } from './challenge-limit.ts';
import { Delivery } from './delivery.ts';
import { icmpErrorCode } from './icmp-error.ts';
import { LazyTimer } from './lazy-timer.ts';
import type { Opening } from './opening.ts';
import { DELAYED_ACK_US, SEND_HIGH_WATER, SEND_LIMIT } from './parameters.ts';
import { Receiver } from './receiver.ts';
import { type Flow, NO_BYTES, segmentLength, tcpSegment } from './segment.ts';
import { Sender } from './sender.ts';
import { distance, type Sequence } from './sequence.ts';
import { type CloseEvent, canSend, isLeaving, isOpen, nextState, type State } from './state.ts';

export interface ConnectionOwner {
  /** The flow is free. */
  closed(connection: Connection): void;
  /** The flow goes into TIME-WAIT. */
  waits(connection: Connection, sendNext: Sequence, receiveNext: Sequence): void;
}

/**
 * A connection from ESTABLISHED on (RFC 9293 section 3.10.7.4).
 *
 * Sinks are called from segments, timers and zero-delay events only, never from within a call of a
 * {@link TcpConnection} method; each sink that was started hears `closed` once, after its own `reset` too.
 */
export class Connection implements TcpConnection {
  readonly flow: Flow;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #ip: IpLayer;
  readonly #owner: ConnectionOwner;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #delivery: Delivery;
  readonly #ackTimer: LazyTimer;
  readonly #challenges = new ChallengeLimit();
  #state: State = 'ESTABLISHED';
  /** A `send` answered false. */
  #full = false;
  #settling = false;
  /** What ICMP said last: no reason to give up (RFC 9293 MUST-56), but the reason to tell if the peer stays silent. */
  #softError: NetErrorCode | undefined;

  /** @param segment the one that completed the handshake */
  constructor(ip: IpLayer, opening: Opening, segment: Packet, owner: ConnectionOwner) {
    this.#ip = ip;
    this.#owner = owner;
    this.flow = opening.flow;
    const { local, localPort, remote, remotePort } = this.flow;
    this.local = { address: ip.addresses.text(local), port: localPort };
    this.remote = { address: ip.addresses.text(remote), port: remotePort };
    this.#receiver = new Receiver(opening.receiveNext);
    this.#delivery = new Delivery(this.#receiver.queue);
    this.#ackTimer = new LazyTimer(ip.scheduler, () => this.#acknowledge());
    this.#sender = new Sender({
      scheduler: ip.scheduler,
      initial: opening.initial,
      synRetries: opening.retries,
      rtt: opening.estimateRtt(segment),
      opening: segment,
      write: (flags, sequence, payload) => this.#write(flags, sequence, payload),
      expired: () => this.#expire(),
    });
  }

  start(sink: TcpSink): void {
    this.#delivery.start(sink);
    this.#settleSoon();
  }

  send(bytes: Uint8Array): boolean {
    if (!canSend(this.#state)) return false;
    if (this.#sender.buffered + bytes.length > SEND_LIMIT) {
      this.#abort(new NetError('ENOBUFS', 'send buffer exceeded: send answered false and was called again'));
      return false;
    }
    if (bytes.length > 0) {
      this.#sender.append(bytes);
      this.#sender.output();
    }
    if (this.#sender.unsent < SEND_HIGH_WATER) return true;
    this.#full = true;
    return false;
  }

  pause(): void {
    this.#delivery.pause();
  }

  resume(): void {
    this.#delivery.resume();
    this.#settleSoon();
  }

  /** RFC 9293 section 3.10.4. */
  end(): void {
    if (!canSend(this.#state)) return;
    this.#advance('end');
    this.#sender.end();
    this.#sender.output();
  }

  reset(): void {
    if (this.#open) {
      this.#abort(undefined);
    } else {
      // Nothing is left to reset, but a paused reader may have stopped before the close.
      this.#delivery.flush();
      this.#settleSoon();
    }
  }

  /** Takes the segment that completed the handshake: acknowledges its SYN, or takes its text. */
  begin(segment: Packet): void {
    if (!this.#open) return;
    if (segment.flags & SYN) this.#acknowledge();
    else if (segmentLength(segment) > 0) this.receive(segment);
  }

  receive(segment: Packet): void {
    if (this.#open) this.#process(segment);
    this.#settle();
  }

  receiveError(kind: IcmpKind, sequence: Sequence): void {
    const { una, max } = this.#sender;
    if (!this.#open || distance(una, sequence) < 0 || distance(sequence, max) < 0) return;
    if (kind === 'fragmentation-needed') this.#sender.shrinkSegments(sequence);
    else this.#softError = icmpErrorCode(kind, this.remote.address.includes(':') ? 6 : 4);
  }

  /** Ends it without a word to anyone. */
  forget(): void {
    this.#stop('CLOSED');
    this.#delivery.silence();
  }

  get #open(): boolean {
    return isOpen(this.#state);
  }

  /** RFC 9293 section 3.10.7.4, in its order. */
  #process(segment: Packet): void {
    const { flags, sequence } = segment;
    if (!this.#receiver.admits(sequence, segmentLength(segment))) {
      if (!(flags & RST)) this.#challenge(segment);
    } else if (flags & RST) {
      this.#processReset(segment);
    } else if (flags & SYN) {
      this.#challenge(segment); // RFC 5961 section 4.2
    } else if (flags & ACK) {
      if (this.#sender.admits(segment.acknowledgement)) this.#processText(segment);
      else this.#challenge(segment);
    }
  }

  #processText(segment: Packet): void {
    this.#softError = undefined;
    this.#sender.acknowledge(segment);
    if (this.#sender.finished) this.#advance('fin-acknowledged');
    if (!this.#open) return;
    if (!this.#receiver.receive(segment.sequence, segment.payload, (segment.flags & FIN) !== 0)) return;
    this.#delivery.end();
    this.#advance('fin');
  }

  /** RFC 5961 section 3.2: only a reset at the exact place is one; another in the window is asked about. */
  #processReset(segment: Packet): void {
    if (segment.sequence !== this.#receiver.next) {
      if (this.#receiver.covers(segment.sequence)) this.#challenge(segment);
    } else if (isLeaving(this.#state)) {
      this.#close(undefined);
    } else {
      // Linux tcp_reset: the peer had finished, so it is our sending that broke.
      this.#close(this.#error(this.#state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET'));
    }
  }

  #advance(event: CloseEvent): void {
    const state = nextState(this.#state, event);
    if (state === 'CLOSED') this.#close(undefined);
    else if (state === 'TIME-WAIT') this.#enterTimeWait();
    else this.#state = state;
  }

  #enterTimeWait(): void {
    if (this.#receiver.ackDue !== 'none') this.#acknowledge();
    this.#stop('TIME-WAIT');
    this.#owner.waits(this, this.#sender.max, this.#receiver.next);
    this.#delivery.close();
  }

  #close(error: NetError | undefined): void {
    this.#stop('CLOSED');
    this.#owner.closed(this);
    if (error) this.#delivery.abort(error);
    else this.#delivery.close();
  }

  /** RFC 9293 section 3.10.5: in CLOSING and LAST-ACK there is nobody left to tell. */
  #abort(error: NetError | undefined): void {
    if (!isLeaving(this.#state)) this.#write(RST | ACK, this.#sender.emptySequence, NO_BYTES);
    this.#stop('CLOSED');
    this.#owner.closed(this);
    this.#delivery.abort(error);
    this.#settleSoon();
  }

  #stop(state: 'CLOSED' | 'TIME-WAIT'): void {
    this.#state = state;
    this.#sender.stop();
    this.#ackTimer.clear();
  }

  #expire(): void {
    if (!this.#sender.expire()) this.#close(this.#error(this.#softError ?? 'ETIMEDOUT'));
    this.#settle();
  }

  /** The end of every event: send what may be sent, tell the sink, acknowledge what no data acknowledged. */
  #settle(): void {
    if (this.#open) this.#sendQueued();
    this.#delivery.run();
    if (!this.#open) return;
    if (this.#receiver.ackDue === 'now' || this.#receiver.windowUpdateDue) this.#acknowledge();
    else if (this.#receiver.ackDue === 'delayed' && !this.#ackTimer.armed) this.#ackTimer.set(DELAYED_ACK_US);
  }

  #sendQueued(): void {
    this.#sender.output();
    if (!this.#full || this.#sender.unsent > 0) return;
    this.#full = false;
    this.#delivery.drained();
  }

  #settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#ip.scheduler.schedule(0, settle, this);
  }

  settleNow(): void {
    this.#settling = false;
    this.#settle();
  }

  #challenge(segment: Packet): void {
    if (this.#challenges.allows(segment, this.#ip.scheduler.now)) this.#acknowledge();
  }

  #acknowledge(): void {
    this.#write(ACK, this.#sender.emptySequence, NO_BYTES);
  }

  #write(flags: number, sequence: Sequence, payload: Uint8Array): void {
    const id = this.#ip.nextPacketId();
    const { next } = this.#receiver;
    this.#ackTimer.clear();
    this.#ip.send(tcpSegment(id, this.flow, flags, sequence, next, this.#receiver.advertise(), payload));
  }

  #error(code: NetErrorCode): NetError {
    return new NetError(code, `${code} ${this.remote.address}:${this.remote.port}`);
  }
}

function settle(connection: Connection): void {
  connection.settleNow();
}
