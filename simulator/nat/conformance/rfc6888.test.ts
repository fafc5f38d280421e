import { COMPLIANT, clause, into, MINUTE_MS, out, portOf, query, tcpOut } from './clause.suite.ts';

const CARRIER = { 'carrier-compliant': COMPLIANT['carrier-compliant']! };

/** The other clauses of these RFCs have the carrier's NAT among those that keep them. REQ-9: `inbound-control.test.ts`. */
clause('RFC 6888 REQ-1 endpoint-independent mapping, as RFC 4787, 5382 and 5508 have it', {
  kept: (drive) =>
    [
      ['s:1', 't:1'].map((to) => out(drive, 'a:5000', to)),
      ['s:1', 't:1'].map((to) => tcpOut(drive, 'syn', 'a:5000', to)),
      ['s', 't'].map((to) => query(drive, 'a:7', to)),
    ].every(([one, other]) => one === other),
  keeps: CARRIER,
  breaks: {
    'mapping of UDP by address': { udp: { mapping: 'address-dependent' } },
    'mapping of TCP by address': { tcp: { mapping: 'address-dependent' } },
    'mapping of queries by address': { icmp: { mapping: 'address-dependent' }, ports: { allocation: 'random' } },
  },
});

clause('RFC 6888 REQ-2 addresses in pairs', {
  kept: (drive) => {
    const sockets = Array.from({ length: 12 }, (_, index) => `a:${5000 + index}`);
    return new Set(sockets.map((socket) => out(drive, socket, 's:1').split(':')[0])).size === 1;
  },
  keeps: CARRIER,
  breaks: { 'arbitrary pooling': { addresses: 3, pooling: 'arbitrary' } },
});

clause('RFC 6888 REQ-4 a limit for each subscriber, which others do not feel', {
  kept: (drive) => {
    const sockets = Array.from({ length: 1100 }, (_, index) => `a:${5000 + index}`);
    const refused = sockets.map((socket) => out(drive, socket, 's:1')).includes('nat: per-host limit');
    return refused && portOf(out(drive, 'b:5000', 's:1')) > 0;
  },
  keeps: CARRIER,
  breaks: { 'no limit': { limits: { perHost: 0 } }, 'one for all': { limits: { mappings: 1024 } } },
});

clause('RFC 6888 REQ-4B a limit to how fast a subscriber opens sessions', {
  kept: (drive) => {
    const sockets = Array.from({ length: 100 }, (_, index) => `a:${5000 + index}`);
    return sockets.map((socket) => out(drive, socket, 's:1')).includes('nat: session rate');
  },
  keeps: { 'fifty a second': { limits: { sessionRate: 50 } } },
  breaks: { 'as fast as it likes': { limits: { sessionRate: 0 } } },
});

clause('RFC 6888 REQ-7 filtering by nothing, or by address', {
  kept: (drive) => into(drive, 's:2', out(drive, 'a:5000', 's:1')) === 'a:5000',
  keeps: { ...CARRIER, 'a filter by address': { filtering: 'address-dependent' } },
  breaks: { 'filtering by address and port': { filtering: 'address-and-port-dependent' } },
});

/** Its two ports were another host's a moment ago. */
clause('RFC 6888 REQ-8 a freed port is nobody else’s for 120 seconds', {
  kept: (drive) => {
    out(drive, 'a:5001', 's:1');
    out(drive, 'a:5002', 's:1');
    drive.wait(5 * MINUTE_MS);
    drive.wait(2 * MINUTE_MS - 1);
    const held = out(drive, 'b:5003', 's:1') === 'nat: no free port';
    drive.wait(1);
    return held && portOf(out(drive, 'b:5003', 's:1')) > 0;
  },
  keeps: {
    'a hold of 120 seconds': {
      udp: { timeoutMs: 5 * MINUTE_MS },
      ports: { range: [40000, 40001] },
      limits: { reuseHoldMs: 120_000 },
    },
  },
  breaks: {
    'no hold': { ports: { range: [40000, 40001] }, limits: { reuseHoldMs: 0 } },
    'one of a minute': { ports: { range: [40000, 40001] }, limits: { reuseHoldMs: 60_000 } },
  },
});

clause('RFC 6888 REQ-11b whoever finds no room hears of an unreachable host', {
  kept: (drive) => {
    out(drive, 'a:5001', 's:1');
    return drive.udp('out', 'a:5002', 's:1').some(({ packet }) => packet.icmp?.kind === 'host-unreachable');
  },
  keeps: { 'a NAT that says so': { limits: { perHost: 1 } } },
  breaks: {
    'prohibited, as RFC 5508 has it': { limits: { perHost: 1, exhausted: 'administratively-prohibited' } },
    silence: { limits: { perHost: 1, exhausted: 'drop' } },
  },
});

for (const [what, limit] of [
  ['a limit of the NAT', { limits: { mappings: 2 } }],
  ['a limit for each host', { limits: { perHost: 2 } }],
  ['ports that are all in use', { ports: { range: [40000, 40001] as const } }],
] as const) {
  clause(`RFC 6888 REQ-11c no mapping goes because of ${what}`, {
    kept: (drive) => {
      const externals = ['a:5001', 'a:5002'].map((socket) => out(drive, socket, 's:1'));
      drive.wait(1000);
      out(drive, 'a:5003', 's:1');
      return externals.every((external, index) => into(drive, 's:1', external) === `a:${5001 + index}`);
    },
    keeps: { 'a NAT that refuses': limit },
    breaks: { 'one that evicts': { ...limit, limits: { ...('limits' in limit && limit.limits), exhausted: 'evict' } } },
  });
}

clause('RFC 6888 REQ-15 ports that are hard to guess', {
  kept: (drive) => {
    const ports = Array.from({ length: 10 }, (_, index) => portOf(out(drive, `a:${5000 + index}`, 's:1')));
    return new Set(ports.slice(1).map((port, index) => port - ports[index]!)).size > 5;
  },
  keeps: CARRIER,
  breaks: { 'ports kept': {}, 'one after the other': { ports: { allocation: 'sequential', step: 2 } } },
});
