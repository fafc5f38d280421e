import { describe, expect, it } from 'vitest';
import { symmetricLink, Topology, World } from '../../../simulator/index.ts';
import { StunClient } from '../../nat/stun-client.ts';
import { stunOverTcp } from '../../nat/stun-over-tcp.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import type { Host, TcpConnection } from '../../ports/index.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD, type MessageClass } from '../../wire/stun/message.ts';
import type { FramedTcpOptions } from './framed-tcp.ts';
import { startStunServer } from './stun-server.ts';

const LINK = { link: symmetricLink({ latencyUs: 5000 }) };

interface Scene {
  readonly client: Host;
  readonly clientAddress: string;
  readonly server: Host;
  readonly primary: Endpoint;
  readonly alternate: Endpoint;
  readonly stop: () => void;
}

async function scene<T>(play: (scene: Scene) => Promise<T>, tcp?: FramedTcpOptions): Promise<T> {
  const world = new World({ seed: 'stun server' });
  const net = new Topology(world);
  const server = net.server('server', { ...LINK, addresses: 2 });
  const client = net.server('client', LINK);
  const [first, second] = addressesOf(server) as [string, string];
  const primary = { address: first, port: 3478 };
  const alternate = { address: second, port: 3479 };
  const result = await world.run(async () => {
    const { close } = await startStunServer(server, { primary, alternate, ...(tcp && { tcp }) });
    return play({ client, clientAddress: addressesOf(client)[0]!, server, primary, alternate, stop: close });
  });
  if (result.outcome !== 'done')
    throw new Error(`the world ended: ${result.outcome}`, { cause: 'error' in result && result.error });
  return result.value;
}

function addressesOf(host: Host): string[] {
  return host
    .interfaces()
    .flatMap(({ loopback, addresses }) => (loopback ? [] : addresses.map(({ address }) => address)));
}

function encode(
  attributes: Attribute[],
  messageClass: MessageClass = 'request',
  method: number = METHOD.binding,
): Buffer {
  return encodeMessage({ messageClass, method, transactionId: Buffer.alloc(12, 9), attributes });
}

/** What comes back for these bytes within a second. */
async function ask(host: Host, bytes: Uint8Array, to: Endpoint): Promise<Buffer[]> {
  const socket = await host.udp.bind();
  const answers: Buffer[] = [];
  socket.onMessage = (data) => answers.push(Buffer.from(data));
  socket.send(bytes, to);
  await sleep(host, 1000);
  socket.close();
  return answers;
}

function sleep(host: Host, ms: number): Promise<void> {
  return new Promise((resolve) => host.clock.after(ms, resolve));
}

describe('STUN server over UDP', () => {
  it('answers from the place asked for, on each of its four places (RFC 5780 section 6.1)', async () => {
    await scene(async ({ client, clientAddress, primary, alternate }) => {
      const socket = await client.udp.bind();
      const stun = new StunClient(client, socket);
      for (const address of [primary.address, alternate.address]) {
        for (const port of [primary.port, alternate.port]) {
          const otherAddress = address === primary.address ? alternate.address : primary.address;
          const otherPort = port === primary.port ? alternate.port : primary.port;
          for (const changeAddress of [false, true]) {
            for (const changePort of [false, true]) {
              const origin = {
                address: changeAddress ? otherAddress : address,
                port: changePort ? otherPort : port,
              };
              expect(await stun.binding({ address, port }, { changeAddress, changePort })).toMatchObject({
                outcome: 'response',
                mapped: { address: clientAddress, port: socket.local.port },
                from: origin,
                origin,
                other: { address: otherAddress, port: otherPort },
              });
            }
          }
        }
      }
    });
  });

  it('answers 20 bytes with 56, and sends a FINGERPRINT only to who sent one', async () => {
    await scene(async ({ client, primary }) => {
      const [plain] = await ask(client, encode([]), primary);
      expect(plain).toHaveLength(56);
      const request = {
        messageClass: 'request',
        method: METHOD.binding,
        transactionId: Buffer.alloc(12),
        attributes: [],
      } as const;
      const [marked] = await ask(client, encodeMessage(request, { fingerprint: true }), primary);
      expect(marked).toHaveLength(64);
      expect(decodeMessage(marked!).fingerprint).toBe(true);
    });
  });

  it.each<[string, Attribute, number]>([
    ['an unknown attribute', { type: 'unknown', code: 0x7fff, value: Buffer.alloc(0) }, 0x7fff],
    ['RESPONSE-PORT, which would aim the answer', { type: 'response-port', value: 53 }, 0x0027],
    ['PADDING, which would fatten it', { type: 'padding', value: Buffer.alloc(1000) }, 0x0026],
  ])('refuses %s with 420', async (_name, attribute, code) => {
    await scene(async ({ client, primary }) => {
      const request = encode([attribute, { type: 'software', value: 'is optional' }]);
      const [answer] = await ask(client, request, primary);
      const message = decodeMessage(answer!);
      expect(message.messageClass).toBe('error');
      expect(attributeOf(message, 'error-code')).toEqual({ code: 420, reason: 'Unknown Attribute' });
      expect(attributeOf(message, 'unknown-attributes')).toEqual([code]);
    });
  });

  it('refuses an attribute that makes no sense with 400', async () => {
    await scene(async ({ client, primary }) => {
      const request = encode([{ type: 'unknown', code: 0x0003, value: Buffer.alloc(3) }]);
      const [answer] = await ask(client, request, primary);
      expect(attributeOf(decodeMessage(answer!), 'error-code')?.code).toBe(400);
    });
  });

  it.each<[string, Buffer]>([
    ['an indication', encode([], 'indication')],
    ['a success response', encode([], 'success')],
    ['an error response', encode([], 'error')],
    ['another method', encode([], 'request', METHOD.allocate)],
    ['a message without the cookie', encode([]).fill(0, 4, 8)],
    ['a cut message', encode([{ type: 'software', value: 'abc' }]).subarray(0, 24)],
    ['a wrong FINGERPRINT', encodeMessage({ ...decodeMessage(encode([])) }, { fingerprint: true }).fill(0, 24)],
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('says nothing to %s', async (_name, bytes) => {
    await scene(async ({ client, primary }) => {
      expect(await ask(client, bytes, primary)).toEqual([]);
      expect(await ask(client, encode([]), primary)).toHaveLength(1);
    });
  });

  it('frees its ports', async () => {
    await scene(async ({ client, server, primary, alternate, stop }) => {
      stop();
      expect(await ask(client, encode([]), primary)).toEqual([]);
      await startStunServer(server, { primary, alternate });
      expect(await ask(client, encode([]), primary)).toHaveLength(1);
    });
  });

  it('wants two addresses, two ports, one family, and all four places', async () => {
    await scene(async ({ server, primary, alternate, stop }) => {
      const start = (other: Endpoint) => startStunServer(server, { primary, alternate: other });
      await expect(start({ ...alternate, port: primary.port })).rejects.toThrow(RangeError);
      await expect(start({ ...primary, port: 1 })).rejects.toThrow(RangeError);
      await expect(start({ address: '2001:db8::1', port: 1 })).rejects.toThrow(RangeError);
      stop();
      const last = await server.udp.bind(alternate);
      await expect(start(alternate)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      last.close();
      await start(alternate);
    });
  });

  it('is a plain server where there is no second address: no CHANGE-REQUEST, nothing to compare', async () => {
    await scene(async ({ client, server }) => {
      const plain = { address: addressesOf(server)[0]!, port: 9 };
      const { close, counters } = await startStunServer(server, { primary: plain });
      const [answer] = await ask(client, encode([]), plain);
      expect(decodeMessage(answer!).attributes.map(({ type }) => type)).toEqual(['xor-mapped-address']);
      const [refusal] = await ask(
        client,
        encode([{ type: 'change-request', value: { address: true, port: true } }]),
        plain,
      );
      expect(attributeOf(decodeMessage(refusal!), 'error-code')!.code).toBe(420);
      await ask(client, Buffer.from('not STUN at all, but long enough'), plain);
      expect(counters).toEqual({ answered: 2, limited: 0, ignored: 1 });
      close();
    });
  });

  it('answers a source no faster than its limit', async () => {
    await scene(async ({ client, server }) => {
      const primary = { address: addressesOf(server)[0]!, port: 9 };
      const { close, counters } = await startStunServer(server, { primary, requestLimit: { perSecond: 1, burst: 5 } });
      const socket = await client.udp.bind();
      for (let n = 0; n < 50; n++) socket.send(encode([]), primary);
      expect(await ask(client, encode([]), primary)).toEqual([]);
      expect(counters).toMatchObject({ answered: 5, limited: 46 });
      socket.close();
      close();
    });
  });
});

describe('STUN server over TCP', () => {
  it('tells the mapped address, and the connection stays', async () => {
    await scene(async ({ client, clientAddress, primary, alternate }) => {
      for (const place of [primary, alternate]) {
        const found = await stunOverTcp(client, place, { localPort: 40_000 });
        expect(found.local).toEqual({ address: clientAddress, port: 40_000 });
        expect(found.mapped).toEqual(found.local);
        let closed = false;
        found.connection.start({
          data() {},
          end() {},
          drained() {},
          closed: () => {
            closed = true;
          },
        });
        await sleep(client, 30_000);
        expect(closed).toBe(false);
      }
    });
  });

  it('answers requests in any pieces, and refuses CHANGE-REQUEST', async () => {
    await scene(async ({ client, primary }) => {
      const { connection, received } = await dial(client, primary);
      const stream = Buffer.concat([
        encode([{ type: 'change-request', value: { address: true, port: true } }]),
        encode([]),
      ]);
      for (const byte of stream) connection.send(Buffer.of(byte));
      await sleep(client, 1000);
      const bytes = Buffer.concat(received);
      const refusal = decodeMessage(bytes.subarray(0, 20 + bytes.readUInt16BE(2)));
      expect(attributeOf(refusal, 'error-code')?.code).toBe(420);
      expect(decodeMessage(bytes.subarray(refusal.bytes.length)).messageClass).toBe('success');
    });
  });

  it('resets a connection that carries anything else', async () => {
    await scene(async ({ client, primary }) => {
      const dialled = await dial(client, primary);
      dialled.connection.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await sleep(client, 1000);
      expect(dialled.ended()).toMatchObject({ code: 'ECONNRESET' });
    });
  });

  it('resets an idle connection, and one too many, of an address or in all', async () => {
    const limits = { maxConnections: 3, maxConnectionsPerAddress: 2, idleMs: 10_000 };
    await scene(async ({ client, server, primary }) => {
      const first = await dial(client, primary);
      const second = await dial(client, primary);
      const third = await dial(client, primary);
      const own = await dial(server, primary);
      const ownSecond = await dial(server, primary);
      await sleep(client, 1000);
      expect([first, second, third, own, ownSecond].map(({ ended }) => ended() !== undefined)).toEqual([
        false,
        false,
        true,
        false,
        true,
      ]);
      for (let turn = 0; turn < 4; turn++) {
        second.connection.send(encode([]));
        await sleep(client, 8000);
      }
      expect([first.ended() !== undefined, second.ended()]).toEqual([true, undefined]);
      expect((await dial(client, primary)).ended()).toBeUndefined();
    }, limits);
  });

  it('does not read from who does not read', async () => {
    await scene(async ({ client, primary }) => {
      const { connection, received } = await dial(client, primary);
      connection.pause();
      const many = Buffer.concat(Array.from({ length: 1000 }, () => encode([])));
      let taken = 0;
      while (taken < 10_000 && connection.send(many)) taken++;
      await sleep(client, 20_000);
      expect(taken).toBeLessThan(10_000);
      connection.resume();
      await sleep(client, 20_000);
      expect(Buffer.concat(received).length % 56).toBe(0);
      expect(received.length).toBeGreaterThan(0);
    });
  });

  it('gives up on a server that is silent, closes, refuses or talks nonsense', async () => {
    await scene(async ({ client, server, primary }) => {
      const fake = async (port: number, behave: (connection: TcpConnection) => void) => {
        await server.tcp.listen({ port }, (connection) => {
          connection.start({ data: () => behave(connection), end() {}, closed() {}, drained() {} });
        });
        return stunOverTcp(client, { ...primary, port }, { timeoutMs: 2000 });
      };
      const error = encode([{ type: 'error-code', value: { code: 500, reason: 'Server Error' } }], 'error');
      await expect(fake(1, () => {})).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await expect(fake(2, (connection) => connection.end())).rejects.toMatchObject({ code: 'ECONNRESET' });
      await expect(fake(3, (connection) => connection.send(Buffer.from('hello')))).rejects.toMatchObject({
        code: 'ECONNRESET',
      });
      await expect(fake(4, (connection) => connection.send(error))).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await expect(stunOverTcp(client, { ...primary, port: 5 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      const abort = new AbortController();
      client.clock.after(100, () => abort.abort());
      await server.tcp.listen({ port: 6 }, () => {});
      const cancelled = stunOverTcp(client, { ...primary, port: 6 }, { signal: abort.signal });
      await expect(cancelled).rejects.toMatchObject({ code: 'ECANCELED' });
    });
  });
});

interface Dialled {
  readonly connection: TcpConnection;
  readonly received: Buffer[];
  readonly ended: () => NetError | undefined;
}

async function dial(host: Host, to: Endpoint): Promise<Dialled> {
  const connection = await host.tcp.dial(to);
  const received: Buffer[] = [];
  let ended: NetError | undefined;
  connection.start({
    data: (bytes) => received.push(Buffer.from(bytes)),
    end: () => connection.end(),
    closed: (error) => {
      ended = error ?? new NetError('EPIPE', 'closed in good order');
    },
    drained() {},
  });
  return { connection, received, ended: () => ended };
}
