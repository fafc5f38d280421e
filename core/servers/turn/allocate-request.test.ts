import { describe, expect, it } from 'vitest';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { addressOf, Client, codeOf, REALM, scene, sleep, slowToBind, UDP_TRANSPORT, USERS } from './testdata/scene.ts';
import { startTurnServer } from './turn-server.ts';

describe('Allocate (RFC 8656 section 7.2)', () => {
  it('grants a relayed address on a port of the dynamic range, and says how it sees us', async () => {
    await scene({}, async ({ client, serverEndpoint }) => {
      const message = await client.allocate();
      const relayed = attributeOf(message, 'xor-relayed-address')!;
      expect(relayed.address).toBe(serverEndpoint.address);
      expect(relayed.port).toBeGreaterThanOrEqual(49_152);
      expect(attributeOf(message, 'lifetime')).toBe(600);
      expect(attributeOf(message, 'xor-mapped-address')).toEqual({
        address: addressOf(client.host),
        port: client.socket.local.port,
      });
    });
  });

  it('answers a retransmitted request the same, and any other with 437', async () => {
    await scene({}, async ({ client }) => {
      await client.challenge();
      const request = client.encode(METHOD.allocate, [UDP_TRANSPORT]);
      const first = await client.exchange(request);
      const again = await client.exchange(request);
      expect(codeOf(first!)).toBe('ok');
      expect(again!.bytes).toEqual(first!.bytes);
      expect(await client.ask(METHOD.allocate, [UDP_TRANSPORT])).toBe(437);
    });
  });

  it('takes one port for a request that comes again while the port is being opened', async () => {
    await scene({}, async ({ client, serverEndpoint, server }) => {
      const slow = { ...serverEndpoint, port: 9 };
      const running = await startTurnServer(slowToBind(server), { endpoint: slow, realm: REALM, users: USERS });
      const own = new Client(client.host, client.socket, slow, 'ann');
      await own.challenge();
      const before = server.audit().udpSockets!;
      const request = own.encode(METHOD.allocate, [UDP_TRANSPORT]);
      own.socket.send(request, slow);
      own.socket.send(own.encode(METHOD.allocate, [UDP_TRANSPORT]), slow);
      const answer = await own.exchange(request);
      expect(codeOf(answer!)).toBe(437);
      await sleep(server, 1000);
      expect(server.audit().udpSockets).toBe(before + 1);
      running.close();
    });
  });

  it('gives up a port that opens after the client or the server has gone', async () => {
    await scene({}, async ({ client, serverEndpoint, server }) => {
      const slow = { ...serverEndpoint, port: 9 };
      const running = await startTurnServer(slowToBind(server), { endpoint: slow, realm: REALM, users: USERS });
      const before = server.audit().udpSockets!;
      const connection = await client.host.tcp.dial(slow);
      const own = new Client(client.host, client.socket, slow, 'ann');
      await own.challenge();
      connection.send(own.encode(METHOD.allocate, [UDP_TRANSPORT]));
      await sleep(server, 50);
      connection.reset();
      await sleep(server, 1000);
      expect(server.audit().udpSockets).toBe(before);
      own.socket.send(own.encode(METHOD.allocate, [UDP_TRANSPORT]), slow);
      await sleep(server, 50);
      running.close();
      await sleep(server, 1000);
      expect(server.audit().udpSockets).toBe(before - 1);
    });
  });

  it.each<[string, Attribute[], number]>([
    ['no transport', [], 400],
    ['TCP', [{ type: 'requested-transport', value: 6 }], 442],
    ['a family that we can’t', [UDP_TRANSPORT, { type: 'requested-address-family', value: 6 }], 440],
    ['a token that nobody has', [UDP_TRANSPORT, { type: 'reservation-token', value: Buffer.alloc(8) }], 508],
    [
      'a token and an even port',
      [
        UDP_TRANSPORT,
        { type: 'reservation-token', value: Buffer.alloc(8) },
        { type: 'even-port', value: { reserveNext: false } },
      ],
      400,
    ],
    [
      'a token and a family',
      [
        UDP_TRANSPORT,
        { type: 'reservation-token', value: Buffer.alloc(8) },
        { type: 'requested-address-family', value: 4 },
      ],
      400,
    ],
    ['an attribute that makes no sense', [{ type: 'unknown', code: 0x0019, value: Buffer.alloc(3) }], 400],
  ])('refuses %s', async (_name, attributes, code) => {
    await scene({}, async ({ client }) => {
      expect(await client.ask(METHOD.allocate, attributes)).toBe(code);
      expect(await client.ask(METHOD.allocate, [UDP_TRANSPORT])).toBe('ok');
    });
  });

  it('refuses DONT-FRAGMENT as unknown, as the standard has it for servers that can’t', async () => {
    await scene({}, async ({ client }) => {
      const message = await client.allocate([{ type: 'dont-fragment', value: true }]);
      expect(codeOf(message)).toBe(420);
      expect(attributeOf(message, 'unknown-attributes')).toEqual([0x001a]);
    });
  });

  it.each([
    [undefined, 600],
    [1, 600],
    [900, 900],
    [7200, 3600],
  ])('grants a lifetime of %s s as %s s', async (wanted, granted) => {
    await scene({}, async ({ client }) => {
      const message = await client.allocate(wanted === undefined ? [] : [{ type: 'lifetime', value: wanted }]);
      expect(attributeOf(message, 'lifetime')).toBe(granted);
    });
  });

  it('gives even ports, and keeps the next one for 30 s for who has its token', async () => {
    await scene({}, async ({ another }) => {
      const [first, second, third, late] = [await another(), await another(), await another(), await another()];
      const even = await first.allocate([{ type: 'even-port', value: { reserveNext: true } }]);
      const { port } = attributeOf(even, 'xor-relayed-address')!;
      const token = attributeOf(even, 'reservation-token')!;
      expect(port % 2).toBe(0);
      const next = await second.allocate([{ type: 'reservation-token', value: token }]);
      expect(attributeOf(next, 'xor-relayed-address')!.port).toBe(port + 1);
      expect(codeOf(await third.allocate([{ type: 'reservation-token', value: token }]))).toBe(508);

      const lone = await third.allocate([{ type: 'even-port', value: { reserveNext: true } }]);
      await sleep(third.host, 30_000);
      const old = attributeOf(lone, 'reservation-token')!;
      expect(codeOf(await late.allocate([{ type: 'reservation-token', value: old }]))).toBe(508);
      const single = await late.allocate([{ type: 'even-port', value: { reserveNext: false } }]);
      expect(attributeOf(single, 'xor-relayed-address')!.port % 2).toBe(0);
      expect(attributeOf(single, 'reservation-token')).toBeUndefined();
    });
  });

  it('keeps its quotas, for a user (486) and in all (508), reserved ports included', async () => {
    await scene({ maxAllocations: 4, maxAllocationsPerUser: 2 }, async ({ another }) => {
      const clients = [
        await another('ann'),
        await another('ann'),
        await another('ann'),
        await another('bob'),
        await another('bob'),
      ] as const;
      expect(codeOf(await clients[0].allocate())).toBe('ok');
      expect(codeOf(await clients[1].allocate())).toBe('ok');
      expect(codeOf(await clients[2].allocate())).toBe(486);
      expect(codeOf(await clients[3].allocate([{ type: 'even-port', value: { reserveNext: true } }]))).toBe('ok');
      expect(codeOf(await clients[4].allocate())).toBe(508);
      expect(await clients[0].refresh(0)).toBe('ok');
      expect(codeOf(await clients[2].allocate())).toBe('ok');
    });
  });

  it('says 508 when no port is left', async () => {
    await scene({ relayPorts: [50_000, 50_001] }, async ({ another }) => {
      const clients = [await another(), await another(), await another()] as const;
      const ports = [await clients[0].allocate(), await clients[1].allocate()].map(
        (m) => attributeOf(m, 'xor-relayed-address')?.port,
      );
      expect(ports.toSorted()).toEqual([50_000, 50_001]);
      expect(codeOf(await clients[2].allocate())).toBe(508);
      expect(codeOf(await clients[2].allocate([{ type: 'even-port', value: { reserveNext: true } }]))).toBe(508);
    });
  });
});
