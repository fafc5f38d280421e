import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gatewaysOfNetstat, gatewaysOfProc4, gatewaysOfProc6, readDefaultGateways } from './default-gateways.ts';

describe('default gateways', () => {
  it('of Linux, by metric', () => {
    const text = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
      'eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0',
      'eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
      '',
    ].join('\n');
    expect(gatewaysOfProc4(text, true)).toEqual(['10.0.0.1', '192.168.1.1']);
    expect(gatewaysOfProc4(text.replace('0100000A', '0A000001').replace('0101A8C0', 'C0A80101'), false)).toEqual([
      '10.0.0.1',
      '192.168.1.1',
    ]);
  });

  it('of Linux with IPv6, without those that need a zone', () => {
    const zeros = '0'.repeat(32);
    const line = (gateway: string, metric: string, flags: string) =>
      `${zeros} 00 ${zeros} 00 ${gateway} ${metric} 00000001 00000000 ${flags}     eth0`;
    const text = [
      line('fe800000000000000000000000000001', '00000400', '00450003'),
      line('20010db8000100000000000000000001', '00000400', '00000003'),
      line(zeros, 'ffffffff', '00200200'),
      `20010db8000100000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0`,
    ].join('\n');
    expect(gatewaysOfProc6(text)).toEqual(['2001:db8:1::1']);
  });

  it.each([
    [
      'macOS',
      `Routing tables

Internet:
Destination        Gateway            Flags               Netif Expire
default            192.168.1.1        UGScg                 en0
127                127.0.0.1          UCS                   lo0
192.168.1          link#6             UCS                   en0      !

Internet6:
Destination                             Gateway                         Flags         Netif Expire
default                                 fe80::1%en0                     UGcg            en0
::1                                     ::1                             UHL             lo0`,
    ],
    [
      'Windows',
      `===========================================================================
IPv4 Route Table
===========================================================================
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.23     25
        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331
===========================================================================
Persistent Routes:
  None

IPv6 Route Table
===========================================================================
Active Routes:
 If Metric Network Destination      Gateway
 12    281 ::/0                     fe80::1
  1    331 ::1/128                  On-link`,
    ],
    [
      'FreeBSD',
      `Routing tables

Internet:
Destination        Gateway            Flags     Netif Expire
default            192.168.1.1        UGS        vtnet0
127.0.0.1          link#2             UH          lo0`,
    ],
  ])('of %s', (_, text) => {
    expect(gatewaysOfNetstat(text)).toEqual(['192.168.1.1']);
  });

  it('of no text at all, or other text', () => {
    expect(gatewaysOfNetstat('')).toEqual([]);
    expect(gatewaysOfNetstat('netstat: default: no such thing\n0.0.0.0')).toEqual([]);
    expect(gatewaysOfProc4('nonsense\n\t\t', true)).toEqual([]);
    expect(gatewaysOfProc6('nonsense')).toEqual([]);
  });

  it.skipIf(!existsSync('/proc/net/route'))('of this machine (skipped where there is no /proc)', async () => {
    expect(Array.isArray(await readDefaultGateways())).toBe(true);
  });
});
