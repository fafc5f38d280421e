import { describe, expect, it } from 'vitest';
import { type Attribute, attributeOf, attributesOf } from '../../wire/stun/attribute.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { Client, codeOf, REALM, type Scene, scene, sleep, UDP_TRANSPORT, USERS } from './testdata/scene.ts';
import type { TurnServerOptions } from './turn-options.ts';
import { startTurnServer } from './turn-server.ts';

const BOTH: Attribute = { type: 'additional-address-family', value: 6 };

/** A server that relays both families; its IPv6 address is one that every host has. */
async function dual(options: Partial<TurnServerOptions>, play: (scene: Scene) => Promise<void>): Promise<void> {
  await scene({}, async (outer) => {
    outer.stop();
    const endpoint = outer.serverEndpoint;
    const relayAddresses = [endpoint.address, '::1'];
    const running = await startTurnServer(outer.server, {
      endpoint,
      realm: REALM,
      users: USERS,
      relayAddresses,
      ...options,
    });
    await play(outer);
    running.close();
  });
}

describe('relayed addresses of both families (RFC 8656 section 7.2)', () => {
  it('are granted together, IPv4 first, and each takes peers of its own', async () => {
    await dual({ allowPeer: () => true }, async ({ client, server }) => {
      const message = await client.allocate([BOTH]);
      const [v4, v6, third] = attributesOf(message, 'xor-relayed-address');
      expect([v4!.address.includes(':'), v6!.address, third]).toEqual([false, '::1', undefined]);
      expect(attributeOf(message, 'address-error-code')).toBeUndefined();

      const peer = await server.udp.bind({ address: '::1' });
      const heard: string[] = [];
      peer.onMessage = (data, from) => {
        heard.push(`${Buffer.from(data)} from ${from.port}`);
        peer.send(Buffer.from('and back'), from);
      };
      expect(await client.permit('::1', '198.51.100.1')).toBe('ok');
      client.send('over IPv6', peer.local);
      await sleep(server, 100);
      expect(heard).toEqual([`over IPv6 from ${v6!.port}`]);
      expect(client.heard).toEqual(['data: and back']);
      peer.close();
    });
  });

  it.each<[string, Attribute]>([
    ['RFC 8656', BOTH],
    ['the draft, as coturn’s clients do', { type: 'unknown', code: 0x8032, value: Buffer.of(2, 0, 0, 0) }],
  ])('are granted by the number of %s, on even ports where these are asked for', async (_name, additional) => {
    await dual({}, async ({ client }) => {
      const message = await client.allocate([additional, { type: 'even-port', value: { reserveNext: false } }]);
      const relayed = attributesOf(message, 'xor-relayed-address');
      expect(relayed.map(({ address, port }) => [address.includes(':'), port % 2])).toEqual([
        [false, 0],
        [true, 0],
      ]);
    });
  });

  it('end one by one, and with the last the allocation', async () => {
    await dual({}, async ({ client }) => {
      const end = (value: 4 | 6) =>
        client.ask(METHOD.refresh, [
          { type: 'lifetime', value: 0 },
          { type: 'requested-address-family', value },
        ]);
      await client.allocate([BOTH]);
      expect(await end(4)).toBe('ok');
      expect(await client.permit('198.51.100.1')).toBe(443);
      expect(await end(4)).toBe(443);
      expect(await client.permit('2001:db8::1')).toBe('ok');
      expect(await client.refresh()).toBe('ok');
      expect(await end(6)).toBe('ok');
      expect(await client.refresh()).toBe(437);
    });
  });

  it('come with the reason why there is none of one family', async () => {
    await scene({}, async ({ client }) => {
      const message = await client.allocate([BOTH]);
      expect(codeOf(message)).toBe('ok');
      expect(attributesOf(message, 'xor-relayed-address')).toHaveLength(1);
      expect(attributeOf(message, 'address-error-code')).toMatchObject({ family: 6, code: 440 });
    });
  });

  it('are granted even if there is no IPv4', async () => {
    await dual({ relayAddresses: ['::1'] }, async ({ client }) => {
      const message = await client.allocate([BOTH]);
      expect(attributeOf(message, 'xor-relayed-address')!.address).toBe('::1');
      expect(attributeOf(message, 'address-error-code')).toMatchObject({ family: 4, code: 440 });
    });
  });

  it.each<[string, Attribute[]]>([
    ['IPv4 on top', [{ type: 'additional-address-family', value: 4 }]],
    ['a requested family', [BOTH, { type: 'requested-address-family', value: 6 }]],
    ['a reserved next port', [BOTH, { type: 'even-port', value: { reserveNext: true } }]],
    ['a token', [BOTH, { type: 'reservation-token', value: Buffer.alloc(8) }]],
  ])('can’t be asked for together with %s (400)', async (_name, attributes) => {
    await dual({}, async ({ client }) => {
      expect(await client.ask(METHOD.allocate, [UDP_TRANSPORT, ...attributes])).toBe(400);
    });
  });
});

describe('a server behind a NAT that maps addresses one to one', () => {
  it('names the address that others see, and relays between two clients that name it', async () => {
    const outside = '198.51.100.200';
    await scene({}, async ({ server, serverEndpoint: { address }, another }) => {
      const endpoint = { address, port: 9 };
      const publicAddresses = new Map([[address, outside]]);
      const running = await startTurnServer(server, { endpoint, realm: REALM, users: USERS, publicAddresses });
      const [ann, bob] = [await another('ann'), await another('bob')].map(
        ({ host, socket, username }) => new Client(host, socket, endpoint, username),
      ) as [Client, Client];
      const [annRelayed, bobRelayed] = [await ann.allocate(), await bob.allocate()].map(
        (message) => attributeOf(message, 'xor-relayed-address')!,
      );
      expect(annRelayed!.address).toBe(outside);
      expect(await ann.permit(outside)).toBe('ok');
      expect(await bob.bind(0x4abc, annRelayed!)).toBe('ok');
      expect(await bob.bind(0x4abd, { address: outside, port: 9 })).toBe(403);
      ann.send('hello', bobRelayed!);
      await sleep(server, 100);
      bob.sendOnChannel('hello back', 0x4abc);
      await sleep(server, 100);
      expect([ann.heard, bob.heard]).toEqual([['data: hello back'], ['channel 4abc: hello']]);
      running.close();
    });
  });
});
