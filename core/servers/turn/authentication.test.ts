import { describe, expect, it } from 'vitest';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { longTermKey } from '../../wire/stun/credentials.ts';
import { decodeMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { hasIntegrity, verifyIntegrity } from '../../wire/stun/integrity.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { Client, codeOf, REALM, scene, sleep, UDP_TRANSPORT } from './testdata/scene.ts';

describe('credentials (RFC 8489 section 9.2.4)', () => {
  it('asks for them: 401 with realm and nonce, not signed', async () => {
    await scene({}, async ({ client }) => {
      const message = await client.exchange(client.encode(METHOD.allocate, [UDP_TRANSPORT]));
      expect(codeOf(message!)).toBe(401);
      expect(attributeOf(message!, 'realm')).toBe(REALM);
      expect(attributeOf(message!, 'nonce')!.length).toBeLessThanOrEqual(24);
      expect(hasIntegrity(message!)).toBe(false);
      expect(message!.bytes.length).toBeLessThanOrEqual(92);
    });
  });

  it('refuses a wrong password and an unknown user alike, with 401', async () => {
    await scene({}, async ({ client }) => {
      await client.challenge();
      for (const username of ['ann', 'nobody']) {
        client.username = username;
        const key = longTermKey(username, REALM, 'wrong');
        const attributes = decodeMessage(client.encode(METHOD.allocate, [UDP_TRANSPORT])).attributes;
        const request = {
          messageClass: 'request',
          method: METHOD.allocate,
          transactionId: Buffer.alloc(12, 1),
          attributes,
        } as const;
        const message = await client.exchange(encodeMessage(request, { key }));
        expect(codeOf(message!)).toBe(401);
        expect(attributeOf(message!, 'nonce')).toBeDefined();
      }
    });
  });

  it('refuses signed requests that lack a part with 400', async () => {
    await scene({}, async ({ client }) => {
      await client.challenge();
      const whole = decodeMessage(client.encode(METHOD.allocate, [UDP_TRANSPORT]));
      for (const missing of ['username', 'realm', 'nonce']) {
        const attributes = whole.attributes.filter(({ type }) => type !== missing);
        const message = await client.exchange(encodeMessage({ ...whole, attributes }, { key: client.key }));
        expect(codeOf(message!)).toBe(400);
      }
    });
  });

  it('refuses a nonce that is over, made up or another address’s with 438 and a new one', async () => {
    await scene({ nonceLifetimeMs: 5000 }, async ({ client, peer, serverEndpoint }) => {
      await client.challenge();
      const elsewhere = new Client(peer, await peer.udp.bind(), serverEndpoint, 'ann');
      for (const nonce of [client.nonce, 'zzzzzzz-AAAAAAAAAAA', 'nonsense', '-', '']) {
        elsewhere.nonce = nonce || ' ';
        const message = await elsewhere.exchange(elsewhere.encode(METHOD.allocate, [UDP_TRANSPORT]));
        expect(codeOf(message!)).toBe(438);
        expect(attributeOf(message!, 'nonce')).not.toBe(nonce);
      }
      await sleep(client.host, 4900);
      expect(codeOf((await client.exchange(client.encode(METHOD.refresh, [])))!)).toBe(437);
      await sleep(client.host, 100);
      expect(codeOf((await client.exchange(client.encode(METHOD.refresh, [])))!)).toBe(438);
    });
  });

  it('takes SHA-256 and answers in kind', async () => {
    await scene({}, async ({ client }) => {
      await client.challenge();
      const request = decodeMessage(client.encode(METHOD.allocate, [UDP_TRANSPORT]));
      const bytes = encodeMessage(request, { key: client.key, integrity: 'sha256', fingerprint: true });
      const message = await client.exchange(bytes);
      expect(codeOf(message!)).toBe('ok');
      expect([message!.sha1At, message!.fingerprint]).toEqual([undefined, true]);
      expect(verifyIntegrity(message!, client.key)).toBe(true);
    });
  });

  it('lets nobody touch another user’s allocation (441)', async () => {
    await scene({}, async ({ client }) => {
      await client.allocate();
      client.username = 'bob';
      expect(await client.refresh()).toBe(441);
      expect(await client.permit('198.51.100.1')).toBe(441);
      expect(await client.bind(0x4000, { address: '198.51.100.1', port: 1 })).toBe(441);
      client.username = 'ann';
      expect(await client.refresh()).toBe('ok');
    });
  });
});
