import { MAX_LINES } from '../wire/wire.ts';
import { LONGEST_CHAIN } from './plan-network.ts';
import type { KernelLine, KernelTopology } from './topology.ts';

/** What the kernel lab cannot build, in one sentence that starts with what is to blame; undefined if it can. */
export function whyTopologyUnsupported(topology: KernelTopology): string | undefined {
  const { name, a, b, subscribers = 0 } = topology;
  const lines = name === 'separate' ? [...a, ...b] : a;
  if (lines.length > MAX_LINES) return `lines: the kernel lab has ${MAX_LINES} lines to the core`;
  const long = [...a, ...b].find(({ family, nats }) => nats.length > LONGEST_CHAIN[family]);
  if (long)
    return `nats: the kernel lab has addresses for chains of ${LONGEST_CHAIN[long.family]} IPv${long.family} routers`;
  if (name !== 'shared-cgn') return undefined;
  const carrier = a.find(({ family }) => family === 4)?.nats.at(-1);
  if (subscribers > 0 && carrier?.translation !== 'napt')
    return 'subscribers: they have addresses of IPv4 that only a NAT can do with';
  const kinds = new Set([4, 6].flatMap((family) => kindsOf([...a, ...b].filter((line) => line.family === family))));
  // A packet that does not come to the core is seen by nobody, so all ways inside have to be alike.
  return kinds.size > 1
    ? 'shared-cgn: homes translate one family and not the other, and nobody sees which one was taken'
    : undefined;
}

/** Do the homes behind a carrier of one family translate? None if there is no such carrier. */
function kindsOf(lines: readonly KernelLine[]): boolean[] {
  if (lines.length === 0) return [];
  return [lines.some(({ nats }) => nats.slice(0, -1).some(({ translation }) => translation !== 'none'))];
}
