import { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { isNetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host } from '../../ports/index.ts';
import type { Keepsake, TurnServer } from '../plugin.ts';
import { recordKey, type ServerRecord, type ServerRecords } from './server-order.ts';

/** Where a node goes changes, and so does what is near. */
const FRESH_US = 600_000_000;
const MEASUREMENT = { rtoMs: 250, deadlineMs: 1500 };

/** How far the TURN servers of a node are, measured beside the first attempts for the later ones. */
export class ServerRecordBook implements Keepsake {
  readonly #host: Host;
  readonly #records = new Map<string, ServerRecord>();
  readonly #closing = new AbortController();
  #measuredAtUs: number | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get records(): ServerRecords {
    return this.#records;
  }

  /** Asks each server once for a Binding, unless there is only one, or it was done a while ago. Whoever needs a relay does not wait for it. */
  measure(servers: readonly TurnServer[]): void {
    const nowUs = this.#host.clock.now();
    const fresh = this.#measuredAtUs !== undefined && nowUs - this.#measuredAtUs < FRESH_US;
    if (servers.length < 2 || fresh) return;
    this.#measuredAtUs = nowUs;
    for (const { endpoint } of servers) void this.#measureOne(endpoint);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the node is closing'));
  }

  async #measureOne(server: Endpoint): Promise<void> {
    const { clock, random, udp } = this.#host;
    try {
      const socket = await udp.bind({ family: familyOf(server.address) });
      const startUs = clock.now();
      const client = new StunClient({ clock, random }, socket);
      const { outcome } = await client.binding(server, { ...MEASUREMENT, signal: this.#closing.signal });
      client.close();
      socket.close();
      if (this.#closing.signal.aborted) return;
      const silent = outcome !== 'response';
      const rttMs = silent ? undefined : (clock.now() - startUs) / 1000;
      this.#records.set(recordKey(server), { rttMs, silent });
    } catch (error) {
      if (!isNetError(error)) throw error; // There is no route of that family.
    }
  }
}
