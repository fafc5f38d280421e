import { SeededRandom } from '../../../simulator/world/random.ts';
import { World } from '../../../simulator/world/world.ts';
import { DatagramTransport } from '../../plugins/datagram-transport.ts';
import type { Transport } from '../../plugins/transport.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { FRAME, frameKind } from '../../wire/proof.ts';
import { FrameGuard } from './frame-guard.ts';
import { Link } from './link.ts';
import { LinkPath } from './link-path.ts';

/** What a way does to datagrams. */
export interface Way {
  readonly delayMs: number;
  /** At most so much later: datagrams overtake one another. @default 0 */
  readonly jitterMs?: number;
  /** Of a hundred. @default 0 */
  readonly lossPercent?: number;
  /** Loses and swaps nothing, and says so, as TCP does. @default false */
  readonly stream?: boolean;
}

const REMOTE = { address: '192.0.2.1', port: 1 };
const secret = Buffer.alloc(64, 1);

/** Two links in virtual time, joined by ways that come and go: nothing of it is the network's, all of it is ours. */
export class TwoLinks {
  readonly world: World;
  readonly clock: Clock;
  readonly random: Random;
  readonly guards = [
    new FrameGuard('initiator', secret, Buffer.of(1)),
    new FrameGuard('responder', secret, Buffer.of(1)),
  ];
  readonly links: readonly [Link, Link];
  /** Paths that are open, at either end. */
  open = 0;
  /** Data frames that were sent by ways that are streams. */
  streamed = 0;

  constructor(seed: string, first: Way) {
    this.world = new World({ seed });
    const { scheduler } = this.world;
    this.clock = {
      now: () => this.world.now,
      wallMs: () => 0,
      after: (ms, task) => scheduler.timer(Math.round(ms * 1000), task),
    };
    this.random = SeededRandom.fromText(seed);
    const host = { clock: this.clock, random: this.random };
    const [ours, theirs] = this.paths(first, 'relayed');
    this.links = [new Link(ours, host), new Link(theirs, host)];
  }

  /** Both ends of a way that has just been proven: the initiator's nomination has come through. */
  paths(way: Way, kind: 'direct' | 'relayed'): [LinkPath, LinkPath] {
    const ends: Transport[] = [];
    const carrier = (to: number) => ({
      send: (data: Uint8Array) => {
        if (way.stream && frameKind(data) === FRAME.data) this.streamed++;
        if (this.random.below(100) < (way.lossPercent ?? 0)) return;
        const late = way.jitterMs ? this.random.below(way.jitterMs * 1000) : 0;
        this.world.scheduler.schedule(way.delayMs * 1000 + late, () => (ends[to] as DatagramTransport).deliver(data));
      },
      close: () => {},
    });
    ends.push(new DatagramTransport(carrier(1), REMOTE), new DatagramTransport(carrier(0), REMOTE));
    // It is one as far as anybody above can tell: what it is given comes out at the other end, in order.
    if (way.stream) for (const end of ends) Object.defineProperty(end, 'reliable', { value: true });
    const nominate = () => this.guards[0]!.seal(FRAME.nominate, new Uint8Array(16));
    const base = { host: { clock: this.clock, random: this.random }, plugin: kind, kind };
    return [
      this.#counted(new LinkPath({ ...base, transport: ends[0]!, guard: this.guards[0]!, nominate })),
      this.#counted(new LinkPath({ ...base, transport: ends[1]!, guard: this.guards[1]! })),
    ];
  }

  /** A better way is found: each end hears of it when it does. */
  upgrade(way: Way, peerLaterMs: number): void {
    const [ours, theirs] = this.paths(way, 'direct');
    this.links[0].adopt(ours);
    this.clock.after(peerLaterMs, () => this.links[1].adopt(theirs));
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    const result = await this.world.run(body);
    if (result.outcome === 'crashed') throw result.error;
    if (result.outcome !== 'done') throw new Error(result.outcome);
    return result.value;
  }

  #counted(path: LinkPath): LinkPath {
    this.open++;
    path.release = () => {
      this.open--;
    };
    return path;
  }
}
