import type { Family } from '../../core/net/endpoint.ts';
import { MAX_CHAIN } from './ipv4-addresses.ts';
import { MAX_IPV6_CHAIN } from './ipv6-addresses.ts';
import { HOSTS, type NetworkPlan } from './network-plan.ts';
import { Planner } from './planner.ts';
import type { KernelLine, KernelTopology } from './topology.ts';

export const LONGEST_CHAIN: Readonly<Record<Family, number>> = { 4: MAX_CHAIN, 6: MAX_IPV6_CHAIN };

/** @throws RangeError if a chain is longer than {@link LONGEST_CHAIN} */
export function planNetwork(topology: KernelTopology): NetworkPlan {
  const { name, a, b, isolated, subscribers = 0 } = topology;
  const long = [...a, ...b].find(({ family, nats }) => nats.length > LONGEST_CHAIN[family]);
  if (long) throw new RangeError(`a chain of more than ${LONGEST_CHAIN[long.family]} routers`);
  const planner = new Planner(isolated);
  const behind = (side: string, lines: readonly KernelLine[]) =>
    lines.map((line, index) => {
      return { ...line, place: planner.chain(label(side, lines, index), line.nats, planner.line(line.family)) };
    });
  switch (name) {
    case 'separate':
      planner.host(HOSTS.a, behind('a', a));
      planner.host(HOSTS.b, behind('b', b));
      break;
    case 'same-lan':
    case 'same-nat': {
      const home = behind('a', a);
      for (const host of [HOSTS.a, HOSTS.b]) planner.host(host, home, { shared: name === 'same-lan' });
      break;
    }
    case 'shared-cgn': {
      const carriers = a.map(({ family, nats }, index) => {
        return { family, place: planner.chain(label('s', a, index), nats.slice(-1), planner.line(family)) };
      });
      const inside = (side: string, lines: readonly KernelLine[]) =>
        lines.map((line, index) => {
          const { place } = carriers.find(({ family }) => family === line.family)!;
          return { ...line, place: planner.chain(label(side, lines, index), line.nats.slice(0, -1), place) };
        });
      planner.host(HOSTS.a, inside('a', a));
      planner.host(HOSTS.b, inside('b', b));
      if (subscribers > 0) planner.crowd(carriers.find(({ family }) => family === 4)!.place, subscribers);
    }
  }
  return planner.plan({ key: keyOf(topology), shared: name !== 'separate', translatedInside: isTranslated(topology) });
}

/** Of the routers of a line, where there are several: `a`, then `aa`, `ab`. */
function label(side: string, lines: readonly KernelLine[], index: number): string {
  return lines.length === 1 ? side : `${side}${'abcdef'[index]}`;
}

function isTranslated({ name, a, b }: KernelTopology): boolean {
  const homes = [...a, ...b].flatMap(({ nats }) => nats.slice(0, -1));
  return name === 'shared-cgn' && homes.some(({ translation }) => translation !== 'none');
}

function keyOf({ name, a, b, subscribers = 0 }: KernelTopology): string {
  const shape = (lines: readonly KernelLine[]) =>
    lines
      .map((line) => {
        const nats = line.nats.map(({ translation, addresses }) => `${translation}*${addresses}`);
        return `${line.interface}:${line.family}:${nats.join('+')}`;
      })
      .join('~');
  const others = name === 'separate' || name === 'shared-cgn' ? shape(b) : '';
  return `${name} ${shape(a)} ${others} ${subscribers}`;
}
