import { describe, expect, test } from 'vitest';
import { extendDescription, type NatDescription } from '../../../core/nat/behaviour.ts';
import type { IcmpKind } from '../../packet.ts';
import { CLOSED, FirewallBench, WINDOW } from '../firewall-bench.suite.ts';
import { BriefBelow, COMPLIANT_FIREWALLS, clause, Stateless, WindowChecking } from './firewall-clause.suite.ts';

// REC-48 and REC-49 are about more than a firewall alone: they are in `inbound-control.test.ts`.

const MINUTE = 60;
const A_MOMENT = 0.001;
const UNREACHABLE_OR_TOO_BIG: readonly IcmpKind[] = [
  'network-unreachable',
  'host-unreachable',
  'port-unreachable',
  'administratively-prohibited',
  'fragmentation-needed',
];

const NO_ICMP = { 'no ICMP at all': { blocks: ['icmp'] } } as const;
const NO_STATE = { 'a box without state': (behaviour: NatDescription) => new Stateless(behaviour) };

/** ICMP queries are the one kind of flow in the model whose protocol the RFC has no rules for: they stand for all such. */
describe('RFC 6092 section 3.2.2, protocols without rules of their own', () => {
  clause('RFC 6092 REC-10 ICMP errors about no known flow are not forwarded', {
    kept: (bench) => {
      bench.pass('out', 'a:5000', 's:53');
      const stray = bench.packet('a:5001', 's:53');
      return UNREACHABLE_OR_TOO_BIG.every((kind) => bench.icmp('in', 't', kind, stray) === 'icmp: no mapping');
    },
    breaks: NO_STATE,
  });

  clause('RFC 6092 REC-11 filtering by nothing, or by address', {
    kept: (bench) =>
      bench.ping('a:7', 's') === 'passes' &&
      bench.pong('s', 'a:7') === 'passes' &&
      ['a:8', 'b:7'].every((other) => bench.pong('s', other) !== 'passes'),
    keeps: {
      'a filter by nothing': (behaviour) =>
        new FirewallBench(extendDescription(behaviour, { icmp: { filtering: 'endpoint-independent' } })),
    },
    breaks: { ...NO_ICMP, ...NO_STATE },
  });

  clause('RFC 6092 REC-12 a state record lives for two minutes', {
    kept: (bench) => livesAsQuery(bench, 2 * MINUTE),
    breaks: { 'the timer that RFC 5508 allows a NAT': { icmp: { timeoutMs: 60_000 } } },
  });

  clause('RFC 6092 REC-12 and for five by default', {
    kept: (bench) => livesAsQuery(bench, 5 * MINUTE),
    breaks: { 'the shortest timer that is allowed': { icmp: { timeoutMs: 120_000 } } },
  });

  test('RFC 6092 REC-13 asks for firmware updates, which no packet shows, nor who has none: the restart ends flows', () => {
    const bench = new FirewallBench(COMPLIANT_FIREWALLS['ipv6-firewall-compliant']!);
    bench.pass('out', 'a:5000', 's:53');
    bench.firewall.flush();
    expect(bench.pass('in', 's:53', 'a:5000')).toBe(CLOSED);
    expect(bench.pass('out', 'a:5000', 's:53')).toBe('passes');
    expect(bench.pass('in', 's:53', 'a:5000')).toBe('passes');
  });
});

describe('RFC 6092 section 3.2.3, UDP', () => {
  clause('RFC 6092 REC-14 a state record lives for two minutes', {
    kept: (bench) => lives(bench, 'a:5000', 's:5000', 2 * MINUTE),
    breaks: { 'a timer of 30 seconds': { udp: { timeoutMs: 30_000 } }, 'one of 90': { udp: { timeoutMs: 90_000 } } },
  });

  clause('RFC 6092 REC-14 and for five by default', {
    kept: (bench) => lives(bench, 'a:5000', 's:5000', 5 * MINUTE),
    breaks: { 'the shortest timer that is allowed': { udp: { timeoutMs: 120_000 } } },
  });

  // The vocabulary has one timer for UDP, whatever the ports, which REC-15 permits and does not ask for.
  clause('RFC 6092 REC-15 only flows with a well-known port may have a shorter timer', {
    kept: (bench) => lives(bench, 'a:1024', 's:1024', 2 * MINUTE),
    keeps: { 'a box that makes use of it': (behaviour) => new BriefBelow(behaviour, 1024) },
    breaks: {
      'one that does so for registered ports': (behaviour) => new BriefBelow(behaviour, 49_152),
      'one that does so for all': { udp: { timeoutMs: 30_000 } },
    },
  });

  test.each([
    ['a:5000', 's:53'],
    ['a:123', 's:5000'],
  ])('RFC 6092 REC-15 a box that makes use of it forgets %s to %s after 30 seconds', (source, destination) => {
    const bench = new BriefBelow(COMPLIANT_FIREWALLS['ipv6-firewall-compliant']!, 1024);
    expect(lives(bench, source, destination, 30)).toBe(true);
    expect(lives(bench, source, destination, 31)).toBe(false);
  });

  clause('RFC 6092 REC-16 what is forwarded outward refreshes', {
    kept: (bench) => {
      bench.pass('out', 'a:5000', 's:5000');
      bench.wait(4 * MINUTE);
      return lives(bench, 'a:5000', 's:5000', 4 * MINUTE);
    },
    breaks: { 'inbound refresh alone': { udp: { refresh: 'inbound' } } },
  });

  clause('RFC 6092 REC-17 filtering by nothing, or by address', {
    kept: (bench) =>
      bench.pass('out', 'a:5000', 's:53') === 'passes' &&
      bench.pass('in', 's:54', 'a:5000') === 'passes' &&
      ['a:5001', 'b:5000'].every((other) => bench.pass('in', 's:53', other) !== 'passes'),
    breaks: { 'filtering by address and port': { filtering: 'address-and-port-dependent' }, ...NO_STATE },
  });

  clause('RFC 6092 REC-18 ICMP errors about a flow are forwarded', {
    kept: (bench) => {
      const sent = bench.packet('a:5000', 's:53');
      bench.give('out', sent);
      return UNREACHABLE_OR_TOO_BIG.every((kind) => bench.icmp('in', 't', kind, sent) === 'passes');
    },
    breaks: NO_ICMP,
  });

  clause('RFC 6092 REC-19 and do not end it', {
    kept: (bench) => {
      const sent = bench.packet('a:5000', 's:53');
      bench.give('out', sent);
      for (const kind of UNREACHABLE_OR_TOO_BIG) bench.icmp('in', 's', kind, sent);
      return bench.pass('in', 's:53', 'a:5000') === 'passes';
    },
    breaks: { 'a flow that ends': { icmp: { errorEndsMapping: true } } },
  });
});

describe('RFC 6092 section 3.3.1, TCP', () => {
  clause('RFC 6092 REC-31 the three-way handshake', {
    kept: (bench) => connects(bench),
    breaks: { 'no TCP at all': { blocks: ['tcp'] } },
  });

  clause('RFC 6092 REC-31 simultaneous open', {
    kept: (bench) =>
      bench.pass('syn out', 'a:5000', 's:5000') === 'passes' &&
      bench.pass('syn in', 's:5000', 'a:5000') === 'passes' &&
      bench.pass('synack out', 'a:5000', 's:5000') === 'passes' &&
      bench.pass('synack in', 's:5000', 'a:5000') === 'passes',
    breaks: { 'a box that takes the SYN for a stranger’s': { tcp: { simultaneousOpen: false } } },
  });

  // Segments of the model have no options, so no firewall ever sees whether windows are scaled.
  clause('RFC 6092 REC-32 nothing is refused for a window of unknown scale', {
    kept: (bench) => segmentsOf(bench).every(Boolean),
    breaks: { 'a box that checks windows': (behaviour) => new WindowChecking(behaviour) },
  });

  test('RFC 6092 REC-32 a box that checks windows lets pass what it takes to be in them', () => {
    expect(segmentsOf(new WindowChecking(COMPLIANT_FIREWALLS['ipv6-firewall-compliant']!))).toEqual([true, false]);
  });

  clause('RFC 6092 REC-33 filtering by nothing, or by address', {
    kept: (bench) =>
      bench.pass('syn out', 'a:5000', 's:80') === 'passes' &&
      bench.pass('syn in', 's:81', 'a:5000') === 'passes' &&
      ['a:5001', 'b:5000'].every((other) => bench.pass('syn in', 's:80', other) !== 'passes'),
    breaks: { 'filtering by address and port': { filtering: 'address-and-port-dependent' }, ...NO_STATE },
  });

  clause('RFC 6092 REC-34 an unsolicited SYN is prohibited after six seconds, not before', {
    kept: (bench) => {
      bench.pass('syn in', 's:5000', 'a:5000');
      bench.wait(6 - A_MOMENT);
      const early = bench.answers.length;
      bench.wait(2 * A_MOMENT);
      const kinds = bench.answers.map(({ icmp }) => icmp?.kind);
      return early === 0 && kinds.length === 1 && kinds[0] === 'administratively-prohibited';
    },
    breaks: {
      silence: { tcp: { unsolicited: 'drop' } },
      'a reset at once': { tcp: { unsolicited: 'reset' } },
      'an ICMP error at once': { tcp: { unsolicited: 'icmp', icmpDelayMs: 0 } },
    },
  });

  clause('RFC 6092 REC-34 nor ever, if our own SYN comes in that time', {
    kept: (bench) => {
      bench.pass('syn in', 's:5000', 'a:5000');
      bench.wait(3);
      bench.pass('syn out', 'a:5000', 's:5000');
      bench.wait(MINUTE);
      return bench.answers.length === 0;
    },
    breaks: {
      'a reset at once': { tcp: { unsolicited: 'reset' } },
      'an ICMP error after two seconds': { tcp: { unsolicited: 'icmp', icmpDelayMs: 2000 } },
    },
  });

  clause('RFC 6092 REC-35 a connection may be idle for 2 hours 4 minutes', {
    kept: (bench) => {
      connects(bench);
      bench.wait(124 * MINUTE - A_MOMENT);
      return bench.pass('ack in', 's:80', 'a:5000') === 'passes';
    },
    breaks: { 'a timer of an hour': { tcp: { establishedMs: 3_600_000 } } },
  });

  clause('RFC 6092 REC-35 half open, for 4 minutes', {
    kept: (bench) => {
      bench.pass('syn out', 'a:5000', 's:80');
      bench.wait(4 * MINUTE - A_MOMENT);
      return bench.pass('synack in', 's:80', 'a:5000') === 'passes';
    },
    breaks: { 'a timer of a minute': { tcp: { transitoryMs: 60_000 } } },
  });

  clause('RFC 6092 REC-36 ICMP errors about a connection are forwarded', {
    kept: (bench) => {
      connects(bench);
      const sent = bench.packet('a:5000', 's:80', 'ack');
      return UNREACHABLE_OR_TOO_BIG.every((kind) => bench.icmp('in', 't', kind, sent) === 'passes');
    },
    breaks: NO_ICMP,
  });

  clause('RFC 6092 REC-37 and do not end it', {
    kept: (bench) => {
      connects(bench);
      const sent = bench.packet('a:5000', 's:80', 'ack');
      for (const kind of UNREACHABLE_OR_TOO_BIG) bench.icmp('in', 's', kind, sent);
      return bench.pass('ack in', 's:80', 'a:5000') === 'passes';
    },
    breaks: { 'a connection that ends': { icmp: { errorEndsMapping: true } } },
  });
});

/** Does a flow from inside still get its answer when it has been idle for just less than that? */
function lives(bench: FirewallBench, source: string, destination: string, seconds: number): boolean {
  bench.pass('out', source, destination);
  bench.wait(seconds - A_MOMENT);
  return bench.pass('in', destination, source) === 'passes';
}

function livesAsQuery(bench: FirewallBench, seconds: number): boolean {
  bench.ping('a:7', 's');
  bench.wait(seconds - A_MOMENT);
  return bench.pong('s', 'a:7') === 'passes';
}

function connects(bench: FirewallBench): boolean {
  return (
    bench.pass('syn out', 'a:5000', 's:80') === 'passes' &&
    bench.pass('synack in', 's:80', 'a:5000') === 'passes' &&
    bench.pass('ack out', 'a:5000', 's:80') === 'passes'
  );
}

/** Do segments of a connection come in, one that is within the window as it was announced, and one that is beyond? */
function segmentsOf(bench: FirewallBench): boolean[] {
  connects(bench);
  const segment = bench.packet('s:80', 'a:5000', 'ack');
  return [1, WINDOW + 1].map(
    (ahead) => bench.give('in', { ...segment, sequence: segment.sequence + ahead }) === 'passes',
  );
}
