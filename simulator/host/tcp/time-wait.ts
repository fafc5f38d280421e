import { ACK, FIN, type Packet, RST, SYN } from '../../packet.ts';
import type { Scheduler } from '../../world/scheduler.ts';
import { LazyTimer } from './lazy-timer.ts';
import { MAX_TIME_WAITS, TIME_WAIT_US } from './parameters.ts';
import type { Flow } from './segment.ts';
import { add, before, type Sequence } from './sequence.ts';

// Keeps the first sequence number of the next connection clear of every segment of this one (Linux tcp_twsk_unique).
const CLEARANCE = 65_537;

/** What is left of a connection that we closed first: enough to repeat its last acknowledgement. */
export class TimeWait {
  readonly flow: Flow;
  /** SND.NXT and RCV.NXT. */
  readonly sendNext: Sequence;
  readonly receiveNext: Sequence;
  expiresUs = 0;

  constructor(flow: Flow, sendNext: Sequence, receiveNext: Sequence) {
    this.flow = flow;
    this.sendNext = sendNext;
    this.receiveNext = receiveNext;
  }

  /** Where the next connection of the same flow starts. */
  get successorInitial(): Sequence {
    return add(this.sendNext, CLEARANCE);
  }
}

/** May this segment open the flow anew (RFC 9293 section 3.10.7.4, RFC 6191 without timestamps)? */
export function reopens(wait: TimeWait, segment: Packet): boolean {
  const { flags, sequence } = segment;
  return (flags & (SYN | ACK | FIN | RST)) === SYN && before(wait.receiveNext, sequence);
}

/**
 * All flows of a host that wait. They expire in the order they came, so one timer serves all. It is the only
 * thing that they keep in the event queue: a world that is done is done, whoever waits.
 */
export class TimeWaits {
  readonly #scheduler: Scheduler;
  readonly #expired: (wait: TimeWait) => void;
  readonly #waits = new Set<TimeWait>();
  readonly #timer: LazyTimer;

  constructor(scheduler: Scheduler, expired: (wait: TimeWait) => void) {
    this.#scheduler = scheduler;
    this.#expired = expired;
    this.#timer = new LazyTimer(scheduler, () => this.#sweep());
  }

  get full(): boolean {
    return this.#waits.size >= MAX_TIME_WAITS;
  }

  /** Starts the wait, or starts it afresh. */
  add(wait: TimeWait): void {
    this.#waits.delete(wait);
    this.#waits.add(wait);
    wait.expiresUs = this.#scheduler.now + TIME_WAIT_US;
    if (!this.#timer.armed) this.#timer.set(TIME_WAIT_US);
  }

  delete(wait: TimeWait): void {
    this.#waits.delete(wait);
  }

  clear(): void {
    this.#waits.clear();
    this.#timer.clear();
  }

  #sweep(): void {
    for (const wait of this.#waits) {
      const leftUs = wait.expiresUs - this.#scheduler.now;
      if (leftUs > 0) {
        this.#timer.set(leftUs);
        return;
      }
      this.#waits.delete(wait);
      this.#expired(wait);
    }
  }
}
