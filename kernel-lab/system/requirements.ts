import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { command } from './command.ts';
import { sandboxCommand } from './sandbox.ts';

/** What the lab runs, and the Debian package that has it. */
const TOOLS: ReadonlyMap<string, string> = new Map([
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['mount', 'mount'],
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['conntrack', 'conntrack'],
  ['ethtool', 'ethtool'],
]);

/** A short trial of everything that a kernel may have been built without. */
const PROBE = `
ip netns add probe
ip -n probe link add wan type vxlan id 1 dstport 20001 remote 172.31.0.2 local 172.31.0.1 nolearning
ip -n probe link add name lan type veth peer name eth0
nsenter --net=/run/netns/probe sh -ec 'nft -f - && conntrack -F 2>/dev/null && test -e /proc/sys/net/netfilter/nf_conntrack_udp_timeout' <<'RULES'
table ip probe {
  map in { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 9s; size 9; }
  chain pre { type nat hook prerouting priority dstnat; ip daddr 192.0.2.1 meta l4proto udp dnat ip to udp dport map @in; }
  chain post { type nat hook postrouting priority srcnat; oifname "wan" meta l4proto udp snat ip to 192.0.2.1:1024-65535 fully-random; }
  chain learn { type filter hook postrouting priority 300; oifname "wan" meta l4proto udp update @in { udp sport : ct original ip saddr . ct original proto-src }; }
}
RULES
`;

/** Why this machine cannot run networks of kernel NATs, and the remedy, in one line; undefined: it can. */
export async function whyNoKernelLab(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `kernel NATs need Linux, and this is ${process.platform}`;
  const missing = [...TOOLS].filter(([tool]) => !isInstalled(tool));
  if (missing.length > 0) {
    const tools = missing.map(([tool]) => tool).join(', ');
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    return `kernel NATs need ${tools}: install with \`apt-get install ${packages}\`, or what your system calls it`;
  }
  try {
    const { file, args } = await sandboxCommand('sh', ['-ec', PROBE]);
    await command(file, args);
    return undefined;
  } catch (error) {
    const said = (error as Error).message.split('\n').at(-1);
    return `this kernel lets us build no NAT in a network namespace (${said}): try as root, or with a kernel that has user namespaces, nftables and VXLAN`;
  }
}

/** Why this kernel can't run what has IPv6; undefined: it can. */
export function whyNoIpv6(): string | undefined {
  return existsSync('/proc/sys/net/ipv6') ? undefined : 'the scenario has IPv6, and this kernel has none';
}

/** Tools of the system's administrator are there for everybody, if not on everybody's path. */
export function withSystemPath(path = process.env.PATH ?? ''): string {
  const places = path.split(delimiter);
  return [...places, ...['/usr/sbin', '/sbin'].filter((place) => !places.includes(place))].join(delimiter);
}

function isInstalled(tool: string): boolean {
  return withSystemPath()
    .split(delimiter)
    .some((directory) => {
      try {
        accessSync(join(directory, tool), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
