import { describe, expect, it } from 'vitest';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { codeOf, listen, scene, sleep } from './testdata/scene.ts';

describe('Refresh (RFC 8656 section 8.2)', () => {
  it('is refused without an allocation (437), and for another family (443)', async () => {
    await scene({}, async ({ client }) => {
      expect(await client.refresh()).toBe(437);
      expect(await client.permit('198.51.100.1')).toBe(437);
      await client.allocate();
      expect(await client.ask(METHOD.refresh, [{ type: 'requested-address-family', value: 6 }])).toBe(443);
      expect(await client.ask(METHOD.refresh, [{ type: 'requested-address-family', value: 4 }])).toBe('ok');
    });
  });

  it('prolongs the allocation, which ends on time without it and closes its port', async () => {
    await scene({}, async ({ client, server }) => {
      await client.allocate();
      const before = server.audit().udpSockets;
      await sleep(client.host, 599_000);
      expect(await client.refresh(700)).toBe('ok');
      await sleep(client.host, 699_000);
      expect(server.audit().udpSockets).toBe(before);
      await sleep(client.host, 1001);
      expect(server.audit().udpSockets).toBe(before! - 1);
      expect(await client.refresh()).toBe(437);
    });
  });

  it('with 0 deletes the allocation; said again it is 437', async () => {
    await scene({}, async ({ client }) => {
      await client.allocate();
      const message = await client.exchange(client.encode(METHOD.refresh, [{ type: 'lifetime', value: 0 }]));
      expect([codeOf(message!), attributeOf(message!, 'lifetime')]).toEqual(['ok', 0]);
      expect(await client.refresh(0)).toBe(437);
      expect(codeOf(await client.allocate())).toBe('ok');
    });
  });
});

describe('channels (RFC 8656 section 12)', () => {
  it('carry data both ways for 600 s, the permission for 300 s only', async () => {
    await scene({}, async ({ client, peer }) => {
      const relayed = attributeOf(await client.allocate([{ type: 'lifetime', value: 3600 }]), 'xor-relayed-address')!;
      const { socket, endpoint, heard } = await listen(peer);
      const both = async (text: string) => {
        client.sendOnChannel(text, 0x4001);
        socket.send(Buffer.from(text), relayed);
        await sleep(peer, 10);
      };
      await both('unbound');
      expect(await client.bind(0x4001, endpoint)).toBe('ok');
      await both('bound');
      await sleep(peer, 300_000);
      await both('without permission');
      await client.permit(endpoint.address);
      await both('with it again');
      await sleep(peer, 299_990);
      await client.permit(endpoint.address);
      await both('over');
      expect(heard.map((text) => text.split(' from')[0])).toEqual(['bound', 'with it again']);
      expect(client.heard).toEqual(['channel 4001: bound', 'channel 4001: with it again', 'data: over']);
    });
  });

  it('are bound one to one; binding again prolongs channel and permission', async () => {
    await scene({ maxPeers: 3 }, async ({ client, peer }) => {
      const relayed = attributeOf(await client.allocate([{ type: 'lifetime', value: 3600 }]), 'xor-relayed-address')!;
      const { socket, endpoint } = await listen(peer);
      const elsewhere = { ...endpoint, port: 9 };
      expect(await client.bind(0x4001, endpoint)).toBe('ok');
      expect(await client.bind(0x4001, elsewhere)).toBe(400);
      expect(await client.bind(0x4002, endpoint)).toBe(400);
      for (const number of [0x3fff, 0x8000, 0xffff]) expect(await client.bind(number, elsewhere)).toBe(400);
      expect(await client.bind(0x4002, { ...endpoint, port: 0 })).toBe(400);
      expect(await client.ask(METHOD.channelBind, [{ type: 'channel-number', value: 0x4002 }])).toBe(400);
      for (let turn = 0; turn < 4; turn++) {
        await sleep(peer, 290_000);
        expect(await client.bind(0x4001, endpoint)).toBe('ok');
      }
      socket.send(Buffer.from('still'), relayed);
      await sleep(peer, 10);
      expect(client.heard).toEqual(['channel 4001: still']);
      expect(await client.bind(0x4002, elsewhere)).toBe('ok');
      expect(await client.bind(0x4003, { ...endpoint, port: 10 })).toBe('ok');
      expect(await client.bind(0x4004, { ...endpoint, port: 11 })).toBe(508);
      await sleep(peer, 600_000);
      expect(await client.bind(0x4004, endpoint)).toBe('ok');
      expect(await client.bind(0x4001, elsewhere)).toBe('ok');
    });
  });
});
