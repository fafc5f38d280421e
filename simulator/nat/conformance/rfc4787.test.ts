import { clause, into, MINUTE_MS, out, portOf } from './clause.suite.ts';

const SOCKETS = ['a:5001', 'a:5002', 'a:5003', 'a:5004', 'a:5005', 'a:5006', 'a:5007', 'a:5008'];

clause('RFC 4787 REQ-1 endpoint-independent mapping', {
  kept: (drive) => new Set(['s:1', 's:2', 't:1'].map((to) => out(drive, 'a:5000', to))).size === 1,
  breaks: {
    'mapping by address': { mapping: 'address-dependent' },
    'mapping by address and port': { mapping: 'address-and-port-dependent' },
  },
});

clause('RFC 4787 REQ-2 addresses in pairs', {
  kept: (drive) => new Set(SOCKETS.map((socket) => out(drive, socket, 's:1').split(':')[0])).size === 1,
  breaks: { 'arbitrary pooling': { addresses: 3, pooling: 'arbitrary' } },
});

clause('RFC 4787 REQ-3 no port overloading', {
  kept: (drive) => out(drive, 'a:5000', 's:1') !== out(drive, 'b:5000', 't:1'),
  breaks: { overlapping: { ports: { overlapping: true } } },
});

clause('RFC 4787 REQ-3a system ports stay system ports, others do not become some', {
  kept: (drive) => portOf(out(drive, 'a:500', 's:1')) < 1024 && portOf(out(drive, 'a:5000', 's:1')) >= 1024,
  keeps: { 'preserving ports': {} },
  breaks: {
    'random ports': { ports: { allocation: 'random', range: [1024, 65535] } },
    'system ports only': { ports: { allocation: 'sequential', range: [1, 1023] } },
  },
});

clause('RFC 4787 REQ-4 port parity', {
  kept: (drive) => SOCKETS.every((socket) => (portOf(socket) - portOf(out(drive, socket, 's:1'))) % 2 === 0),
  keeps: { 'random ports with parity': { ports: { allocation: 'random', parity: true } } },
  breaks: { 'random ports without': { ports: { allocation: 'random', parity: false } } },
});

// REQ-5a lets mappings of well-known ports end sooner, which is permitted and not asked for: see RFC 6092 REC-15.
clause('RFC 4787 REQ-5 a mapping lives for two minutes', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    drive.wait(2 * MINUTE_MS - 1);
    return into(drive, 's:1', external) === 'a:5000';
  },
  breaks: { 'a timer of 30 seconds': { udp: { timeoutMs: 30_000 } }, 'one of 90': { udp: { timeoutMs: 90_000 } } },
});

clause('RFC 4787 REQ-5c and for five by default', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    drive.wait(5 * MINUTE_MS - 1);
    return into(drive, 's:1', external) === 'a:5000';
  },
  breaks: { 'the shortest timer that is allowed': { udp: { timeoutMs: 2 * MINUTE_MS } } },
});

clause('RFC 4787 REQ-6 outbound packets refresh a mapping', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS);
    out(drive, 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS);
    return into(drive, 's:1', external) === 'a:5000';
  },
  breaks: { 'inbound refresh alone': { udp: { refresh: 'inbound' } } },
});

clause('RFC 4787 REQ-8 filtering by nothing, or by address', {
  kept: (drive) => into(drive, 's:2', out(drive, 'a:5000', 's:1')) === 'a:5000',
  breaks: { 'filtering by address and port': { filtering: 'address-and-port-dependent' } },
});

clause('RFC 4787 REQ-9 hairpinning', {
  kept: (drive) => drive.udp('out', 'b:6000', hairpinTarget(drive, 'b:6000'))[0]!.kind === 'inside',
  breaks: { 'no hairpin': { hairpin: 'none' } },
});

clause('RFC 4787 REQ-9a with the external source', {
  kept: (drive) => {
    const target = hairpinTarget(drive, 'b:6000');
    return out(drive, 'b:6000', target) === out(drive, 'b:6000', 's:1');
  },
  breaks: { 'the internal source': { hairpin: 'internal-source' } },
});

clause('RFC 4787 REQ-11 a mapping behaviour that does not change', {
  kept: (drive) => {
    out(drive, 'a:5000', 's:1');
    return out(drive, 'b:5000', 's:1') === out(drive, 'b:5000', 't:1');
  },
  breaks: {
    'a change on collision': { secondary: { onCollision: true } },
    'a change under load': { secondary: { underLoad: 1 } },
  },
});

clause('RFC 4787 REQ-12 an ICMP error does not end the mapping', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    drive.icmp('in', 'u', 'port-unreachable', drive.events[0]!.packet);
    return into(drive, 's:1', external) === 'a:5000';
  },
  breaks: { 'a mapping that ends': { icmp: { errorEndsMapping: true } } },
});

clause('RFC 4787 REQ-12a whoever sends the error, the host hears of it', {
  kept: (drive) => {
    out(drive, 'a:5000', 's:1');
    return drive.icmp('in', 'u', 'time-exceeded', drive.events[0]!.packet)[0]!.kind === 'inside';
  },
  breaks: { 'no ICMP at all': { blocks: ['icmp'] } },
});

clause('RFC 4787 REQ-12b among them that a destination is unreachable', {
  kept: (drive) => {
    out(drive, 'a:5000', 's:1');
    const { packet } = drive.events[0]!;
    const kinds = ['network-unreachable', 'host-unreachable', 'port-unreachable', 'fragmentation-needed'] as const;
    return kinds.every((kind) => drive.icmp('in', 'u', kind, packet)[0]!.kind === 'inside');
  },
  breaks: { 'no ICMP at all': { blocks: ['icmp'] } },
});

/** The external endpoint of `a:5000`, which has sent to that of the other: so the filter lets it in. */
function hairpinTarget(drive: Parameters<typeof out>[0], other: string): string {
  const target = out(drive, 'a:5000', 's:1');
  out(drive, 'a:5000', out(drive, other, 's:1'));
  return target;
}
