import { describe, expect, it } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import { CORE, HOSTS } from './network-plan.ts';
import { planNetwork } from './plan-network.ts';
import type { KernelLine, KernelTopology } from './topology.ts';

const CONE: NatDescription = {};
const RANDOM: NatDescription = { ports: { allocation: 'random' } };
const OPEN: NatDescription = { translation: 'none' };

function line(nats: readonly NatDescription[], family: Family = 4, name = 'eth0'): KernelLine {
  return { interface: name, family, nats: nats.map(resolveBehaviour) };
}

function plan(
  name: KernelTopology['name'],
  a: readonly NatDescription[],
  b: readonly NatDescription[] = a,
  isolated = false,
) {
  return planNetwork({ name, isolated, a: [line(a)], b: [line(b)] });
}

/** Of one namespace: its addresses, without what `ip` is told besides. */
function addresses({ settings }: ReturnType<typeof plan>, namespace: string): string[] {
  return (settings.get(namespace) ?? []).flatMap((line) => /^addr add (\S+)/.exec(line)?.[1] ?? []);
}

describe('separate', () => {
  it('gives each side a line, a router and a home', () => {
    const network = plan('separate', [CONE]);
    expect(network.lines.map(({ router, gateway }) => [router, gateway])).toEqual([
      ['a1', '203.0.113.1'],
      ['b1', '198.51.100.1'],
    ]);
    expect(addresses(network, HOSTS.a)).toEqual(['10.0.1.2/24']);
    expect(addresses(network, HOSTS.b)).toEqual(['10.0.2.2/24']);
    expect(network.shared).toBe(false);
  });

  it('puts the last NAT of a chain next to the core, and a carrier’s addresses between the two', () => {
    const network = plan('separate', [CONE, RANDOM], [CONE]);
    expect(network.routers.map(({ namespace }) => namespace)).toEqual(['a2', 'a1', 'b1']);
    expect(network.lines[0]!.router).toBe('a2');
    expect(addresses(network, 'a1')).toContain('100.64.0.10/24');
    expect(addresses(network, 'a2')).toContain('203.0.113.10/24');
  });

  it('tells the core the way to public addresses behind a router that does not translate', () => {
    const network = plan('separate', [OPEN], [CONE]);
    expect(addresses(network, HOSTS.a)[0]).toMatch(/^203\.0\.113\./);
    expect(network.settings.get(CORE)).toContain('route add 203.0.113.64/29 via 203.0.113.10');
  });
});

describe('shared routers', () => {
  it('same-lan: both hosts on one bridge, with addresses of one segment', () => {
    const network = plan('same-lan', [CONE]);
    expect(network.cables.map(({ upper }) => [upper.device, upper.bridge])).toEqual([
      ['port0', 'lan0'],
      ['port1', 'lan0'],
    ]);
    expect([addresses(network, HOSTS.a), addresses(network, HOSTS.b)]).toEqual([['10.0.1.2/24'], ['10.0.1.3/24']]);
    expect(network.routers[0]!.insideHosts).toBe(2);
    expect(network).toMatchObject({ shared: true, translatedInside: false });
  });

  it('same-nat: a segment each, kept apart where that is asked for', () => {
    const network = plan('same-nat', [CONE], [CONE], true);
    expect(network.cables.map(({ upper }) => upper.device)).toEqual(['lan0', 'lan1']);
    expect(addresses(network, HOSTS.a)).not.toEqual(addresses(network, HOSTS.b));
    expect(network.routers[0]!.isolated).toBe(true);
  });

  it('shared-cgn: homes of their own behind the outermost NAT of a', () => {
    const network = plan('shared-cgn', [CONE, RANDOM], [RANDOM, RANDOM]);
    expect(network.routers.map(({ namespace, insideHosts, portsKept }) => [namespace, insideHosts, portsKept])).toEqual(
      [
        ['s1', 2, false],
        ['a1', 1, true],
        ['b1', 1, true],
      ],
    );
    expect(network.lines).toHaveLength(1);
    expect(network).toMatchObject({ shared: true, translatedInside: true });
  });
});

describe('IPv6', () => {
  const OF: NatDescription = { translation: 'none', firewall: true };
  const PREFIX: NatDescription = { translation: 'nptv6' };
  const ipv6 = (a: readonly KernelLine[], b = a, name: KernelTopology['name'] = 'separate') =>
    planNetwork({ name, isolated: false, a, b });

  it('hands a prefix from router to router, each of which tells the way to it', () => {
    const network = ipv6([line([OF, OF], 6)]);
    expect(network.lines.map(({ gateway, prefixLength }) => `${gateway}/${prefixLength}`)).toEqual([
      '2001:db8:0:100::1/64',
      '2001:db8:0:101::1/64',
    ]);
    expect(network.settings.get(CORE)).toEqual([
      'route add 2001:db8:8001::/48 via 2001:db8:0:100::2',
      'route add 2001:db8:8002::/48 via 2001:db8:0:101::2',
    ]);
    expect(network.settings.get('a2')).toContain('route add 2001:db8:8001:100::/56 via 2001:db8:8001::2');
    expect(addresses(network, HOSTS.a)).toEqual(['2001:db8:8001:100::2/64']);
  });

  it('has local addresses behind a router that translates their prefix', () => {
    const network = ipv6([line([OF, PREFIX], 6)]);
    expect(network.routers[0]!.prefixes).toEqual({ inside: 'fd00:0:1::/48', outside: '2001:db8:8001::/48' });
    expect(addresses(network, HOSTS.a)).toEqual(['fd00:0:1:100::2/64']);
  });

  it('shares an interface with IPv4, each by routers of its own', () => {
    const network = ipv6([line([CONE]), line([OF], 6)]);
    expect(network.routers.map(({ namespace, family }) => [namespace, family])).toEqual([
      ['aa1', 4],
      ['ab1', 6],
      ['ba1', 4],
      ['bb1', 6],
    ]);
    const own = network.cables.filter(({ lower }) => lower.namespace === HOSTS.a).map(({ lower }) => lower);
    expect(own.map(({ device, bridge }) => [device, bridge])).toEqual([
      ['port0', 'eth0'],
      ['port1', 'eth0'],
    ]);
    expect(network.rules).toEqual([]);
  });

  it('refuses a chain that it has no prefixes for', () => {
    expect(() => ipv6([line([OF, OF, OF, OF, OF], 6)])).toThrow(RangeError);
  });
});

it('a host with several interfaces sends by the one whose address it sends from', () => {
  const { rules, settings } = planNetwork({
    name: 'separate',
    isolated: false,
    a: [line([CONE], 4, 'wifi'), line([RANDOM], 4, 'cellular')],
    b: [line([CONE])],
  });
  expect(rules).toEqual([
    { namespace: HOSTS.a, family: 4, rule: 'from 10.0.1.2 lookup 100 priority 100' },
    { namespace: HOSTS.a, family: 4, rule: 'from 10.0.2.2 lookup 101 priority 101' },
  ]);
  expect(settings.get(HOSTS.a)).toEqual(
    expect.arrayContaining([
      'route add default via 10.0.1.1 dev wifi metric 100',
      'route add default via 10.0.2.1 dev cellular metric 101',
      'route add default via 10.0.2.1 dev cellular table 101',
    ]),
  );
});

it('puts subscribers behind the shared NAT, each at an address of its own', () => {
  const side = [line([CONE, RANDOM])];
  const network = planNetwork({ name: 'shared-cgn', isolated: true, subscribers: 500, a: side, b: side });
  const { namespace, addresses: all } = network.crowd!;
  expect([all[0], all[252], all[253], all[254], all[499]]).toEqual([
    '100.72.0.2',
    '100.72.0.254',
    '100.72.0.255',
    '100.72.1.0',
    '100.72.1.245',
  ]);
  expect(addresses(network, namespace)).toEqual(all.map((address) => `${address}/22`));
  expect(network.routers[0]).toMatchObject({ namespace: 's1', insideHosts: 502, portsKept: false });
  expect(network.settings.get('s1')).toContain('addr add 100.72.0.1/22 dev lan2');
});

it('networks that differ in behaviour alone are one network, so that they need not be built again', () => {
  expect(plan('separate', [CONE]).key).toBe(plan('separate', [RANDOM]).key);
  const others = [plan('separate', [OPEN]), plan('separate', [CONE, CONE]), plan('same-lan', [CONE])];
  expect(new Set([plan('separate', [CONE]), ...others].map(({ key }) => key)).size).toBe(4);
});

it('refuses a chain that it has no addresses for', () => {
  expect(() =>
    plan(
      'separate',
      Array.from({ length: 6 }, () => CONE),
    ),
  ).toThrow();
});
