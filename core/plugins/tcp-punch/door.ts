import type { Endpoint } from '../../net/endpoint.ts';
import { isNetError } from '../../net/error.ts';
import type { TcpConnection, TcpListener, Timer } from '../../ports/index.ts';
import type { Attempt } from '../plugin.ts';

/** A port that listens can't dial, but one that dials can listen: a dial that has begun needs so long to have its port. */
const REOPEN_MS = 1;

/**
 * Whether the port also listens: `shared`, all the while where the host can, else in between; `toggle`, in between;
 * `connect-only`, never.
 */
export type DoorKind = 'shared' | 'toggle' | 'connect-only';

/**
 * One local port that dials, and listens. Every system lets it listen in between without special options: the listener
 * closes for each dial and opens again behind it. Who comes in belongs to nobody yet.
 */
export class Door {
  readonly #attempt: Attempt;
  readonly #port: number;
  readonly #kind: DoorKind;
  readonly #arrived: (connection: TcpConnection) => void;
  #listener: TcpListener | undefined;
  #timer: Timer | undefined;
  #closed = false;

  /** @param arrived who came in */
  constructor(attempt: Attempt, port: number, kind: DoorKind, arrived: (connection: TcpConnection) => void) {
    this.#attempt = attempt;
    this.#port = port;
    this.#kind = kind;
    this.#arrived = arrived;
  }

  /** @throws NetError as dialling does */
  dial(target: Endpoint, timeoutMs: number, signal: AbortSignal): Promise<TcpConnection> {
    const shared = this.#listener?.shared === true;
    if (!shared) this.#shut();
    const { bindAddress, host } = this.#attempt;
    const localAddress = bindAddress === undefined ? {} : { localAddress: bindAddress };
    const dialled = host.tcp.dial(target, { localPort: this.#port, timeoutMs, signal, ...localAddress });
    if (this.#kind !== 'connect-only' && !shared && !this.#closed)
      this.#timer = host.clock.after(REOPEN_MS, () => this.#open());
    return dialled;
  }

  close(): void {
    this.#closed = true;
    this.#shut();
  }

  #shut(): void {
    this.#timer?.cancel();
    this.#listener?.close();
    this.#listener = undefined;
  }

  #open(): void {
    const { bindAddress, host } = this.#attempt;
    const where = {
      port: this.#port,
      shared: this.#kind === 'shared',
      ...(bindAddress !== undefined && { address: bindAddress }),
    };
    host.tcp
      .listen(where, (connection) => {
        if (this.#closed) connection.reset();
        else this.#arrived(connection);
      })
      .then(
        (listener) => {
          if (this.#closed || this.#listener) listener.close();
          else this.#listener = listener;
        },
        (error: unknown) => {
          if (!isNetError(error)) throw error; // Somebody else has the port: then it only dials.
        },
      );
  }
}

/** The doors of an attempt: one for each local port, of which only the main one listens. */
export class Doors {
  readonly #attempt: Attempt;
  readonly #doors = new Map<number, Door>();

  /** @param arrived who came in at the main port */
  constructor(attempt: Attempt, mainPort: number, kind: DoorKind, arrived: (connection: TcpConnection) => void) {
    this.#attempt = attempt;
    this.#doors.set(mainPort, new Door(attempt, mainPort, kind, arrived));
  }

  at(port: number): Door {
    let door = this.#doors.get(port);
    if (!door) {
      door = new Door(this.#attempt, port, 'connect-only', () => {});
      this.#doors.set(port, door);
    }
    return door;
  }

  close(): void {
    for (const door of this.#doors.values()) door.close();
  }
}
