import { createSocket, type Socket } from 'node:dgram';
import type { LinkModel } from '../../simulator/link/link-model.ts';
import { FRAME_OVERHEAD, Impairment } from './impairment.ts';

/** Lines between the core and the access routers. */
export const MAX_LINES = 6;
/** Our end of the underlay, where the wire listens, and the other end, where the kernel's VXLAN devices send from. */
export const UNDERLAY = { wire: '172.31.0.2', kernel: '172.31.0.1', prefixLength: 24 } as const;
/** Frames under way in one direction; more are lost, as in any network. */
const QUEUE_LIMIT = 20_000;
const BUFFER_BYTES = 4 * 1024 * 1024;

export type Direction = 'up' | 'down';

/** Sees every IP packet that leaves a line at its end. */
export type Tap = (line: number, direction: Direction, packet: Buffer) => void;

/** UDP ports of a line's VXLAN devices: that of the core, and that of the access router. */
export function linePorts(line: number): { readonly core: number; readonly access: number } {
  return { core: 20_001 + 2 * line, access: 20_002 + 2 * line };
}

/**
 * Carries Ethernet frames between VXLAN devices, with the delay and loss of a link: netem is not in every kernel. Each
 * device sends to a UDP port of ours, and what arrives there goes on, later, to the device at the line's other end.
 */
export class Wire {
  readonly #ends: WireEnd[] = [];
  #tap: Tap | undefined;

  static async open(): Promise<Wire> {
    const wire = new Wire();
    for (let line = 0; line < MAX_LINES; line++) {
      const { core, access } = linePorts(line);
      const see = (direction: Direction) => (frame: Buffer) =>
        wire.#tap?.(line, direction, frame.subarray(FRAME_OVERHEAD));
      const [down, up] = [new WireEnd(core, see('down')), new WireEnd(access, see('up'))];
      down.other = up;
      up.other = down;
      wire.#ends.push(down, up);
    }
    await Promise.all(wire.#ends.map((end) => end.bind()));
    return wire;
  }

  /** From now on nothing passes, and what was under way is lost. */
  shut(): void {
    for (const end of this.#ends) end.shut();
  }

  /** Lets frames pass by every line, each with the luck of its own. */
  carry({ up, down }: { readonly up: LinkModel; readonly down: LinkModel }): void {
    for (let line = 0; line < MAX_LINES; line++) {
      this.#ends[2 * line]!.carry(new Impairment(down));
      this.#ends[2 * line + 1]!.carry(new Impairment(up));
    }
  }

  /** Shows every packet, from now on, to one who watches; undefined: to nobody. */
  watch(tap: Tap | undefined): void {
    this.#tap = tap;
  }

  close(): void {
    for (const end of this.#ends) end.close();
  }
}

/** Takes frames in from one device, and gives them out, when their time has come, to the other one. */
class WireEnd {
  other!: WireEnd;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #see: (frame: Buffer) => void;
  /** In the order in which they leave. */
  readonly #queue: { readonly atMs: number; readonly frame: Buffer }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #impairment: Impairment | undefined;

  constructor(port: number, see: (frame: Buffer) => void) {
    this.#port = port;
    this.#see = see;
    const lookup = (address: string, _: unknown, answer: (error: null, address: string, family: number) => void) =>
      answer(null, address, 4);
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES, lookup });
    this.#socket.on('message', (frame) => this.#receive(frame));
  }

  bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind({ port: this.#port, address: UNDERLAY.wire }, () => {
        this.#socket.off('error', reject).on('error', () => {}); // A device that is being removed refuses a frame.
        resolve();
      });
    });
  }

  carry(impairment: Impairment): void {
    this.#impairment = impairment;
  }

  shut(): void {
    this.#impairment = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  close(): void {
    this.shut();
    this.#socket.close();
  }

  #receive(frame: Buffer): void {
    if (this.#impairment === undefined) return;
    for (const atMs of this.#impairment.enter(performance.now(), frame.length)) this.#enqueue(atMs, frame);
    this.#arm();
  }

  #enqueue(atMs: number, frame: Buffer): void {
    const queue = this.#queue;
    if (queue.length >= QUEUE_LIMIT) return;
    // Mostly at the end; further ahead only where packets may overtake each other.
    let index = queue.length;
    while (index > 0 && queue[index - 1]!.atMs > atMs) index--;
    queue.splice(index, 0, { atMs, frame });
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const [next] = this.#queue;
    this.#timer = next && setTimeout(() => this.#deliver(), Math.max(0, next.atMs - performance.now()));
  }

  #deliver(): void {
    const nowMs = performance.now();
    const due = this.#queue.findIndex(({ atMs }) => atMs > nowMs);
    for (const { frame } of this.#queue.splice(0, due === -1 ? this.#queue.length : due)) {
      this.#see(frame);
      this.other.#socket.send(frame, this.other.#port, UNDERLAY.kernel);
    }
    this.#arm();
  }
}
