import type { Side, World } from '../../simulator/index.ts';
import type { NatEvent } from '../scenario/types.ts';

/** Lets the scenario's events come, from now on. */
export function scheduleNatEvents(world: World, [a, b]: readonly [Side, Side], events: readonly NatEvent[]): void {
  for (const { atUs, side, nat, action } of events) {
    const router = { a, b }[side].nats[nat - 1]!;
    world.scheduler.schedule(atUs, action === 'reboot' ? () => router.reboot() : () => router.renumber());
  }
}
