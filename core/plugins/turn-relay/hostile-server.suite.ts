import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Host } from '../../ports/index.ts';
import { inLab, type Lab, type MakeLab, pause } from '../../ports/lab.suite.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { longTermKey } from '../../wire/stun/credentials.ts';
import { decodeMessage, type ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import { allocate } from './turn-client.ts';

const USER = { username: 'ann', password: 'one' };
const REALM = 'test';
const PEER = { address: '198.51.100.9', port: 4000 };
const RELAYED: Attribute = { type: 'xor-relayed-address', value: { address: '198.51.100.66', port: 666 } };
const LIFETIME: Attribute = { type: 'lifetime', value: 600 };
const GRANTED: readonly Attribute[] = [RELAYED, { type: 'xor-mapped-address', value: PEER }, LIFETIME];

interface Answer {
  readonly request: ReceivedMessage;
  /** Sends a response, or anything; `change` alters what a true response would be. */
  reply(messageClass: 'success' | 'error', attributes: readonly Attribute[], change?: Change): void;
  raw(bytes: Uint8Array): void;
}

interface Change {
  readonly key?: Buffer;
  readonly transactionId?: Uint8Array;
}

/** A server on the second host that answers as it is told to. */
async function impostor({ hosts, addresses }: Lab, answer: (answer: Answer) => void) {
  const socket = await hosts[1].udp.bind({ address: addresses[1] });
  let requests = 0;
  socket.onMessage = (data, from) => {
    requests++;
    const request = decodeMessage(data);
    const { method } = request;
    answer({
      request,
      raw: (bytes) => socket.send(bytes, from),
      reply: (messageClass, attributes, { key, transactionId = request.transactionId } = {}) => {
        socket.send(encodeMessage({ messageClass, method, transactionId, attributes }, key && { key }), from);
      },
    });
  };
  return { endpoint: socket.local, requests: () => requests, close: () => socket.close() };
}

const challenge = (code: number, nonce = 'n', realm = REALM): Attribute[] => [
  { type: 'error-code', value: { code, reason: 'try again' } },
  { type: 'realm', value: realm },
  { type: 'nonce', value: nonce },
];

function ask(host: Host, server: Endpoint) {
  return allocate(host, { server, transport: 'udp', ...USER, deadlineMs: 1500 });
}

const nonceOf = (request: ReceivedMessage) => attributeOf(request, 'nonce');

/** What a TURN server can do to its client, and somebody who answers in its place, in any world. */
export function hostileServerSuite(world: string, makeLab: MakeLab): void {
  const tried = (body: (lab: Lab) => Promise<void>) => inLab(makeLab, body);

  describe(`a TURN client takes from its server, ${world}`, () => {
    test(
      'no redirects, be it one or a ring of them',
      tried(async (lab) => {
        let elsewhere = 0;
        const other = await impostor(lab, () => elsewhere++);
        const alternate: Attribute[] = [
          { type: 'error-code', value: { code: 300, reason: 'Try Alternate' } },
          { type: 'alternate-server', value: other.endpoint },
        ];
        const server = await impostor(lab, ({ reply }) => reply('error', alternate));
        await expect(ask(lab.hosts[0], server.endpoint)).rejects.toMatchObject({ name: 'TurnError', code: 300 });
        expect([server.requests(), elsewhere]).toEqual([1, 0]);
        server.close();
        other.close();
      }),
    );

    test(
      'no answers for another transaction, unsigned, or under another key, nor noise',
      tried(async (lab) => {
        const { random } = lab.hosts[1];
        const server = await impostor(lab, ({ request, reply, raw }) => {
          if (nonceOf(request) === undefined) {
            reply('error', challenge(401));
            return;
          }
          const key = longTermKey(USER.username, REALM, USER.password);
          reply('success', GRANTED);
          reply('error', [{ type: 'error-code', value: { code: 508, reason: '' } }]);
          reply('success', GRANTED, { key: Buffer.from('another key') });
          for (let count = 0; count < 20; count++) {
            reply('success', GRANTED, { key, transactionId: random.bytes(12) });
            raw(random.bytes(1 + random.below(1400)));
            raw(Buffer.alloc(1400, 0xff));
          }
          raw(Buffer.alloc(60_000, 0x01));
        });
        await expect(ask(lab.hosts[0], server.endpoint)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
        await pause(lab.hosts[0].clock, 50);
        expect(server.requests()).toBeLessThanOrEqual(5);
        server.close();
      }),
    );

    test(
      'no data of peers that were never let in, nor on channels that were never bound',
      tried(async (lab) => {
        const key = longTermKey(USER.username, REALM, USER.password);
        const data = (from: Endpoint) =>
          encodeMessage({
            messageClass: 'indication',
            method: METHOD.data,
            transactionId: Buffer.alloc(12),
            attributes: [
              { type: 'xor-peer-address', value: from },
              { type: 'data', value: Buffer.from('psst') },
            ],
          });
        const server = await impostor(lab, ({ request, reply, raw }) => {
          if (nonceOf(request) === undefined) reply('error', challenge(401));
          else if (request.method === METHOD.allocate) reply('success', GRANTED, { key });
          else {
            for (let channel = 0x4000; channel < 0x4020; channel++) {
              raw(encodeChannelData(channel, Buffer.from('psst'), false));
            }
            for (const each of [PEER, { ...PEER, address: '198.51.100.10' }, { ...PEER, port: 1 }]) raw(data(each));
            reply('success', request.method === METHOD.refresh ? [LIFETIME] : [], { key });
          }
        });
        const allocation = await ask(lab.hosts[0], server.endpoint);
        const heard: string[] = [];
        allocation.onData = (bytes, from) => heard.push(`${Buffer.from(bytes)} ${from.address}`);
        await allocation.permit('198.51.100.77');
        await pause(lab.hosts[0].clock, 50);
        expect(heard).toEqual([]);
        await allocation.permit(PEER.address);
        await pause(lab.hosts[0].clock, 50);
        // The address was let in, whatever the port (RFC 8656 section 9); nobody else was.
        expect(new Set(heard)).toEqual(new Set([`psst ${PEER.address}`]));
        allocation.close();
        await pause(lab.hosts[0].clock, 50);
        server.close();
      }),
    );

    test.each([
      ['a new nonce each time', (count: number) => challenge(438, `nonce ${count}`)],
      ['another realm each time', (count: number) => challenge(438, 'n', `realm ${count}`)],
      ['401 for ever', (count: number) => challenge(401, `nonce ${count}`)],
    ])('no more than three rounds of %s', (_, attributes) =>
      tried(async (lab) => {
        const server = await impostor(lab, ({ reply, request }) => {
          const count = server.requests();
          reply('error', nonceOf(request) === undefined ? challenge(401) : attributes(count));
        });
        await expect(ask(lab.hosts[0], server.endpoint)).rejects.toMatchObject({ name: 'TurnError' });
        await pause(lab.hosts[0].clock, 50);
        expect(server.requests()).toBeLessThanOrEqual(3);
        server.close();
      })(),
    );
  });
}
