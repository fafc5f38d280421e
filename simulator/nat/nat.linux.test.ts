import { describe, expect, test } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import { PRESETS } from '../../core/nat/presets.ts';
import { Drive, rule } from './drive.suite.ts';

// What was measured on Linux 6.18, nftables masquerade between network namespaces: the two ways in which it is not the
// plain port-restricted NAT that it seems to be, and the conditions under which each shows.
const FIREWALLED = PRESETS['linux-masquerade']!.behaviour;
const REJECTING: NatDescription = { ...FIREWALLED, tcp: { ...FIREWALLED.tcp, unsolicited: 'reset' } };
const ACCEPTING = PRESETS['linux-masquerade-unfirewalled']!.behaviour;

describe('inbound-first clash: the peer reaches the port before the inside host has sent to it', () => {
  rule('the port then used towards the peer', {
    'input policy accept: changed, towards this peer only': [
      ACCEPTING,
      [
        ['out', 'a:5010', 's:1', 'x:5010'],
        ['in', 't:1', 'x:5010', 'filter: address-and-port-dependent'],
        ['out', 'a:5010', 't:1', '$other'],
        ['in', 't:1', '$other', 'a:5010'],
        ['out', 'a:5010', 't:1', '$other'],
        ['out', 'a:5010', 't:2', 'x:5010'],
        ['out', 'a:5010', 's:1', 'x:5010'],
        ['in', 's:1', 'x:5010', 'a:5010'],
        // The entry of the peer's packet is still there.
        ['in', 't:1', 'x:5010', 'filter: address-and-port-dependent'],
      ],
    ],
    'input policy accept, and nothing was sent before': [
      ACCEPTING,
      [
        ['in', 't:1', 'x:5010', 'nat: no mapping'],
        ['out', 'a:5010', 't:1', '$other'],
        ['out', 'a:5010', 's:1', 'x:5010'],
        ['out', 'a:5010', 't:1', '$other'],
      ],
    ],
    'input policy drop: preserved': [
      FIREWALLED,
      [
        ['out', 'a:5010', 's:1', 'x:5010'],
        ['in', 't:1', 'x:5010', 'filter: address-and-port-dependent'],
        ['out', 'a:5010', 't:1', 'x:5010'],
        ['in', 't:1', 'x:5010', 'a:5010'],
      ],
    ],
    'input policy reject: preserved': [
      REJECTING,
      [
        ['out', 'a:5010', 's:1', 'x:5010'],
        ['in', 't:1', 'x:5010', 'filter: address-and-port-dependent'],
        ['out', 'a:5010', 't:1', 'x:5010'],
      ],
    ],
    'the entry ends after nf_conntrack_udp_timeout, 30 seconds': [
      ACCEPTING,
      [
        ['in', 't:1', 'x:5010', 'nat: no mapping'],
        ['wait', 29_999],
        ['out', 'a:5010', 't:1', '$other'],
        ['in', 't:2', 'x:5011', 'nat: no mapping'],
        ['wait', 30_000],
        ['out', 'a:5011', 't:2', 'x:5011'],
      ],
    ],
    'an established flow is no stranger’s: what the peer sends on it changes nothing': [
      ACCEPTING,
      [
        ['out', 'a:5010', 't:1', 'x:5010'],
        ['in', 't:1', 'x:5010', 'a:5010'],
        ['out', 'a:5010', 't:1', 'x:5010'],
      ],
    ],
  });

  test('the other port is never the one that is occupied', () => {
    const drive = new Drive(ACCEPTING);
    for (let port = 1; port <= 200; port++) {
      drive.udp('in', `t:${port}`, 'x:5010');
      const [{ packet }] = drive.udp('out', 'a:5010', `t:${port}`);
      expect(packet.sourcePort).not.toBe(5010);
    }
  });

  test('entries are bounded', () => {
    const drive = new Drive(ACCEPTING);
    drive.udp('in', 't:1', 'x:5010');
    for (let port = 1; port <= 4096; port++) drive.udp('in', `u:${port}`, 'x:5010');
    expect(drive.udp('out', 'a:5010', 't:1')[0].packet.sourcePort).toBe(5010);
  });
});

describe('port overloading: two inside hosts with one source port', () => {
  for (const [name, description] of Object.entries({ FIREWALLED, ACCEPTING })) {
    rule(`they share it towards different remotes, and become endpoint-dependent where they meet (${name})`, {
      'as measured': [
        description,
        [
          ['out', 'a:5195', 's:1', 'x:5195'],
          ['out', 'b:5195', 't:1', 'x:5195'],
          ['out', 'b:5195', 's:1', '$b'],
          ['out', 'a:5195', 't:1', '$a'],
          ['in', 's:1', 'x:5195', 'a:5195'],
          ['in', 't:1', 'x:5195', 'b:5195'],
          ['in', 's:1', '$b', 'b:5195'],
          ['in', 't:1', '$a', 'a:5195'],
        ],
      ],
    });
  }
});

describe('TCP', () => {
  test('a reset from the peer ends the entry at once', () => {
    const drive = new Drive(FIREWALLED);
    drive.tcp('out', 'syn', 'a:5000', 's:1');
    drive.tcp('in', 'rstack', 's:1', 'x:5000');
    expect(drive.nat.mappingCount).toBe(0);
  });

  test('an unsolicited SYN is reset where nothing drops it, and leaves no entry', () => {
    const drive = new Drive(ACCEPTING);
    expect(drive.tcp('in', 'syn', 't:1', 'x:5010').map(({ kind }) => kind)).toEqual(['drop', 'outside']);
    expect(drive.tcp('out', 'syn', 'a:5010', 't:1')[0].packet.sourcePort).toBe(5010);
  });
});
