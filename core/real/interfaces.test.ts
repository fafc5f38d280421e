import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { interfacesOf } from './interfaces.ts';

function info(address: string, cidr: string | null, more: Partial<NetworkInterfaceInfo> = {}): NetworkInterfaceInfo {
  const family = address.includes(':') ? { family: 'IPv6', scopeid: 0 } : { family: 'IPv4' };
  return { address, netmask: '', mac: '', internal: false, cidr, ...family, ...more } as NetworkInterfaceInfo;
}

test('lists addresses in canonical form, with their prefixes', () => {
  const interfaces = interfacesOf({
    lo: [info('127.0.0.1', '127.0.0.1/8', { internal: true }), info('::1', '::1/128', { internal: true })],
    eth0: [info('192.0.2.7', '192.0.2.7/24'), info('2001:DB8:0::7', '2001:db8::7/64')],
  });
  expect(interfaces).toEqual([
    {
      name: 'lo',
      loopback: true,
      addresses: [
        { address: '127.0.0.1', family: 4, prefixLength: 8 },
        { address: '::1', family: 6, prefixLength: 128 },
      ],
    },
    {
      name: 'eth0',
      loopback: false,
      addresses: [
        { address: '192.0.2.7', family: 4, prefixLength: 24 },
        { address: '2001:db8::7', family: 6, prefixLength: 64 },
      ],
    },
  ]);
});

test('leaves out link-local IPv6, repeated addresses, broken netmasks, and what is left empty', () => {
  const interfaces = interfacesOf({
    awdl0: [info('fe80::1', 'fe80::1/64', { scopeid: 4 } as Partial<NetworkInterfaceInfo>)],
    eth0: [info('192.0.2.7', '192.0.2.7/24'), info('192.0.2.7', '192.0.2.7/24'), info('192.0.2.8', null)],
    gone: undefined,
  });
  const addresses = [{ address: '192.0.2.7', family: 4, prefixLength: 24 }];
  expect(interfaces).toEqual([{ name: 'eth0', loopback: false, addresses }]);
});
