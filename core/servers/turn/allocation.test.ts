import { describe, expect, it } from 'vitest';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { listen, scene, sleep } from './testdata/scene.ts';

describe('permissions and data (RFC 8656 sections 9 to 11)', () => {
  it('let a peer in by its address, whatever its port, and last 300 s exactly', async () => {
    await scene({}, async ({ client, peer }) => {
      const relayed = attributeOf(await client.allocate(), 'xor-relayed-address')!;
      const { socket, endpoint, heard } = await listen(peer);
      const other = await listen(peer);
      client.send('before', endpoint);
      socket.send(Buffer.from('before'), relayed);
      await sleep(peer, 100);
      expect(await client.permit(endpoint.address)).toBe('ok');
      client.send('out', endpoint);
      socket.send(Buffer.from('in'), relayed);
      other.socket.send(Buffer.from('in by another port'), relayed);
      await sleep(peer, 299_990);
      client.send('just in time', endpoint);
      socket.send(Buffer.from('just in time'), relayed);
      await sleep(peer, 20);
      client.send('late', endpoint);
      socket.send(Buffer.from('late'), relayed);
      await sleep(peer, 100);
      expect(heard).toEqual([`out from ${relayed.port}`, `just in time from ${relayed.port}`]);
      expect(client.heard).toEqual(['data: in', 'data: in by another port', 'data: just in time']);
    });
  });

  it.each<[string, string, number]>([
    ['the loopback', '127.0.0.1', 403],
    ['this host', '0.0.0.0', 403],
    ['this network', '0.1.2.3', 403],
    ['a multicast group', '224.0.0.1', 403],
    ['everybody', '255.255.255.255', 403],
    ['another family', '2001:db8::1', 443],
  ])('are not given for %s', async (_name, address, code) => {
    await scene({}, async ({ client }) => {
      await client.allocate();
      expect(await client.permit(address)).toBe(code);
      expect(await client.bind(0x4000, { address, port: 9 })).toBe(code);
      // All or nothing.
      expect(await client.permit('198.51.100.7', address)).toBe(code);
    });
  });

  it('are given for what allowPeer allows, and only that', async () => {
    await scene({ allowPeer: (address) => address === '127.0.0.1' }, async ({ client }) => {
      await client.allocate();
      expect(await client.permit('127.0.0.1')).toBe('ok');
      expect(await client.permit('198.51.100.7')).toBe(403);
    });
  });

  it('need a peer (400), and have a limit (508) that expired ones don’t count for', async () => {
    await scene({ maxPeers: 2 }, async ({ client }) => {
      await client.allocate([{ type: 'lifetime', value: 3600 }]);
      expect(await client.permit()).toBe(400);
      expect(await client.permit('198.51.100.1', '198.51.100.2')).toBe('ok');
      expect(await client.permit('198.51.100.3')).toBe(508);
      expect(await client.permit('198.51.100.2')).toBe('ok');
      await sleep(client.host, 300_000);
      expect(await client.permit('198.51.100.3')).toBe('ok');
    });
  });

  it('discards Send indications that are not in order', async () => {
    await scene({}, async ({ client, peer, another }) => {
      await client.allocate();
      const { endpoint, heard } = await listen(peer);
      await client.permit(endpoint.address);
      client.send('with DONT-FRAGMENT', endpoint, { type: 'dont-fragment', value: true });
      client.send('to port 0', { ...endpoint, port: 0 });
      (await another()).send('without an allocation', endpoint);
      client.send('', endpoint);
      client.send('well', endpoint);
      await sleep(peer, 100);
      expect(heard.map((text) => text.split(' from')[0])).toEqual(['', 'well']);
    });
  });

  it('relays between two clients of the same server, but not to the server’s own port', async () => {
    await scene({}, async ({ another, serverEndpoint }) => {
      const [ann, bob] = [await another('ann'), await another('bob')];
      const annRelayed = attributeOf(await ann.allocate(), 'xor-relayed-address')!;
      const bobRelayed = attributeOf(await bob.allocate(), 'xor-relayed-address')!;
      expect(await ann.permit(bobRelayed.address)).toBe('ok');
      expect(await bob.bind(0x4abc, annRelayed)).toBe('ok');
      ann.send('hello', bobRelayed);
      await sleep(ann.host, 100);
      bob.sendOnChannel('hello back', 0x4abc);
      await sleep(ann.host, 100);
      expect([ann.heard, bob.heard]).toEqual([['data: hello back'], ['channel 4abc: hello']]);

      expect(await ann.bind(0x4000, serverEndpoint)).toBe(403);
      ann.send(ann.encode(METHOD.binding, []).toString('latin1'), serverEndpoint);
      await sleep(ann.host, 100);
      expect(ann.heard).toHaveLength(1);
    });
  });

  it('drops a datagram from a peer that no message could carry', async () => {
    await scene({}, async ({ client, peer }) => {
      const relayed = attributeOf(await client.allocate(), 'xor-relayed-address')!;
      const { socket, endpoint } = await listen(peer);
      await client.permit(endpoint.address);
      socket.send(Buffer.alloc(65_507), relayed);
      socket.send(Buffer.from('short'), relayed);
      await sleep(peer, 100);
      expect(client.heard.at(-1)).toBe('data: short');
    });
  });
});
