import { describe, expect, it } from 'vitest';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import { addressOf, codeOf, listen, REALM, scene, sleep, UDP_TRANSPORT, USERS } from './testdata/scene.ts';
import { startTurnServer } from './turn-server.ts';

describe('over TCP', () => {
  it('serves what it serves over UDP, padded, and the allocation ends with the connection', async () => {
    await scene({}, async ({ client, peer, server, serverEndpoint }) => {
      const { socket, endpoint, heard } = await listen(peer);
      const connection = await client.host.tcp.dial(serverEndpoint);
      const inbox: Buffer[] = [];
      connection.start({ data: (bytes) => inbox.push(Buffer.from(bytes)), end() {}, closed() {}, drained() {} });
      const exchange = async (bytes: Uint8Array) => {
        inbox.length = 0;
        connection.send(bytes);
        await sleep(peer, 50);
        return Buffer.concat(inbox);
      };
      client.nonce = attributeOf(decodeMessage(await exchange(client.encode(METHOD.allocate, []))), 'nonce')!;
      const granted = decodeMessage(await exchange(client.encode(METHOD.allocate, [UDP_TRANSPORT])));
      const relayed = attributeOf(granted, 'xor-relayed-address')!;
      const peerAddress: Attribute = { type: 'xor-peer-address', value: endpoint };
      const bind = client.encode(METHOD.channelBind, [{ type: 'channel-number', value: 0x4000 }, peerAddress]);
      expect(codeOf(decodeMessage(await exchange(bind)))).toBe('ok');

      await exchange(
        Buffer.concat([
          encodeChannelData(0x4000, Buffer.from('a'), true),
          encodeChannelData(0x4000, Buffer.from('bcdef'), true),
        ]),
      );
      expect(heard).toEqual([`a from ${relayed.port}`, `bcdef from ${relayed.port}`]);
      inbox.length = 0;
      socket.send(Buffer.from('xyz'), relayed);
      await sleep(peer, 50);
      expect(Buffer.concat(inbox).toString('hex')).toBe(`40000003${Buffer.from('xyz').toString('hex')}00`);

      // A connection that carries an allocation may be idle for as long as that lives.
      await sleep(peer, 400_000);
      const held = server.audit().udpSockets;
      connection.end();
      await sleep(peer, 1000);
      expect(server.audit().udpSockets).toBe(held! - 1);
    });
  });

  it('drops what peers send to a client that does not read', async () => {
    await scene({}, async ({ client, peer, serverEndpoint }) => {
      const { socket, endpoint } = await listen(peer);
      const connection = await client.host.tcp.dial(serverEndpoint);
      const inbox: Buffer[] = [];
      connection.start({ data: (bytes) => inbox.push(Buffer.from(bytes)), end() {}, closed() {}, drained() {} });
      connection.send(client.encode(METHOD.allocate, []));
      await sleep(peer, 50);
      client.nonce = attributeOf(decodeMessage(inbox.pop()!), 'nonce')!;
      connection.send(client.encode(METHOD.allocate, [UDP_TRANSPORT]));
      await sleep(peer, 50);
      const relayed = attributeOf(decodeMessage(inbox.pop()!), 'xor-relayed-address')!;
      connection.send(
        client.encode(METHOD.channelBind, [
          { type: 'channel-number', value: 0x4000 },
          { type: 'xor-peer-address', value: endpoint },
        ]),
      );
      await sleep(peer, 50);
      inbox.length = 0;
      connection.pause();
      for (let turn = 0; turn < 400; turn++) {
        for (let n = 0; n < 20; n++) socket.send(Buffer.alloc(1000), relayed);
        await sleep(peer, 5);
      }
      connection.resume();
      await sleep(peer, 10_000);
      const received = Buffer.concat(inbox).length / 1004;
      expect(Number.isInteger(received)).toBe(true);
      expect(received).toBeGreaterThan(10);
      expect(received).toBeLessThan(8000);
    });
  });
});

describe('besides', () => {
  it('answers Binding requests without credentials, and knows no CHANGE-REQUEST', async () => {
    await scene({}, async ({ client }) => {
      const message = await client.exchange(client.encode(METHOD.binding, []));
      expect(message!.attributes).toEqual([
        { type: 'xor-mapped-address', value: { address: addressOf(client.host), port: client.socket.local.port } },
      ]);
      const change: Attribute = { type: 'change-request', value: { address: true, port: true } };
      expect(codeOf((await client.exchange(client.encode(METHOD.binding, [change])))!)).toBe(420);
    });
  });

  it('says nothing to what is no request of its own', async () => {
    await scene({}, async ({ client }) => {
      await client.allocate();
      const base = { transactionId: Buffer.alloc(12), attributes: [] };
      const silent: Uint8Array[] = [
        encodeMessage({ ...base, messageClass: 'success', method: METHOD.allocate }),
        encodeMessage({ ...base, messageClass: 'indication', method: METHOD.binding }),
        encodeMessage({ ...base, messageClass: 'indication', method: METHOD.send }),
        encodeMessage({ ...base, messageClass: 'request', method: 0x7ff }),
        encodeChannelData(0x4000, Buffer.from('unbound'), false),
        Buffer.from('400000ff', 'hex'),
        Buffer.from('hello'),
        Buffer.alloc(0),
      ];
      for (const bytes of silent) expect(await client.exchange(bytes)).toBeUndefined();
    });
  });

  it('frees everything when it stops, reservations too', async () => {
    await scene({}, async ({ client, stop, server }) => {
      await client.allocate([{ type: 'even-port', value: { reserveNext: true } }]);
      stop();
      expect(await client.exchange(client.encode(METHOD.binding, []))).toBeUndefined();
      await sleep(server, 1000);
      expect(server.audit()).toMatchObject({ udpSockets: 0 });
    });
  });

  it('wants to know which addresses to relay from', async () => {
    await scene({}, async ({ server }) => {
      const endpoint = { address: '0.0.0.0', port: 9 };
      await expect(startTurnServer(server, { endpoint, realm: REALM, users: USERS })).rejects.toThrow(RangeError);
      const both = { endpoint, realm: REALM, users: USERS, relayAddresses: [addressOf(server)] };
      (await startTurnServer(server, both)).close();
    });
  });
});
