import { familyOf } from '../net/ip.ts';
import { parsePrefix, prefixContains } from '../net/prefix.ts';
import { type Finding, found, unknown } from './finding.ts';

/** Hints at what stands behind the nearest NAT. From inside, most chains look like a single NAT. */
export interface ChainReport {
  /** Does a carrier translate (RFC 6888)? */
  readonly carrier: Finding<boolean>;
  /** Do at least two NATs translate, one behind the other? */
  readonly nested: Finding<boolean>;
}

export interface ChainView {
  /** The host's own addresses of the family. */
  readonly own: readonly string[];
  /** How the server sees us; undefined if it never answered. */
  readonly mapped: string | undefined;
  readonly translated: boolean;
  /** The outer address of the nearest gateway, as it says itself. */
  readonly gateway: string | undefined;
}

const CARRIER = parsePrefix('100.64.0.0/10'); // RFC 6598
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(parsePrefix); // RFC 1918

/** What addresses alone tell. */
export function judgeChain({ own, mapped, translated, gateway }: ChainView): ChainReport {
  if (mapped === undefined) return both(unknown('no server told how it sees us'));
  if (familyOf(mapped) === 6) return both(unknown('only IPv4 addresses tell'));
  if (!translated) return both(found(false, `nothing translates ${mapped}`));
  return { carrier: judgeCarrier(own, mapped, gateway), nested: judgeNested(mapped, gateway) };
}

function judgeCarrier(own: readonly string[], mapped: string, gateway: string | undefined): Finding<boolean> {
  const shared = [gateway, mapped, ...own].find((address) => address !== undefined && isShared(address));
  if (shared !== undefined) return found(true, `${shared} is of the space that carriers share among customers`);
  if (gateway === mapped && !isLocal(mapped)) return found(false, `the gateway itself has ${mapped}`);
  return unknown('private addresses are behind home routers and carriers alike');
}

function judgeNested(mapped: string, gateway: string | undefined): Finding<boolean> {
  if (gateway === undefined) return unknown('the gateway’s outer address is not known');
  if (gateway === mapped) return found(false, `the gateway itself has ${mapped}`);
  if (isLocal(gateway)) return found(true, `the gateway has ${gateway}, and the server sees ${mapped}`);
  return unknown(`the gateway names ${gateway}, but ${mapped} may be another one of its own`);
}

/** Does the address mean something in one network only? */
export function isLocal(address: string): boolean {
  return isShared(address) || PRIVATE.some((prefix) => prefixContains(prefix, address));
}

function isShared(address: string): boolean {
  return prefixContains(CARRIER, address);
}

function both(finding: Finding<boolean>): ChainReport {
  return { carrier: finding, nested: finding };
}
