import type { NetErrorCode } from '../../../core/net/error.ts';
import { ACK, type IcmpKind, type Packet, RST, SYN } from '../../packet.ts';
import type { IpLayer } from '../ip-layer.ts';
import { ChallengeLimit } from './challenge-limit.ts';
import { endsPassiveHandshake, icmpErrorCode } from './icmp-error.ts';
import { LazyTimer } from './lazy-timer.ts';
import {
  INITIAL_RTO_US,
  MAX_SYN_ACK_RETRIES,
  MAX_SYN_RETRIES,
  RECEIVE_BUFFER,
  RTO_AFTER_SYN_LOSS_US,
} from './parameters.ts';
import { RttEstimator } from './rtt-estimator.ts';
import { type Flow, NO_BYTES, resetFor, segmentLength, tcpSegment } from './segment.ts';
import { add, before, distance, type Sequence } from './sequence.ts';

/** Who waits for a handshake. Exactly one of the two is called, once, unless the opening is forgotten. */
export interface OpeningOwner {
  /** `segment` completed it. Its SYN is to be acknowledged; without SYN, it is the connection's first segment. */
  opened(segment: Packet): void;
  failed(code: NetErrorCode): void;
}

/** A connection in SYN-SENT or SYN-RECEIVED: RFC 9293 sections 3.5 and 3.10.7.3, and 3.10.7.4 as far as it matters. */
export class Opening {
  readonly flow: Flow;
  /** ISS. */
  readonly initial: Sequence;
  /** RCV.NXT, once the peer's SYN is known. */
  receiveNext: Sequence = 0;
  /** Timeouts so far. */
  retries = 0;
  readonly #ip: IpLayer;
  readonly #owner: OpeningOwner;
  readonly #timer: LazyTimer;
  readonly #challenges = new ChallengeLimit();
  #passive = false;
  #received = false;
  #synUs = 0;
  #synAckUs = 0;

  constructor(ip: IpLayer, flow: Flow, initial: Sequence, owner: OpeningOwner) {
    this.#ip = ip;
    this.flow = flow;
    this.initial = initial;
    this.#owner = owner;
    this.#timer = new LazyTimer(ip.scheduler, () => this.#expire());
  }

  /** Active open: CLOSED to SYN-SENT. */
  connect(): void {
    this.#synUs = this.#ip.scheduler.now;
    this.#sendSyn();
    this.#timer.set(INITIAL_RTO_US);
  }

  /** Passive open: LISTEN to SYN-RECEIVED. */
  answer(syn: Packet): void {
    this.#passive = true;
    this.#synReceived(syn);
    this.#timer.set(INITIAL_RTO_US);
  }

  receive(segment: Packet): void {
    if (this.#received) this.#receiveInSynReceived(segment);
    else this.#receiveInSynSent(segment);
  }

  /** Linux tcp_v4_err: before a connection stands, every unreachable ends an active attempt, hard or soft. */
  receiveError(kind: IcmpKind, sequence: Sequence): void {
    const offset = distance(this.initial, sequence);
    if (offset < 0 || offset > 1 || (this.#passive && !endsPassiveHandshake(kind))) return;
    const code = icmpErrorCode(kind, this.#ip.addresses.text(this.flow.remote).includes(':') ? 6 : 4);
    if (code) this.#fail(code);
  }

  /**
   * Gives up. In SYN-SENT nothing is sent, as when Linux closes a connecting socket; in SYN-RECEIVED the peer may
   * believe that it is connected, so it gets a reset (RFC 9293 section 3.10.5).
   */
  abandon(code: NetErrorCode): void {
    if (this.#received) this.#send(RST | ACK, add(this.initial, 1));
    this.#fail(code);
  }

  /** Ends it without a word to anyone. */
  forget(): void {
    this.#timer.clear();
  }

  /** The first estimate of the round trip, from a SYN that was sent once (RFC 6298 section 5.7, Karn). */
  estimateRtt(completing: Packet): RttEstimator {
    const rtt = new RttEstimator();
    // A SYN-ACK answers our SYN; a bare acknowledgement answers our SYN-ACK.
    const sentUs = completing.flags & SYN ? this.#synUs : this.#synAckUs;
    if (this.retries === 0) rtt.sample(this.#ip.scheduler.now - sentUs);
    else rtt.rtoUs = RTO_AFTER_SYN_LOSS_US;
    return rtt;
  }

  /** RFC 9293 section 3.10.7.3. */
  #receiveInSynSent(segment: Packet): void {
    const { flags } = segment;
    const acknowledges = (flags & ACK) !== 0;
    if (acknowledges && segment.acknowledgement !== add(this.initial, 1)) {
      this.#refuse(segment);
    } else if (flags & RST) {
      if (acknowledges) this.#fail('ECONNREFUSED');
    } else if (flags & SYN && acknowledges) {
      this.receiveNext = add(segment.sequence, 1);
      this.#open(segment);
    } else if (flags & SYN) {
      this.#synReceived(segment); // simultaneous open, MUST-10
    }
  }

  #receiveInSynReceived(segment: Packet): void {
    const { flags, sequence } = segment;
    const edge = add(this.receiveNext, RECEIVE_BUFFER);
    const end = add(sequence, segmentLength(segment));
    const admitted = distance(this.receiveNext, end) >= 0 && distance(sequence, edge) >= 0;
    const opens = (flags & ACK) !== 0 && segment.acknowledgement === add(this.initial, 1);
    if (flags & RST) {
      // Linux says reset, where RFC 9293 says refused: an attempt that had heard of the peer (measured).
      if (sequence === this.receiveNext) this.#fail('ECONNRESET');
      else if (admitted && before(this.receiveNext, sequence)) this.#challenge(segment);
    } else if (flags & SYN) {
      const again = add(sequence, 1) === this.receiveNext;
      if (again && !(flags & ACK)) this.#sendSyn();
      // The SYN-ACK of a simultaneous open lies before the window, and yet it is what opens the connection.
      else if (again && opens) this.#open(segment);
      else this.#challenge(segment);
    } else if (!admitted) {
      this.#challenge(segment);
    } else if (opens) {
      this.#open(segment);
    } else if (flags & ACK) {
      this.#refuse(segment);
    }
  }

  #synReceived(syn: Packet): void {
    this.#received = true;
    this.receiveNext = add(syn.sequence, 1);
    this.#synAckUs = this.#ip.scheduler.now;
    this.#sendSyn();
  }

  #open(segment: Packet): void {
    this.#timer.clear();
    this.#owner.opened(segment);
  }

  #fail(code: NetErrorCode): void {
    this.#timer.clear();
    this.#owner.failed(code);
  }

  #expire(): void {
    if (this.retries === (this.#passive ? MAX_SYN_ACK_RETRIES : MAX_SYN_RETRIES)) {
      this.#fail('ETIMEDOUT');
      return;
    }
    this.retries++;
    this.#sendSyn();
    this.#timer.set(INITIAL_RTO_US * 2 ** this.retries);
  }

  /** SYN, or SYN-ACK once the peer's SYN is known. */
  #sendSyn(): void {
    this.#send(this.#received ? SYN | ACK : SYN, this.initial);
  }

  #challenge(segment: Packet): void {
    if (this.#challenges.allows(segment, this.#ip.scheduler.now)) this.#send(ACK, add(this.initial, 1));
  }

  /** Answers an acknowledgement of what was never sent. */
  #refuse(segment: Packet): void {
    const reset = resetFor(segment, this.#ip.nextPacketId());
    if (reset) this.#ip.send(reset);
  }

  #send(flags: number, sequence: Sequence): void {
    const acknowledgement = flags & ACK ? this.receiveNext : 0;
    const id = this.#ip.nextPacketId();
    this.#ip.send(tcpSegment(id, this.flow, flags, sequence, acknowledgement, RECEIVE_BUFFER, NO_BYTES));
  }
}
