import { strict as assert } from 'node:assert';
import { type EdgeRouter, NatRouter, type Side, type World } from '../../simulator/index.ts';
import type { NatEvent } from '../scenario/types.ts';

/** Lets the scenario's events come, from now on. */
export function scheduleNatEvents(world: World, [a, b]: readonly [Side, Side], events: readonly NatEvent[]): void {
  for (const { atUs, side, nat, action } of events) {
    const router = { a, b }[side].routers[nat - 1]!;
    world.scheduler.schedule(atUs, action === 'reboot' ? () => router.reboot() : () => renumber(router));
  }
}

function renumber(router: EdgeRouter): void {
  assert.ok(router instanceof NatRouter, 'the scenario has been checked: it translates');
  router.renumber();
}
