import { describe, expect, test } from 'vitest';
import { ICMP, type IcmpKind, type Packet, udpPacket } from '../packet.ts';
import { Drive } from './drive.suite.ts';

const KINDS: readonly IcmpKind[] = [
  'network-unreachable',
  'host-unreachable',
  'port-unreachable',
  'fragmentation-needed',
  'administratively-prohibited',
  'time-exceeded',
];

function sent(drive: Drive, source = 'a:5000', destination = 's:1'): Packet {
  return drive.udp('out', source, destination)[0].packet;
}

function named(drive: Drive, packet: Packet): Record<string, string> {
  const quote = packet.icmp!.quote;
  return {
    from: drive.nameOf(packet.source, 0),
    to: drive.nameOf(packet.destination, 0),
    quotedSource: drive.nameOf(quote.source, quote.sourcePort),
    quotedDestination: drive.nameOf(quote.destination, quote.destinationPort),
  };
}

describe('errors from the outside', () => {
  test.each(KINDS)('RFC 5508 REQ-4 %s is translated, whoever sends it', (kind) => {
    const drive = new Drive({ ports: { allocation: 'random' } });
    const [{ kind: side, packet }] = drive.icmp('in', 'u', kind, sent(drive));
    expect(side).toBe('inside');
    expect(packet.icmp!.kind).toBe(kind);
    expect(named(drive, packet)).toEqual({
      from: 'u:0',
      to: 'a:0',
      quotedSource: 'a:5000',
      quotedDestination: 's:1',
    });
  });

  test('RFC 5508 REQ-4 TCP: the quoted sequence number stays', () => {
    const drive = new Drive();
    const [{ packet: syn }] = drive.tcp('out', 'syn', 'a:5000', 's:1');
    const [{ packet }] = drive.icmp('in', 'u', 'time-exceeded', syn);
    expect(named(drive, packet)).toMatchObject({ to: 'a:0', quotedSource: 'a:5000' });
    expect(packet.icmp!.quote.sequence).toBe(1000);
  });

  test('RFC 5508 REQ-4 without a mapping it is dropped', () => {
    const drive = new Drive({ ports: { allocation: 'random' } });
    const packet = sent(drive);
    const strange = { ...packet, sourcePort: packet.sourcePort ^ 1 };
    expect(drive.icmp('in', 's', 'port-unreachable', strange)[0].reason).toBe('icmp: no mapping');
    drive.wait(120_000);
    expect(drive.icmp('in', 's', 'port-unreachable', packet)[0].reason).toBe('icmp: no mapping');
  });

  test('RFC 5508 REQ-4 an endpoint-dependent mapping accounts for its own remote only', () => {
    const drive = new Drive({ mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' });
    const packet = sent(drive);
    const elsewhere = { ...packet, destination: drive.addressOf('t') };
    expect(drive.icmp('in', 'u', 'time-exceeded', elsewhere)[0].reason).toBe('icmp: no mapping');
    expect(drive.icmp('in', 'u', 'time-exceeded', packet)[0].kind).toBe('inside');
  });

  test('RFC 5508 REQ-4 and for a remote whose packet it was bound to', () => {
    const drive = new Drive({
      mapping: 'address-and-port-dependent',
      filtering: 'endpoint-independent',
      inboundSession: 'bind',
    });
    drive.play([
      ['out', 'a:5000', 's:1', '$m'],
      ['in', 't:1', '$m', 'a:5000'],
    ]);
    const reply = sent(drive, 'a:5000', 't:1');
    expect(drive.icmp('in', 'u', 'time-exceeded', reply)[0].kind).toBe('inside');
  });

  test('an error that quotes another address than it is sent to is dropped', () => {
    const drive = new Drive({ addresses: 2 });
    const packet = sent(drive);
    drive.events = [];
    const lie: Packet = {
      ...udpPacket(1, drive.addressOf('u'), 0, drive.addressOf('y'), 0, 64, new Uint8Array(0)),
      protocol: ICMP,
      icmp: { kind: 'port-unreachable', quote: { ...packet } },
    };
    drive.nat.fromOutside(lie);
    expect(drive.events[0].reason).toBe('icmp: no mapping');
  });

  test('an ICMP packet that quotes nothing, or ICMP, is dropped', () => {
    const drive = new Drive();
    const packet = sent(drive);
    const [{ packet: error }] = drive.icmp('in', 'u', 'time-exceeded', packet);
    for (const direction of ['in', 'out'] as const) {
      expect(drive.icmp(direction, 'u', 'time-exceeded', error)[0].reason).toBe(
        direction === 'in' ? 'nat: foreign destination' : 'icmp: no mapping',
      );
    }
    drive.events = [];
    const empty = { ...packet, protocol: ICMP, icmp: undefined } as const;
    drive.nat.fromOutside({ ...empty, source: drive.addressOf('u'), destination: drive.addressOf('x') });
    drive.nat.fromInside({ ...empty, source: drive.addressOf('a') });
    expect(drive.events.map(({ reason }) => reason)).toEqual(['icmp: malformed', 'icmp: malformed']);
  });
});

describe('errors from the inside', () => {
  function received(drive: Drive): Packet {
    sent(drive);
    return drive.udp('in', 's:1', 'x:5000')[0].packet;
  }

  test.each(KINDS)('RFC 5508 REQ-5 %s is translated, and comes from the NAT', (kind) => {
    const drive = new Drive();
    const [{ kind: side, packet }] = drive.icmp('out', 'a', kind, received(drive));
    expect(side).toBe('outside');
    expect(packet.icmp!.kind).toBe(kind);
    expect(named(drive, packet)).toEqual({
      from: 'x:0',
      to: 's:0',
      quotedSource: 's:1',
      quotedDestination: 'x:5000',
    });
  });

  test('RFC 5508 REQ-5 about an admitted packet that nobody has answered', () => {
    const drive = new Drive({ filtering: 'endpoint-independent' });
    sent(drive);
    const [{ packet }] = drive.udp('in', 't:9', 'x:5000');
    expect(named(drive, drive.icmp('out', 'a', 'port-unreachable', packet)[0].packet)).toMatchObject({ to: 't:0' });
  });

  test('RFC 5508 REQ-5 without a mapping it is dropped', () => {
    const drive = new Drive();
    const packet = received(drive);
    drive.wait(120_000);
    expect(drive.icmp('out', 'a', 'port-unreachable', packet)[0].reason).toBe('icmp: no mapping');
  });

  test('RFC 5508 REQ-7 an error about a packet that was turned round goes back by both mappings', () => {
    const drive = new Drive({ hairpin: 'external-source', filtering: 'endpoint-independent' });
    drive.udp('out', 'b:6000', 's:1');
    const [{ packet: turned }] = drive.udp('out', 'a:5000', 'x:6000');
    const [{ kind, packet }] = drive.icmp('out', 'b', 'port-unreachable', turned);
    expect(kind).toBe('inside');
    expect(named(drive, packet)).toEqual({
      from: 'x:0',
      to: 'a:0',
      quotedSource: 'a:5000',
      quotedDestination: 'x:6000',
    });
  });
});

describe('errors and state', () => {
  test('RFC 5508 REQ-6 an error refreshes nothing', () => {
    const drive = new Drive({ udp: { refresh: 'both' } });
    const packet = sent(drive);
    const [{ packet: inbound }] = drive.udp('in', 's:1', 'x:5000');
    drive.wait(100_000);
    drive.icmp('in', 'u', 'time-exceeded', packet);
    drive.icmp('out', 'a', 'port-unreachable', inbound);
    drive.wait(20_000);
    expect(drive.nat.mappingCount).toBe(0);
  });

  for (const errorEndsMapping of [false, true]) {
    const verb = errorEndsMapping ? 'ends' : 'leaves';
    test(`RFC 4787 REQ-12, RFC 5382 REQ-10 an error ${verb} the mapping`, () => {
      const drive = new Drive({ icmp: { errorEndsMapping } });
      const datagram = sent(drive);
      const [{ packet: syn }] = drive.tcp('out', 'syn', 'a:5000', 's:1');
      for (const packet of [datagram, syn]) {
        // Either way the host hears of it.
        expect(drive.icmp('in', 'u', 'time-exceeded', packet)[0].kind).toBe('inside');
      }
      expect(drive.nat.mappingCount).toBe(errorEndsMapping ? 0 : 2);
      expect(drive.removed.map(({ reason }) => reason)).toEqual(errorEndsMapping ? ['icmp-error', 'icmp-error'] : []);
    });
  }
});
