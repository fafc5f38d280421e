import { Scheduler } from '../simulator/world/scheduler.ts';
import { World } from '../simulator/world/world.ts';
import { bestRate, type Row } from './row.ts';

const EVENTS = 2_000_000;
const PENDING = 100;
const ROUNDS = 5;

/** Events that do nothing but set the next one: bare, and in a world that settles after each. */
export async function eventLoopRows(): Promise<Row[]> {
  return [
    { name: 'event loop, bare', unit: 'events/s', value: await bestRate(ROUNDS, bare) },
    { name: 'event loop, settled after each event', unit: 'events/s', value: await bestRate(ROUNDS, settled) },
    { name: 'event loop, each wakes an async function', unit: 'events/s', value: await bestRate(ROUNDS, awaited) },
  ];
}

function fill(scheduler: Scheduler): void {
  let draw = 1;
  const next = (): void => {
    draw = Math.imul(draw, 1_664_525) + 1_013_904_223;
    scheduler.schedule((draw >>> 16) + 1, next);
  };
  for (let index = 0; index < PENDING; index++) next();
}

function bare(): number {
  const scheduler = new Scheduler();
  fill(scheduler);
  for (let event = 0; event < EVENTS; event++) scheduler.step();
  return EVENTS;
}

async function settled(): Promise<number> {
  const world = new World({ seed: 'bench' });
  fill(world.scheduler);
  await world.run(() => new Promise(() => {}), { maxEvents: EVENTS, limitUs: Number.POSITIVE_INFINITY });
  return EVENTS;
}

async function awaited(): Promise<number> {
  const world = new World({ seed: 'bench' });
  const sleeper = async (delayUs: number): Promise<void> => {
    for (;;) await new Promise<void>((wake) => world.scheduler.schedule(delayUs, wake));
  };
  await world.run(
    async () => {
      await Promise.all(Array.from({ length: PENDING }, (_, index) => sleeper(1000 + 7 * index)));
    },
    { maxEvents: EVENTS, limitUs: Number.POSITIVE_INFINITY },
  );
  return EVENTS;
}
