import { expect, test } from 'vitest';
import { Drive } from '../drive.suite.ts';
import {
  answer,
  clause,
  compliantBut,
  connect,
  into,
  MINUTE_MS,
  out,
  portOf,
  query,
  tcpIn,
  tcpOut,
} from './clause.suite.ts';

clause('RFC 7857 section 2.1 a connection that is being opened may be idle for 4 minutes', {
  kept: (drive) => {
    const external = tcpOut(drive, 'syn', 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS - 1);
    return tcpIn(drive, 'synack', 's:1', external) === 'a:5000';
  },
  keeps: { 'a short timer for closing only': { tcp: { closingMs: 1000 } } },
  breaks: { 'a short timer for opening': { tcp: { transitoryMs: 1000 } } },
});

clause('RFC 7857 section 2.1 and so may one that is being closed, by a timer of its own', {
  kept: (drive) => {
    const external = connect(drive, 'a:5000', 's:1');
    tcpOut(drive, 'fin', 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS - 1);
    return tcpIn(drive, 'fin', 's:1', external) === 'a:5000';
  },
  keeps: { 'a short timer for opening only': { tcp: { transitoryMs: 1000 } } },
  breaks: { 'a short timer for closing': { tcp: { closingMs: 1000 } } },
});

clause('RFC 7857 section 2.2 an RST is translated, and the session is held 4 minutes more, not for hours', {
  kept: (drive) => {
    const external = connect(drive, 'a:5000', 's:1');
    if (tcpIn(drive, 'rst', 's:1', external) !== 'a:5000') return false;
    drive.wait(4 * MINUTE_MS - 1);
    const held = tcpIn(drive, 'rst', 's:1', external) === 'a:5000';
    drive.wait(1);
    return held && drive.nat.mappingCount === 0;
  },
  breaks: { 'an end at once': { tcp: { afterReset: 'remove' } }, 'an RST ignored': { tcp: { afterReset: 'ignore' } } },
});

clause('RFC 7857 section 3 a port may be shared by endpoints with other remotes, and by no others', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    return external === out(drive, 'b:5000', 't:1') && external !== out(drive, 'c:5000', 's:1');
  },
  keeps: { overlapping: { ports: { overlapping: true } } },
  breaks: { 'ports with one owner': { ports: { overlapping: false } } },
});

clause('RFC 7857 section 4 a host that is paired with a full address gets none on another', {
  kept: (drive) => {
    const sockets = ['a:5001', 'a:5002', 'a:5003'];
    return sockets.map((socket) => out(drive, socket, 's:1')).includes('nat: no free port');
  },
  keeps: { 'addresses in pairs': { addresses: 3, pooling: 'paired', ports: { range: [40000, 40001] } } },
  breaks: { 'arbitrary pooling': { addresses: 3, pooling: 'arbitrary', ports: { range: [40000, 40001] } } },
});

/** A box that does not look at the protocol: what is TCP goes by the mappings of UDP. */
class ProtocolBlind extends Drive {
  override tcp(...[direction, , source, destination]: Parameters<Drive['tcp']>) {
    return this.udp(direction, source, destination);
  }
}

for (const [section, what] of [
  ['5', 'mappings'],
  ['6', 'filters'],
] as const) {
  const kept = (drive: Drive): boolean => {
    const external = out(drive, 'a:5000', 's:1');
    return tcpIn(drive, 'syn', 's:1', external) === 'tcp: unsolicited syn';
  };
  test(`RFC 7857 section ${section} ${what} are of one protocol: kept by rfc-compliant`, () => {
    expect(kept(new Drive(compliantBut({})))).toBe(true);
  });
  test(`RFC 7857 section ${section} ${what} are of one protocol: broken by a box that does not look`, () => {
    expect(kept(new ProtocolBlind(compliantBut({})))).toBe(false);
  });
}

clause('RFC 7857 section 7 what the filter refuses refreshes nothing', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    drive.wait(4 * MINUTE_MS);
    into(drive, 't:1', external);
    drive.wait(MINUTE_MS);
    return drive.nat.mappingCount === 0;
  },
  keeps: { 'a filter by address': { filtering: 'address-dependent', udp: { timeoutMs: 5 * MINUTE_MS } } },
  breaks: { 'refresh by whatever there is': { filtering: 'address-dependent', udp: { refresh: 'all' } } },
});

clause('RFC 7857 section 7 nor does an outbound ICMP error', {
  kept: (drive) => {
    into(drive, 's:1', out(drive, 'a:5000', 's:1'));
    const { packet } = drive.events[0]!;
    drive.wait(4 * MINUTE_MS);
    drive.icmp('out', 'a', 'port-unreachable', packet);
    drive.wait(MINUTE_MS);
    return drive.nat.mappingCount === 0;
  },
  breaks: { 'refresh by whatever there is': { udp: { refresh: 'all' } } },
});

clause('RFC 7857 section 7 nor an outbound RST', {
  kept: (drive) => {
    connect(drive, 'a:5000', 's:1');
    drive.wait(120 * MINUTE_MS);
    tcpOut(drive, 'rst', 'a:5000', 's:1');
    drive.wait(5 * MINUTE_MS);
    return drive.nat.mappingCount === 0;
  },
  breaks: { 'an RST like any other segment': { tcp: { afterReset: 'ignore' } } },
});

clause('RFC 7857 section 8 parity need not be kept', {
  kept: (drive) => [1, 2, 3, 4, 5, 6, 7, 8].some((n) => portOf(out(drive, `a:${5000 + n}`, 's:1')) % 2 !== n % 2),
  keeps: { 'random ports': { ports: { allocation: 'random', parity: false } } },
  breaks: { 'parity kept': { ports: { allocation: 'random', parity: true } } },
});

clause('RFC 7857 section 9 ports are random, or kept and random on collision only', {
  kept: (drive) => {
    const steps = new Set<number>();
    let last = portOf(out(drive, 'a:5000', 's:1'));
    for (const host of ['b', 'c']) {
      for (const port of [5000, 5001, 5002, 5003]) {
        const next = portOf(out(drive, `${host}:${port}`, 's:1'));
        if (next !== port) steps.add(next - last);
        last = next;
      }
    }
    return steps.size > 1;
  },
  breaks: { 'one after the other': { ports: { allocation: 'sequential', step: 1 } } },
});

clause('RFC 7857 section 11 a query mapping may go with its last session', {
  kept: (drive) => {
    const external = query(drive, 'a:7', 's');
    drive.wait(MINUTE_MS);
    return drive.nat.mappingCount === 0 && answer(drive, 's', external) === 'icmp: no mapping';
  },
  breaks: { 'a longer timer': { icmp: { timeoutMs: 2 * MINUTE_MS } } },
});
