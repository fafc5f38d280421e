import { type Check, demand } from './check.ts';
import { HostilePeer } from './hostile-peer.ts';
import { play, type Scene, type SceneEnd } from './scene.ts';
import { WatchedPlugin } from './watched-plan.ts';

/** NATs of every kind that decides: reachable by anyone, by whom one has called, and predictable by nobody. */
const NATS = ['open', 'full-cone', 'port-restricted-cone', 'symmetric'];
const PAIRS = NATS.flatMap((a) => NATS.map((b) => [a, b] as const));
/** Where nothing but a relay over TCP gets through. */
const WALLED = ['udp-blocked', 'udp-blocked'] as const;
const LOSSY = { latencyUs: 20_000, jitterUs: 30_000, reorder: true, lossPpm: 100_000 };
const ABORTS_MS = [0, 5, 60, 200, 1000];
/** The engine gives up after 60 s; a little more is rounding. */
const LONGEST_MS = 61_000;
/** Of both peers, keep-alives and signal messages included: what a polite attempt that fails may cost. */
const MOST_PACKETS = 20_000;

/** What every plugin has to do, whatever its strategy. */
export const CHECKS: readonly Check[] = [
  {
    title: 'plans purely: the same input gives the same plan, changes nothing, and never throws',
    async run(plugin) {
      const watched = new WatchedPlugin(plugin);
      for (const pair of [...PAIRS, WALLED]) healthy(await play({ pair, plugins: [watched, watched] }), pair);
      watched.judge();
      const fit = watched.plans.filter(({ applicable }) => applicable).length;
      return `${fit} plans, ${watched.plans.length - fit} reasons why not`;
    },
  },
  {
    title: 'connects somewhere, on the kind of path that it says',
    async run(plugin) {
      const connected: string[] = [];
      for (const pair of PAIRS) {
        const end = healthy(await play({ pair, plugins: [plugin, plugin] }), pair);
        if (!end.connected) continue;
        connected.push(pair.join(' to '));
        const relayed = end.path === 'relayed';
        demand(
          relayed === (plugin.path === 'relayed'),
          `${pair.join(' to ')}: the pipe is ${end.path}, and the plugin says ${plugin.path}`,
        );
      }
      demand(connected.length > 0, `connects none of ${PAIRS.length} pairs of ${NATS.join(', ')}`);
      return `${connected.length} of ${PAIRS.length} pairs: ${connected.join(', ')}`;
    },
  },
  {
    title: 'does the same again with the same seed',
    async run(plugin) {
      for (const pair of [PAIRS[0]!, ['port-restricted-cone', 'symmetric'] as const]) {
        const scene: Scene = { pair, plugins: [plugin, plugin], link: LOSSY };
        const [one, two] = [healthy(await play(scene), pair), healthy(await play(scene), pair)];
        const cause = 'time, randomness and state come from attempt.host alone';
        demand(one.traceHash === two.traceHash, `${pair.join(' to ')}: two runs with one seed differ; ${cause}`);
      }
      return undefined;
    },
  },
  {
    title: 'leaves no socket open, whether it connects or is called off',
    async run(plugin) {
      for (const pair of [PAIRS[0]!, ['full-cone', 'symmetric'] as const, WALLED]) {
        for (const abortAfterMs of [undefined, ...ABORTS_MS]) {
          const when = abortAfterMs === undefined ? {} : { abortAfterMs };
          const end = healthy(await play({ pair, plugins: [plugin, plugin], ...when }), pair);
          const situation = abortAfterMs === undefined ? 'closed' : `called off after ${abortAfterMs} ms`;
          demand(end.socketsLeft === 0, `${pair.join(' to ')}: ${end.socketsLeft} sockets left, ${situation}`);
        }
      }
      return undefined;
    },
  },
  {
    title: 'ends, at a bounded cost, where nothing gets through',
    async run(plugin) {
      const found: string[] = [];
      for (const pair of [['symmetric', 'symmetric'] as const, WALLED]) {
        const { tookMs, packets, connected } = healthy(await play({ pair, plugins: [plugin, plugin] }), pair);
        demand(tookMs <= LONGEST_MS, `${pair.join(' to ')}: took ${tookMs} ms`);
        demand(packets <= MOST_PACKETS, `${pair.join(' to ')}: the two peers sent ${packets} packets`);
        if (!connected) found.push(`${packets} packets in ${Math.round(tookMs)} ms`);
      }
      return found.length > 0 ? found.join(', ') : 'it connects everywhere';
    },
  },
  {
    title: 'survives links that lose, delay and swap packets',
    async run(plugin) {
      let connected = 0;
      for (const pair of PAIRS) {
        const end = healthy(await play({ pair, plugins: [plugin, plugin], link: LOSSY }), pair);
        if (end.connected) connected++;
      }
      return `${connected} of ${PAIRS.length} pairs connect at 10 % loss`;
    },
  },
  {
    title: 'survives a peer that talks nonsense',
    async run(plugin) {
      const hostile = new HostilePeer(plugin);
      for (const pair of [PAIRS[0]!, ['full-cone', 'full-cone'] as const]) {
        for (const plugins of [[plugin, hostile] as const, [hostile, plugin] as const]) {
          const end = healthy(await play({ pair, plugins }), pair);
          demand(!end.connected, 'takes noise for a proven peer');
          demand(end.socketsLeft === 0, `${end.socketsLeft} sockets left`);
        }
      }
      return undefined;
    },
  },
];

function healthy(end: SceneEnd, [a, b]: readonly [string, string]): SceneEnd {
  const what = end.error instanceof Error ? `: ${end.error.message}` : '';
  if (end.error instanceof Error && end.error.name === 'ConformanceError') throw end.error;
  demand(end.world === 'done', `${a} to ${b}: the trial ends as "${end.world}"${what}`);
  return end;
}
