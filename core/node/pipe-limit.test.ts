import { expect, it } from 'vitest';
import { startInfrastructure } from '../../lab-cli/trial/infrastructure.ts';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { resolveBehaviour } from '../nat/behaviour.ts';
import { sleep } from '../ports/sleep.ts';
import { Node, type Pipe } from './index.ts';

it('a node lets others open 1,024 pipes, whatever it has opened itself, and has room again when one closes', async () => {
  const world = new World({ seed: 'pipe limit' });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 1000 });
  const nats = [resolveBehaviour({ translation: 'none' })];
  const [caller, called] = (['caller', 'called'] as const).map((name) => topology.side(name, { nats, link }).host);
  const result = await world.run(async () => {
    const { stun } = await startInfrastructure(topology);
    const start = (host: SimHost) => Node.start(host, { servers: { stun } });
    const [alice, bob] = await Promise.all([start(caller!), start(called!)]);
    const closed = new Set<Pipe>();
    const call = async (from: Node, to: Node): Promise<Pipe | undefined> => {
      const [pipe] = await from.connect(to.addressText);
      void pipe.closed.then(() => closed.add(pipe));
      await sleep(caller!.clock, 250); // As fast as callers are taken.
      return closed.has(pipe) ? undefined : pipe;
    };
    for (let own = 0; own < 3; own++) expect(await call(bob, alice)).toBeDefined();
    const pipes: Pipe[] = [];
    for (let pipe = await call(alice, bob); pipe; pipe = await call(alice, bob)) pipes.push(pipe);
    expect([pipes.length, closed.size]).toEqual([1024, 1]);
    expect(await call(bob, alice)).toBeDefined();
    pipes[0]!.close();
    await sleep(caller!.clock, 1000);
    expect(await call(alice, bob)).toBeDefined();
    await Promise.all([alice.close(), bob.close()]);
  });
  expect(result.outcome === 'crashed' ? result.error : result.outcome).toBe('done');
}, 60_000);
