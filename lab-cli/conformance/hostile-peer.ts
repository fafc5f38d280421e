import type { Attempt, Plan, Plugin, ProvenTransport } from '../../core/node/index.ts';

const MESSAGES = 40;
const GAP_MS = 50;
const LONGEST = 1024; // PluginLine.send
const DIALS = 5;

/** A peer whose plugin of the same name says nothing but noise: on its line, and to the port where we listen. */
export class HostilePeer implements Plugin<null> {
  readonly name: string;
  readonly path: 'direct' | 'relayed';

  constructor({ name, path }: Plugin) {
    this.name = name;
    this.path = path;
  }

  plan(): Plan<null> {
    return { applicable: true, plan: null };
  }

  async attempt(_plan: null, attempt: Attempt): Promise<ProvenTransport> {
    const { random } = attempt.host;
    for (let count = 0; count < MESSAGES; count++) {
      if (count % 2 === 0) attempt.line.send(random.bytes(random.below(LONGEST + 1)));
      if (count < DIALS) await this.#dial(attempt);
      await attempt.sleep(GAP_MS);
    }
    throw new Error('nothing more to say');
  }

  async #dial({ host, remote, signal }: Attempt): Promise<void> {
    for (const { address, external = address, tcp } of remote?.interfaces ?? []) {
      if (tcp.port === undefined) continue;
      try {
        const options = { timeoutMs: 500, signal };
        const connection = await host.tcp.dial({ address: external, port: tcp.port }, options);
        connection.send(host.random.bytes(200));
        connection.end();
      } catch {
        signal.throwIfAborted(); // Whoever can't be reached is spared.
      }
    }
  }
}
