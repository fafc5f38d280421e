import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import { type OracleLine, oracle } from './oracle.ts';

type Written = readonly [family: 4 | 6, nats: readonly NatDescription[], name?: string];

const FIREWALL: NatDescription = { translation: 'none', firewall: true };
const TRANSPARENT: NatDescription = { ...FIREWALL, filtering: 'endpoint-independent' };
const ROUTER: NatDescription = { translation: 'none' };
const HOLE: NatDescription = { translation: 'none', blocks: ['udp', 'tcp'] };
const NPTV6: NatDescription = { translation: 'nptv6' };
const SYMMETRIC: NatDescription = { mapping: 'address-and-port-dependent', ports: { allocation: 'random' } };
const PLUGINS = ['direct-connect', 'reverse-connect', 'udp-punch', 'tcp-punch', 'turn-relay'];

const side = (...lines: Written[]): OracleLine[] =>
  lines.map(([family, nats, name]) => ({ family, nats: nats.map(resolveBehaviour), interface: name }));

function ask(a: OracleLine[], b: OracleLine[], topology: 'separate' | 'same-lan' | 'shared-cgn' = 'separate') {
  const { possible, why } = oracle({ a: [], b: [], lines: { a, b }, topology, plugins: PLUGINS });
  return { possible: possible.join(' '), why };
}

const ALL = PLUGINS.join(' ');
const PUNCH = 'udp-punch tcp-punch turn-relay';

describe('one line of IPv6 each', () => {
  test.each<[string, NatDescription[], NatDescription[], string]>([
    ['no firewall at all', [ROUTER], [ROUTER], ALL],
    ['a firewall in front of who is dialled', [ROUTER], [FIREWALL], `reverse-connect ${PUNCH}`],
    ['and of who dials', [FIREWALL], [ROUTER], `direct-connect ${PUNCH}`],
    ['firewalls on both sides', [FIREWALL], [FIREWALL], PUNCH],
    ['transparent ones, which have to see something go out', [TRANSPARENT], [TRANSPARENT], PUNCH],
    ['prefix translation, which lets in whoever comes', [NPTV6], [NPTV6], ALL],
    ['prefix translation behind a firewall', [NPTV6, FIREWALL], [NPTV6], `direct-connect ${PUNCH}`],
    ['a black hole', [HOLE], [ROUTER], ''],
  ])('%s', (_, a, b, possible) => {
    expect(ask(side([6, a]), side([6, b])).possible).toBe(possible);
  });

  test('says by which clause', () => {
    const { why } = ask(side([6, [FIREWALL]]), side([6, [FIREWALL, NPTV6]]));
    expect(why).toContain('a: IPv6: a firewall (RFC 6092), address-and-port-dependent filtering; b: IPv6: a firewall');
    expect(why).toContain('prefix translation (RFC 6296)');
    expect(why).toContain('direct-connect never: b is behind a firewall, and its listening port has sent nothing (RFC');
  });
});

describe('several lines', () => {
  const both = (in4: NatDescription, in6: NatDescription) => side([4, [in4]], [6, [in6]]);

  test('a family that works makes up for one that does not', () => {
    expect(ask(both(SYMMETRIC, FIREWALL), both(SYMMETRIC, FIREWALL)).possible).toBe(PUNCH);
    expect(ask(both(SYMMETRIC, HOLE), both(SYMMETRIC, FIREWALL)).possible).toBe('turn-relay');
    expect(ask(both({}, HOLE), both({}, FIREWALL)).possible).toBe(PUNCH);
  });

  test('names the pair of lines that counts', () => {
    const { why } = ask(both(SYMMETRIC, FIREWALL), both(SYMMETRIC, FIREWALL));
    expect(why).toContain('udp-punch always: over IPv6: both map endpoint-independently');
  });

  test('without a common family there is only the relay', () => {
    const { possible, why } = ask(side([4, [ROUTER]]), side([6, [ROUTER]]));
    expect(possible).toBe('turn-relay');
    expect(why).toContain('one side has only IPv4 and the other only IPv6');
  });

  test('any interface will do, for signals and relays as well', () => {
    const phone = side([4, [{ blocks: ['udp', 'tcp'] }], 'wifi'], [4, [{}], 'cellular']);
    expect(ask(phone, side([4, [{}]])).possible).toBe(PUNCH);
    expect(ask(phone, side([4, [{}]])).why).toContain('from IPv4 of cellular to IPv4');
  });

  test('only interfaces of one name are on the same LAN', () => {
    const phone = side([4, [SYMMETRIC], 'wifi'], [4, [SYMMETRIC], 'cellular']);
    expect(ask(phone, phone, 'same-lan').possible).toBe(ALL);
    expect(ask(phone, side([4, [SYMMETRIC]]), 'same-lan').possible).toBe('turn-relay');
  });
});
