import { z } from 'zod';
import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Side } from './expand-cells.ts';
import { durationUs, oneOf, strictMap, wholeNumber } from './shapes.ts';
import type { NatEvent } from './types.ts';

const MOST = 100;
const EVENTS = `a list of at most ${MOST} events`;

/** The section `events`. */
export function natEvents() {
  const event = strictMap({
    at: durationUs('0ms').describe('When, from the dial on'),
    side: oneOf(['a', 'b']).describe('In front of which peer the NAT is'),
    nat: wholeNumber(1, 4).describe('Its place in the chain, host side first. Default: 1').optional(),
    do: oneOf(['reboot', 'renumber']).describe(
      'reboot: it loses its mappings; renumber: it gets other external addresses as well',
    ),
  });
  return z.array(event, { error: EVENTS }).max(MOST, { error: EVENTS });
}

type WrittenEvent = z.output<ReturnType<typeof natEvents>>[number];

/** @param fail is told of every event that a cell could not have */
export function readNatEvents(
  written: readonly WrittenEvent[],
  sides: Readonly<Record<'a' | 'b', readonly Side[]>>,
  fail: (path: readonly (string | number)[], what: string, expected: string) => void,
): NatEvent[] {
  return written.map(({ at, side, nat: place, do: action }, index) => {
    const nat = place ?? 1;
    const without = sides[side].find(({ nats }) => !canHave(nats[nat - 1]?.behaviour, action));
    if (without) {
      const which = action === 'renumber' ? 'that translates' : 'that translates or filters';
      const what = `value "${without.text}" of axis ${side} has no NAT ${nat} ${which}`;
      fail(['events', index, ...(place ? ['nat'] : [])], what, 'one that every value of the axis has');
    }
    return { atUs: at, side, nat, action };
  });
}

/** Only what has a state can lose it, and only a NAT of IPv4 gets other addresses. */
function canHave(behaviour: NatBehaviour | undefined, action: NatEvent['action']): boolean {
  if (behaviour === undefined) return false;
  const { translation, firewall } = behaviour;
  return translation === 'napt' || (action === 'reboot' && (translation === 'nat64' || firewall));
}
