import type { NetworkInterfaceInfo } from 'node:os';
import { canonicalAddress } from '../net/ip.ts';
import type { InterfaceAddress, NetworkInterface } from '../ports/index.ts';

type SystemInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

/**
 * The interfaces of `os.networkInterfaces()` in the words of the ports. IPv6 link-local addresses are left out: they
 * mean nothing without a zone (RFC 4007), and an endpoint has none. An address that the system lists twice on an
 * interface counts once, and an interface that is left without addresses is not listed.
 */
export function interfacesOf(system: SystemInterfaces): NetworkInterface[] {
  const interfaces: NetworkInterface[] = [];
  for (const [name, infos = []] of Object.entries(system)) {
    const addresses = new Map<string, InterfaceAddress>();
    for (const info of infos) {
      const address = interfaceAddress(info);
      if (address) addresses.set(address.address, address);
    }
    if (addresses.size === 0) continue;
    interfaces.push({ name, loopback: infos.some((info) => info.internal), addresses: [...addresses.values()] });
  }
  return interfaces;
}

function interfaceAddress(info: NetworkInterfaceInfo): InterfaceAddress | undefined {
  // Without a contiguous netmask Node gives no CIDR form, and there is no prefix to speak of.
  if (info.cidr === null) return undefined;
  if (info.family === 'IPv6' && info.scopeid !== 0) return undefined;
  return {
    address: canonicalAddress(info.address),
    family: info.family === 'IPv6' ? 6 : 4,
    prefixLength: Number(info.cidr.slice(info.cidr.indexOf('/') + 1)),
  };
}
