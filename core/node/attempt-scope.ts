import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { ForwardingConnection, ForwardingSocket } from '../ports/forwarding.ts';
import type {
  Clock,
  Host,
  TcpConnection,
  TcpDialOptions,
  TcpListener,
  TcpListenOptions,
  Timer,
  UdpBindOptions,
  UdpSocket,
} from '../ports/index.ts';
import type { Spend } from './inbound-budget.ts';

/** That nobody answers: sent at 0, 1 and 3 s (RFC 6298), of which most dials here see two. */
const SYNS = 2;

/**
 * A host that remembers what was opened and scheduled through it, so that a lost attempt leaves nothing behind, and
 * that counts what was sent.
 */
export class AttemptScope {
  readonly host: Host;
  /** Datagrams, dials and TCP writes. */
  packets = 0;
  readonly #base: Host;
  readonly #cleanups = new Set<(reason: Error) => void>();
  #spend: Spend | undefined;
  readonly #abort = new AbortController();

  /**
   * @param label names the attempt's own random stream
   * @param spend what it sends is paid from there, until it is released; what can't be paid is not sent
   */
  constructor(base: Host, label: string, spend?: Spend) {
    this.#base = base;
    this.#spend = spend;
    this.host = {
      clock: this.#clock(base.clock),
      random: base.random.fork(label),
      signer: base.signer,
      events: base.events,
      udp: { bind: (options) => this.#bind(options) },
      tcp: { dial: (remote, options) => this.#dial(remote, options), listen: (o, accept) => this.#listen(o, accept) },
      interfaces: () => base.interfaces(),
      defaultGateways: () => base.defaultGateways(),
    };
  }

  /** Fires when the scope closes, with the reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get #closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The peer has proved that it is there: whatever goes to it is its own. */
  release(): void {
    this.#spend = undefined;
  }

  /** Counts what is about to be sent; false: it must not be. */
  pay(packets: number): boolean {
    if (this.#spend?.(packets) === false) return false;
    this.packets++;
    return true;
  }

  /** Resolves after `ms` milliseconds; rejects when the scope closes before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.signal.reason;
      const wake = () => {
        this.#cleanups.delete(giveUp);
        resolve();
      };
      const timer = this.#base.clock.after(ms, wake);
      const giveUp = (reason: Error) => {
        timer.cancel();
        reject(reason);
      };
      this.#cleanups.add(giveUp);
    });
  }

  /** Fires the signal, closes what is open, cancels what is scheduled and wakes who sleeps. */
  close(reason: Error): void {
    this.#abort.abort(reason);
    for (const cleanup of this.#cleanups) cleanup(reason);
    this.#cleanups.clear();
  }

  #clock(clock: Clock): Clock {
    const after = (delayMs: number, task: () => void): Timer => {
      if (this.#closed) return { cancel: () => {} };
      const timer = clock.after(delayMs, () => {
        this.#cleanups.delete(cancel);
        task();
      });
      const cancel = () => timer.cancel();
      this.#cleanups.add(cancel);
      return {
        cancel: () => {
          this.#cleanups.delete(cancel);
          timer.cancel();
        },
      };
    };
    return { now: () => clock.now(), wallMs: () => clock.wallMs(), after };
  }

  async #bind(options?: UdpBindOptions): Promise<UdpSocket> {
    const socket = await this.#base.udp.bind(options);
    this.#own(() => socket.close());
    return new CountedUdpSocket(socket, this);
  }

  async #dial(remote: Endpoint, options?: TcpDialOptions): Promise<TcpConnection> {
    this.#assertOpen();
    if (options?.signal?.aborted) throw new NetError('ECANCELED', 'given up before the dial');
    if (!this.pay(SYNS)) throw new NetError('ENOBUFS', 'callers have spent what there is for them');
    const abort = new AbortController();
    const cancel = () => abort.abort(options?.signal?.reason ?? new NetError('ECANCELED', 'the attempt is over'));
    this.#cleanups.add(cancel);
    options?.signal?.addEventListener('abort', cancel, { once: true });
    try {
      const connection = await this.#base.tcp.dial(remote, { ...options, signal: abort.signal });
      this.#own(() => connection.reset());
      return new CountedConnection(connection, this);
    } finally {
      this.#cleanups.delete(cancel);
      options?.signal?.removeEventListener('abort', cancel);
    }
  }

  async #listen(options: TcpListenOptions, accept: (connection: TcpConnection) => void): Promise<TcpListener> {
    const listener = await this.#base.tcp.listen(options, (connection) => {
      this.#own(() => connection.reset());
      accept(new CountedConnection(connection, this));
    });
    this.#own(() => listener.close());
    return listener;
  }

  /** Something opened while the scope was closing is closed on the spot. */
  #own(cleanup: () => void): void {
    if (!this.#closed) {
      this.#cleanups.add(cleanup);
      return;
    }
    cleanup();
    this.#assertOpen();
  }

  #assertOpen(): void {
    if (this.#closed) throw new NetError('ECANCELED', 'the attempt is over');
  }
}

class CountedUdpSocket extends ForwardingSocket {
  readonly #scope: AttemptScope;

  constructor(socket: UdpSocket, scope: AttemptScope) {
    super(socket);
    this.#scope = scope;
  }

  override send(data: Uint8Array, to: Endpoint, ttl?: number): void {
    if (this.#scope.pay(1)) super.send(data, to, ttl);
  }
}

class CountedConnection extends ForwardingConnection {
  readonly #scope: AttemptScope;

  constructor(connection: TcpConnection, scope: AttemptScope) {
    super(connection);
    this.#scope = scope;
  }

  override send(bytes: Uint8Array): boolean {
    this.#scope.packets++;
    return super.send(bytes);
  }
}
