import { describe, expect, test } from 'vitest';
import { namesSuite } from '../core/names/names.suite.ts';
import type { Lab } from '../core/ports/lab.suite.ts';
import { mqttServerSuite } from '../core/servers/mqtt/mqtt-server.suite.ts';
import { startMqttServer } from '../core/servers/mqtt/mqtt-server.ts';
import { signalSuite } from '../core/signal/signal.suite.ts';
import { Talker } from '../core/signal/signal-helpers.suite.ts';
import { tcpStreamSuite } from '../core/signal/tcp-stream.suite.ts';
import { ntpSuite } from '../core/time/ntp.suite.ts';
import { SimHost } from './host/sim-host.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import { World, type WorldOptions } from './world/world.ts';

const LINK: Link = { up: { latencyUs: 20_000, jitterUs: 4000, lossPpm: 20_000 }, down: { latencyUs: 15_000 } };

function pair(options: WorldOptions, link: Link): { world: World; hosts: readonly [SimHost, SimHost] } {
  const world = new World(options);
  const segment = new Segment(world);
  const attach = (name: string, address: string): SimHost => {
    const host = new SimHost(world, name);
    host.attach(segment, { addresses: [address], link });
    return host;
  };
  return { world, hosts: [attach('a', '192.0.2.1/24'), attach('b', '192.0.2.2/24')] };
}

function makeLab(link: Link): () => Promise<Lab> {
  return async () => {
    const { world, hosts } = pair({ seed: 'signal' }, link);
    let open: Record<string, number> = {};
    return {
      hosts,
      addresses: ['192.0.2.1', '192.0.2.2'],
      silent: () => Promise.reject(new Error('nothing here is silent')),
      async run(body) {
        const result = await world.run(async () => {
          const value = await body();
          // Longer than a stream lingers, shorter than TIME-WAIT.
          await new Promise((resolve) => hosts[0].clock.after(6000, () => resolve(undefined)));
          open = world.audit();
          return value;
        });
        if (result.outcome === 'done') return result.value;
        throw result.outcome === 'crashed' ? result.error : new Error(result.outcome);
      },
      async close() {
        expect(open.tcpSockets).toBe(0);
      },
    };
  };
}

for (const [name, link] of [
  ['a simulated network', symmetricLink({ latencyUs: 10_000 })],
  ['a simulated network with loss and jitter', LINK],
] as const) {
  signalSuite(name, makeLab(link));
  mqttServerSuite(name, makeLab(link));
  tcpStreamSuite(name, makeLab(link));
  namesSuite(name, makeLab(link));
  ntpSuite(name, makeLab(link));
}

/** A conversation with a broker that restarts. @returns the hash of every packet, and when it was over */
async function conversation(options: WorldOptions): Promise<{ hash: string; endUs: number }> {
  const { world, hosts } = pair(options, LINK);
  const result = await world.run(async () => {
    const where = { address: '192.0.2.2', port: 1883 };
    const server = await startMqttServer(hosts[1], where);
    const alice = await Talker.open(hosts[0], [where]);
    const bob = await Talker.open(hosts[1], [where]);
    for (let index = 0; index < 5; index++) await alice.say(bob, `message ${index}`);
    await server.close();
    const late = alice.say(bob, 'late');
    const again = await startMqttServer(hosts[1], where);
    await late;
    await Promise.all([alice.channel.close(), bob.channel.close()]);
    await again.close();
    return world.now;
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return { hash: world.trace.hash.digest(), endUs: result.value };
}

describe('MQTT.js and aedes in virtual time', () => {
  test('put the same bytes on the wire at the same instants, time after time', async () => {
    const first = await conversation({ seed: 'one' });
    expect(await conversation({ seed: 'one' })).toEqual(first);
    expect(await conversation({ seed: 'one', settling: 'immediate' })).toEqual(first);
    expect((await conversation({ seed: 'two' })).hash).not.toBe(first.hash);
  });
});
