import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { addressFromBytes, canonicalAddress, isAddress, isUnspecified } from '../net/ip.ts';
import { parsePrefix, prefixContains } from '../net/prefix.ts';

const LINK_LOCAL = parsePrefix('fe80::/10');
const NETSTAT_MS = 2000;
/** Routes by gateway rather than by interface, in the words of Linux's `route.h`. */
const RTF_GATEWAY = 2;

/**
 * The gateways of this machine. Node has no call for them. Linux lists its routes in files; macOS, the BSDs and Windows
 * all have the command `netstat -rn`, whose lines differ in form but not in what stands in them.
 */
export async function readDefaultGateways(): Promise<string[]> {
  const [v4, v6] = await Promise.all(['/proc/net/route', '/proc/net/ipv6_route'].map(readText));
  if (v4 === undefined) return gatewaysOfNetstat(await runNetstat());
  return [...gatewaysOfProc4(v4, endianness() === 'LE'), ...gatewaysOfProc6(v6 ?? '')];
}

/** Of Linux's `/proc/net/route`, whose numbers are in the machine's own byte order. */
export function gatewaysOfProc4(text: string, littleEndian: boolean): string[] {
  const routes = text.split('\n').flatMap((line) => {
    const [, destination, gateway = '', flags, , , metric] = line.trim().split(/\s+/);
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/i.test(gateway)) return [];
    if (!(Number.parseInt(flags!, 16) & RTF_GATEWAY)) return [];
    const bytes = Buffer.from(gateway, 'hex');
    if (littleEndian) bytes.reverse();
    return [{ gateway: addressFromBytes(bytes), metric: Number(metric) }];
  });
  return usable(routes.sort((a, b) => a.metric - b.metric).map(({ gateway }) => gateway));
}

/** Of Linux's `/proc/net/ipv6_route`. */
export function gatewaysOfProc6(text: string): string[] {
  const routes = text.split('\n').flatMap((line) => {
    const [destination, length, , , gateway = '', metric, , , flags] = line.trim().split(/\s+/);
    const isDefault = destination === '0'.repeat(32) && length === '00';
    if (!isDefault || !/^[0-9a-f]{32}$/.test(gateway) || !(Number.parseInt(flags!, 16) & RTF_GATEWAY)) return [];
    return [{ gateway: addressFromBytes(Buffer.from(gateway, 'hex')), metric: Number.parseInt(metric!, 16) }];
  });
  return usable(routes.sort((a, b) => a.metric - b.metric).map(({ gateway }) => gateway));
}

/** Of `netstat -rn`: in a line about the default route, the first address after its destination and its mask. */
export function gatewaysOfNetstat(text: string): string[] {
  const found = text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const start = words.findIndex((word) => ['default', '0.0.0.0', '0.0.0.0/0', '::/0'].includes(word));
    // Windows puts an interface and a metric before an IPv6 destination; elsewhere it comes first.
    if (start < 0 || start > 2) return [];
    const gateway = words.slice(start + 1).find((word) => isAddress(word) && !isUnspecified(word));
    return gateway === undefined ? [] : [gateway];
  });
  return usable(found);
}

function usable(gateways: readonly string[]): string[] {
  const known = new Set(gateways.map(canonicalAddress));
  return [...known].filter((address) => !isUnspecified(address) && !prefixContains(LINK_LOCAL, address));
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Empty if there is no such command. */
function runNetstat(): Promise<string> {
  return new Promise((resolve) => {
    execFile('netstat', ['-rn'], { timeout: NETSTAT_MS, windowsHide: true }, (_error, stdout) => resolve(stdout));
  });
}
