import { clause, connect, MINUTE_MS, tcpIn, tcpOut } from './clause.suite.ts';

const SIX_SECONDS_MS = 6000;

clause('RFC 5382 REQ-1 endpoint-independent mapping', {
  kept: (drive) => new Set(['s:1', 's:2', 't:1'].map((to) => tcpOut(drive, 'syn', 'a:5000', to))).size === 1,
  breaks: {
    'mapping by address': { mapping: 'address-dependent' },
    'mapping by address and port': { mapping: 'address-and-port-dependent' },
  },
});

clause('RFC 5382 REQ-2 simultaneous open', {
  kept: (drive) => {
    const external = tcpOut(drive, 'syn', 'a:5000', 's:1');
    if (tcpIn(drive, 'syn', 's:1', external) !== 'a:5000') return false;
    return (
      tcpOut(drive, 'synack', 'a:5000', 's:1') === external && tcpIn(drive, 'synack', 's:1', external) === 'a:5000'
    );
  },
  breaks: { 'a NAT that takes the SYN for a stranger’s': { tcp: { simultaneousOpen: false } } },
});

clause('RFC 5382 REQ-3 filtering by nothing, or by address', {
  kept: (drive) => tcpIn(drive, 'syn', 's:2', tcpOut(drive, 'syn', 'a:5000', 's:1')) === 'a:5000',
  breaks: { 'filtering by address and port': { filtering: 'address-and-port-dependent' } },
});

clause('RFC 5382 REQ-4 no answer to an unsolicited SYN for six seconds', {
  kept: (drive) => {
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.wait(SIX_SECONDS_MS - 1);
    return drive.events.every(({ kind }) => kind === 'drop');
  },
  breaks: {
    'a reset at once': { tcp: { unsolicited: 'reset' } },
    'an ICMP error at once': { tcp: { unsolicited: 'icmp', icmpDelayMs: 0 } },
  },
});

clause('RFC 5382 REQ-4 nor ever, if our own SYN comes in that time', {
  kept: (drive) => {
    tcpIn(drive, 'syn', 's:1', 'x:5000');
    const answered = drive.events.some(({ kind }) => kind === 'outside');
    tcpOut(drive, 'syn', 'a:5000', 's:1');
    drive.events = [];
    drive.wait(MINUTE_MS);
    return !answered && drive.events.length === 0;
  },
  keeps: { 'an ICMP error after six seconds': {}, 'no error at all': { tcp: { unsolicited: 'drop' } } },
  breaks: { 'a reset at once': { tcp: { unsolicited: 'reset' } } },
});

clause('RFC 5382 REQ-5 a connection may be idle for 2 hours 4 minutes', {
  kept: (drive) => {
    const external = connect(drive, 'a:5000', 's:1');
    drive.wait(124 * MINUTE_MS - 1);
    return tcpIn(drive, 'ack', 's:1', external) === 'a:5000';
  },
  breaks: { 'a timer of an hour': { tcp: { establishedMs: 60 * MINUTE_MS } } },
});

clause('RFC 5382 REQ-5 half open, for 4 minutes', {
  kept: (drive) => {
    const external = tcpOut(drive, 'syn', 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS - 1);
    return tcpIn(drive, 'synack', 's:1', external) === 'a:5000';
  },
  breaks: { 'a timer of a minute': { tcp: { transitoryMs: MINUTE_MS } } },
});

clause('RFC 5382 REQ-7 no port overloading', {
  kept: (drive) => tcpOut(drive, 'syn', 'a:5000', 's:1') !== tcpOut(drive, 'syn', 'b:5000', 't:1'),
  breaks: { overlapping: { ports: { overlapping: true } } },
});

clause('RFC 5382 REQ-8 hairpinning with the external source', {
  kept: (drive) => {
    const target = tcpOut(drive, 'syn', 'a:5000', 's:1');
    const source = tcpOut(drive, 'syn', 'b:6000', 's:1');
    tcpOut(drive, 'syn', 'a:5000', source);
    const [{ kind, packet }] = drive.tcp('out', 'syn', 'b:6000', target) as [(typeof drive.events)[0]];
    return kind === 'inside' && drive.nameOf(packet.source, packet.sourcePort) === source;
  },
  breaks: { 'no hairpin': { hairpin: 'none' }, 'the internal source': { hairpin: 'internal-source' } },
});

clause('RFC 5382 REQ-9 ICMP destination unreachable is translated', {
  kept: (drive) => {
    const [{ packet: syn }] = drive.tcp('out', 'syn', 'a:5000', 's:1') as [(typeof drive.events)[0]];
    const [{ kind, packet }] = drive.icmp('in', 's', 'host-unreachable', syn) as [(typeof drive.events)[0]];
    return kind === 'inside' && drive.nameOf(packet.destination, packet.icmp!.quote.sourcePort) === 'a:5000';
  },
  breaks: { 'no ICMP at all': { blocks: ['icmp'] } },
});

clause('RFC 5382 REQ-10 an ICMP error ends neither mapping nor connection', {
  kept: (drive) => {
    const external = connect(drive, 'a:5000', 's:1');
    drive.icmp('in', 'u', 'host-unreachable', drive.events[0]!.packet);
    return tcpIn(drive, 'ack', 's:1', external) === 'a:5000';
  },
  breaks: { 'a mapping that ends': { icmp: { errorEndsMapping: true } } },
});
