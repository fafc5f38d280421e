import { describe, expect, it } from 'vitest';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { codeOf, listen, scene, sleep, UDP_TRANSPORT } from './testdata/scene.ts';

describe('what a client can’t do with a TURN server (RFC 8656 section 21)', () => {
  it.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '127.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
  ])('reach %s', async (address) => {
    await scene({}, async ({ client }) => {
      await client.allocate();
      expect(await client.permit(address)).toBe(403);
      expect(await client.bind(0x4000, { address, port: 53 })).toBe(403);
    });
  });

  it.each(['::1', 'fd00::1', 'fe80::1', 'ff02::1', '::ffff:8.8.8.8', '64:ff9b::a00:1', '::127.0.0.1'])(
    'reach %s',
    async (address) => {
      await scene({ relayAddresses: ['::1'] }, async ({ client }) => {
        await client.allocate([{ type: 'requested-address-family', value: 6 }]);
        // The server's own relayed address is the loopback here: as an address it may be named, its services may not.
        const expected = address === '::1' ? 'ok' : 403;
        expect(await client.permit(address)).toBe(expected);
        expect(await client.bind(0x4000, { address, port: 53 })).toBe(403);
      });
    },
  );

  it('reach what else listens on the server’s machine', async () => {
    await scene({}, async ({ client, server, serverEndpoint }) => {
      await client.allocate();
      const heard: string[] = [];
      const service = await server.udp.bind({ port: 53 });
      service.onMessage = (data) => heard.push(Buffer.from(data).toString());
      expect(await client.permit(serverEndpoint.address)).toBe('ok');
      client.send('a query', { address: serverEndpoint.address, port: 53 });
      expect(await client.bind(0x4000, { address: serverEndpoint.address, port: 53 })).toBe(403);
      client.sendOnChannel('another', 0x4000);
      await sleep(server, 100);
      expect(heard).toEqual([]);
      service.close();
    });
  });

  it('send to its own relayed address', async () => {
    await scene({}, async ({ client, server }) => {
      const relayed = attributeOf(await client.allocate(), 'xor-relayed-address')!;
      await client.permit(relayed.address);
      client.send('round and round', relayed);
      await sleep(server, 100);
      expect(client.heard).toEqual([]);
    });
  });

  it('have more than its share of an address, by whatever name', async () => {
    await scene({ maxAllocationsPerAddress: 2 }, async ({ another }) => {
      const [one, two, three] = [await another('ann'), await another('bob'), await another('ann')];
      expect(codeOf(await one.allocate())).toBe('ok');
      expect(codeOf(await two.allocate())).toBe('ok');
      expect(codeOf(await three.allocate())).toBe(486);
      expect(await one.refresh(0)).toBe('ok');
      expect(codeOf(await three.allocate())).toBe('ok');
    });
  });

  it('make it answer floods of requests, while allocations go on', async () => {
    await scene({ requestLimit: { perSecond: 10, burst: 20 } }, async ({ client, another, peer }) => {
      await client.allocate();
      const { endpoint, heard } = await listen(peer);
      await client.permit(endpoint.address);
      const flooder = await another();
      let answers = 0;
      flooder.socket.onMessage = () => void answers++;
      for (let n = 0; n < 500; n++)
        flooder.socket.send(flooder.encode(METHOD.allocate, [UDP_TRANSPORT]), flooder.server);
      client.send('still there', endpoint);
      await sleep(peer, 1000);
      // Three of the twenty were the client's own; half a second and more bring a few.
      expect(answers).toBeGreaterThan(10);
      expect(answers).toBeLessThan(30);
      expect(heard).toHaveLength(1);
    });
  });

  it('relay faster than its rate', async () => {
    await scene({ maxBytesPerSecond: 10_000 }, async ({ client, peer }) => {
      await client.allocate();
      const { endpoint, heard } = await listen(peer);
      await client.permit(endpoint.address);
      for (let n = 0; n < 1000; n++) client.send('x'.repeat(1000), endpoint);
      await sleep(peer, 1000);
      const first = heard.length;
      expect(first).toBeGreaterThanOrEqual(65);
      expect(first).toBeLessThan(80);
      for (let n = 0; n < 1000; n++) client.send('x'.repeat(1000), endpoint);
      await sleep(peer, 1000);
      expect(heard.length - first).toBeLessThanOrEqual(11);
    });
  });
});
