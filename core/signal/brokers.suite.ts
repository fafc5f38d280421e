import { expect, test } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import type { TcpConnection, TcpListener } from '../ports/index.ts';
import { inLab, type Lab, type MakeLab, pause } from '../ports/lab.suite.ts';
import type { MqttServer } from '../servers/mqtt/mqtt-server.ts';
import { rankBrokers } from './broker-rank.ts';
import { startBroker, Talker, until } from './signal-helpers.suite.ts';

const startBrokers = (lab: Lab, count: number) => Promise.all(Array.from({ length: count }, () => startBroker(lab)));
const closeAll = (...talkers: Talker[]) => Promise.all(talkers.map(({ channel }) => channel.close()));

/** Servers and their endpoints, best first for a node. */
function ranked(servers: readonly MqttServer[], { key }: Talker): MqttServer[] {
  return rankBrokers(
    servers.map((server) => ({ endpoint: server.local, server })),
    key,
  ).map(({ server }) => server);
}

/** A broker that says yes to everything, and passes nothing on. */
async function startBlackHole({ hosts, addresses }: Lab): Promise<{ local: Endpoint; close(): void }> {
  const connections: TcpConnection[] = [];
  const listener: TcpListener = await hosts[1].tcp.listen({ address: addresses[1] }, (connection) => {
    connections.push(connection);
    connection.start({
      data: (packet) => {
        const [type] = packet;
        if (type === 0x10) connection.send(Buffer.from([0x20, 0x02, 0x00, 0x00]));
        else if (type === 0x82) connection.send(Buffer.from([0x90, 0x03, ...packet.subarray(2, 4), 0x00]));
        else if (type === 0x32) connection.send(Buffer.from([0x40, 0x02, ...packetId(packet)]));
      },
      end: () => connection.end(),
      closed: () => {},
      drained: () => {},
    });
  });
  return {
    local: listener.local,
    close() {
      listener.close();
      for (const connection of connections) connection.reset();
    },
  };
}

/** Stands between us and a broker, as a NAT does: what it forgets it goes on taking, and passes on no more. */
async function startForgetful({ hosts, addresses }: Lab, broker: Endpoint) {
  const pairs: { forgotten: boolean; readonly ends: readonly TcpConnection[] }[] = [];
  const listener = await hosts[1].tcp.listen({ address: addresses[1] }, async (near) => {
    const far = await hosts[1].tcp.dial(broker);
    const pair = { forgotten: false, ends: [near, far] };
    pairs.push(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.start({
        data: (bytes) => void (pair.forgotten || to.send(bytes)),
        end: () => void (pair.forgotten || to.end()),
        closed: () => {},
        drained: () => {},
      });
    }
  });
  return {
    local: listener.local,
    forget() {
      for (const pair of pairs) pair.forgotten = true;
    },
    close() {
      listener.close();
      for (const { ends } of pairs) for (const end of ends) end.reset();
    },
  };
}

/** MQTT 3.1.1 section 3.3: remaining length, topic, packet id. */
function packetId(publish: Uint8Array): Uint8Array {
  let offset = 1;
  while (publish[offset++]! >= 0x80);
  const topic = publish[offset]! * 256 + publish[offset + 1]!;
  return publish.subarray(offset + 2 + topic, offset + 4 + topic);
}

/** Several brokers: who is where, what happens when one fails. */
export function brokersSuite(makeLab: MakeLab): void {
  test(
    'what comes over two brokers is delivered once, and one may fail',
    inLab(makeLab, async (lab) => {
      const servers = await startBrokers(lab, 2);
      const brokers = servers.map(({ local }) => local);
      const alice = await Talker.open(lab.hosts[0], brokers);
      const bob = await Talker.open(lab.hosts[1], brokers);
      const [first, second] = ranked(servers, bob);
      expect(bob.channel.readyBrokers).toEqual([first!.local, second!.local]);
      await alice.say(bob, 'twice');
      await bob.refused('duplicate');
      await bob.say(alice, 'heard');
      // Now that alice knows where bob is, one copy does.
      await alice.say(bob, 'once');
      await bob.heard(2);
      await first!.close();
      await alice.say(bob, 'over the other');
      expect(bob.texts).toEqual(['twice', 'once', 'over the other']);
      expect(bob.channel.counters.refused).toEqual(new Map([['duplicate', 1]]));
      await closeAll(alice, bob);
      await second!.close();
    }),
  );

  test(
    'a home that fails is stood in for, and is found again by who knows an old address only',
    inLab(makeLab, async (lab) => {
      const { clock } = lab.hosts[0];
      const servers = await startBrokers(lab, 4);
      const brokers = servers.map(({ local }) => local);
      const bob = await Talker.open(lab.hosts[1], brokers, { redundancy: 1 });
      const [home, substitute, ...rest] = ranked(servers, bob);
      expect(bob.channel.readyBrokers).toEqual([home!.local]);
      const { port } = home!.local;
      await home!.close();
      await until(clock, () => bob.channel.readyBrokers[0]?.port === substitute!.local.port);
      const alice = await Talker.open(lab.hosts[0], brokers, { redundancy: 1 });
      await alice.say(bob, 'are you there?', [home!.local]);
      const again = await startBroker(lab, { port });
      await until(clock, () => bob.channel.readyBrokers[0]?.port === port);
      await alice.say(bob, 'and now?', [home!.local]);
      expect(bob.texts).toEqual(['are you there?', 'and now?']);
      await closeAll(alice, bob);
      for (const server of [substitute!, again, ...rest]) await server.close();
    }),
  );

  test(
    'who has other brokers is met there, if we asked for it',
    inLab(makeLab, async (lab) => {
      const [here, there] = await startBrokers(lab, 2);
      const alice = await Talker.open(lab.hosts[0], [here!.local]);
      const bob = await Talker.open(lab.hosts[1], [there!.local]);
      // A stranger's address must not make us dial whatever it names.
      const hinted = alice.say(bob, 'over there', [there!.local], { timeoutMs: 500 });
      await expect(hinted).rejects.toMatchObject({ code: 'unacknowledged' });
      expect(there!.connections).toBe(1);
      await alice.say(bob, 'over there', [there!.local], { dialUnknown: true });
      await bob.say(alice, 'back the way it came', []);
      expect([bob.texts, alice.texts]).toEqual([['over there'], ['back the way it came']]);
      expect(alice.channel.readyBrokers).toEqual([here!.local]);
      await closeAll(alice, bob);
      await Promise.all([here!.close(), there!.close()]);
    }),
  );

  test(
    'a broker that passes nothing on is found out',
    inLab(makeLab, async (lab) => {
      const [good, hole] = [await startBroker(lab), await startBlackHole(lab)];
      const alice = await Talker.open(lab.hosts[0], [hole.local, good.local]);
      const bob = await Talker.open(lab.hosts[1], [good.local]);
      await alice.say(bob, 'by another way', [hole.local]);
      expect(bob.texts).toEqual(['by another way']);
      await closeAll(alice, bob);
      hole.close();
      await good.close();
      await pause(lab.hosts[0].clock, 50);
    }),
  );

  test(
    'a connection that is dead without a word is given up for another',
    inLab(makeLab, async (lab) => {
      const server = await startBroker(lab);
      const nat = await startForgetful(lab, server.local);
      const alice = await Talker.open(lab.hosts[0], [nat.local]);
      const bob = await Talker.open(lab.hosts[1], [server.local]);
      await alice.say(bob, 'here');
      nat.forget();
      // TCP itself would go on for minutes, and both ends take the connection for alive.
      const lost = bob.say(alice, 'to where you were', [], { timeoutMs: 8000 });
      await alice.say(bob, 'here again', [], { timeoutMs: 5000 });
      await lost;
      expect([bob.texts, alice.texts]).toEqual([['here', 'here again'], ['to where you were']]);
      await closeAll(alice, bob);
      nat.close();
      await server.close();
      await pause(lab.hosts[0].clock, 50);
    }),
  );
}
