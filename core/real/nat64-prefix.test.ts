import { afterAll, describe, expect, test } from 'vitest';
import { addressToBytes } from '../net/ip.ts';
import { findNat64Prefix } from './nat64-prefix.ts';
import { RealUdp } from './real-udp.ts';

const open: { close(): void }[] = [];
afterAll(() => {
  for (const socket of open) socket.close();
});

/** A resolver on the loopback that answers every question with these AAAA records. @returns its `ADDRESS:PORT` */
async function resolver(...addresses: readonly string[]): Promise<string> {
  const socket = await new RealUdp().bind({ address: '127.0.0.1' });
  open.push(socket);
  socket.onMessage = (query, from) => {
    const end = query.indexOf(0, 12) + 5; // RFC 1035 section 4.1.2: the name, its type and class
    const header = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, addresses.length, 0, 0, 0, 0]);
    const answers = addresses.map((address) =>
      Buffer.concat([Buffer.from([0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16]), addressToBytes(address)]),
    );
    socket.send(Buffer.concat([header, query.subarray(12, end), ...answers]), from);
  };
  return `127.0.0.1:${socket.local.port}`;
}

describe('RFC 7050 section 3, the prefix of the NAT64', () => {
  test.each([
    ['64:ff9b::/96', ['64:ff9b::c000:aa', '64:ff9b::c000:ab']],
    ['2001:db8:122::/48', ['2001:db8:122:c000:0:aa00::']],
    ['2001:db8:122:344::/64', ['2001:db8:122:344:c0:0:aa00:0']],
  ])('%s', async (prefix, addresses) => {
    expect(await findNat64Prefix([await resolver(...addresses)])).toBe(prefix);
  });

  test('there is none where the answers are real addresses, or there are none', async () => {
    expect(await findNat64Prefix([await resolver('2001:db8::1')])).toBeUndefined();
    expect(await findNat64Prefix([await resolver()])).toBeUndefined();
  });

  test('or where nobody answers', { timeout: 15_000 }, async () => {
    const socket = await new RealUdp().bind({ address: '127.0.0.1' });
    open.push(socket);
    expect(await findNat64Prefix([`127.0.0.1:${socket.local.port}`])).toBeUndefined();
  });
});
