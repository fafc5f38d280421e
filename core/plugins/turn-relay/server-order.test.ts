import { describe, expect, it } from 'vitest';
import { type OrderBy, orderServers, type ServerRecord } from './server-order.ts';

const V4 = '203.0.113';
const servers = [`${V4}.1`, `${V4}.2`, '2001:db8::1', `${V4}.3`].map((address) => ({
  endpoint: { address, port: 3478 },
}));
const key = (address: string) => (address.includes(':') ? `[${address}]:3478` : `${address}:3478`);
const known = (entries: Record<string, Partial<ServerRecord>>) =>
  new Map(Object.entries(entries).map(([at, record]) => [key(at), { rttMs: undefined, silent: false, ...record }]));
const endpoint = (address: string) => ({ address, port: 3478 });

describe('the order of TURN servers', () => {
  it.each<[string, Partial<OrderBy>, string[]]>([
    ['as given where nothing is known', {}, [`${V4}.1`, `${V4}.2`, `${V4}.3`, '2001:db8::1']],
    [
      'both families as given where both lead out',
      { seen: new Set([4, 6]) },
      [`${V4}.1`, `${V4}.2`, '2001:db8::1', `${V4}.3`],
    ],
    [
      'the near before the far, and these before the unmeasured',
      { records: known({ [`${V4}.2`]: { rttMs: 80 }, [`${V4}.3`]: { rttMs: 20 } }) },
      [`${V4}.3`, `${V4}.2`, `${V4}.1`, '2001:db8::1'],
    ],
    [
      'a family that leads out before a near one that may not',
      { records: known({ '2001:db8::1': { rttMs: 1 } }) },
      [`${V4}.1`, `${V4}.2`, `${V4}.3`, '2001:db8::1'],
    ],
    [
      'who was silent last, however near it was',
      { records: known({ [`${V4}.1`]: { rttMs: 1, silent: true } }) },
      [`${V4}.2`, `${V4}.3`, '2001:db8::1', `${V4}.1`],
    ],
    [
      'the peer’s own first',
      { peerAt: `${V4}.3`, records: known({ [`${V4}.1`]: { rttMs: 1 } }) },
      [`${V4}.3`, `${V4}.1`, `${V4}.2`, '2001:db8::1'],
    ],
    [
      'what failed in this attempt last, even the peer’s own',
      { failed: [endpoint(`${V4}.3`), endpoint(`${V4}.1`)], peerAt: `${V4}.3` },
      [`${V4}.2`, '2001:db8::1', `${V4}.3`, `${V4}.1`],
    ],
  ])('is %s', (_, by, expected) => {
    const order = orderServers(servers, { seen: new Set([4]), records: new Map(), ...by });
    expect(order.map((server) => server.endpoint.address)).toEqual(expected);
  });

  it('changes nothing of what it was given', () => {
    const given = Object.freeze([...servers]);
    orderServers(given, { seen: new Set([6]), records: new Map() });
    expect(given).toEqual(servers);
  });
});
