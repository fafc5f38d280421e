import type { Identity } from '../identity/identity.ts';
import type { Host, Timer } from '../ports/index.ts';
import type { Address } from '../wire/address/address.ts';
import { formatName, parseName } from '../wire/names/name.ts';
import type { NameClient } from './name-client.ts';
import { NamesError, type NamesErrorCode } from './names-error.ts';

export interface NameKeeperOptions {
  /** For how long each record holds; it is renewed at half of that. @default 86400 */
  readonly lifetimeS?: number;
}

const LIFETIME_S = 86_400;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 300_000;
/** Another try would end the same way. */
const FINAL: ReadonlySet<NamesErrorCode> = new Set(['taken', 'limit']);

/** Keeps a name pointing at a node's address: renews it in time, and puts the new address when that changes. */
export class NameKeeper {
  /** Without the suffix. */
  readonly name: string;
  /** Settles when the name is ours for the first time. @throws NamesError if it can't be had */
  readonly registered: Promise<void>;
  readonly #host: Host;
  readonly #client: NameClient;
  readonly #owner: Identity;
  readonly #lifetimeS: number;
  #address: Address | undefined;
  #put: Address | undefined;
  #timer: Timer | undefined;
  #underway = false;
  #failures = 0;
  #closed = false;
  #resolve!: () => void;
  #reject!: (error: Error) => void;

  /** @throws NameError */
  constructor(host: Host, client: NameClient, owner: Identity, name: string, options: NameKeeperOptions = {}) {
    this.name = parseName(name);
    this.#host = host;
    this.#client = client;
    this.#owner = owner;
    this.#lifetimeS = options.lifetimeS ?? LIFETIME_S;
    this.registered = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.registered.catch(() => {}); // It need not be anybody's business; there is an event, too.
  }

  /** The address that the name is to stand for from now on. */
  publish(address: Address): void {
    this.#address = address;
    this.#failures = 0;
    void this.#run();
  }

  /** Stops renewing; the name lapses in its time, so that a restarted node finds it. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    if (this.#underway || this.#closed || !this.#address) return;
    this.#underway = true;
    this.#timer?.cancel();
    const address = this.#address;
    try {
      await this.#client.register(this.name, this.#owner, address, this.#lifetimeS);
      this.#succeeded(address);
    } catch (error) {
      if (!(error instanceof NamesError)) throw error;
      this.#failed(error);
    } finally {
      this.#underway = false;
    }
    if (this.#address !== address) void this.#run();
  }

  #succeeded(address: Address): void {
    this.#put = address;
    this.#failures = 0;
    this.#host.events.emit('name-registered', { name: formatName(this.name) });
    this.#resolve();
    this.#again(this.#lifetimeS * 500);
  }

  #failed(error: NamesError): void {
    this.#host.events.emit('name-refused', { name: formatName(this.name), code: error.code, reason: error.message });
    if (FINAL.has(error.code) && !this.#put) {
      this.#reject(error);
      this.#closed = true;
      return;
    }
    const ceilingMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#again(ceilingMs / 2 + this.#host.random.below(ceilingMs / 2 + 1));
  }

  #again(delayMs: number): void {
    if (!this.#closed) this.#timer = this.#host.clock.after(delayMs, () => void this.#run());
  }
}
