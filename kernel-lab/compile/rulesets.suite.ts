import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { compileNat } from './compile-nat.ts';
import type { NatSite } from './nat-site.ts';

export const SITE: NatSite = {
  family: 4,
  external: ['203.0.113.10'],
  prefixes: undefined,
  insideHosts: 1,
  portsApart: true,
  isolated: false,
  lifeMs: 75_000,
  start: 0,
};
export const SITE6 = {
  family: 6,
  external: ['2001:db8:0:100::2'],
  prefixes: { inside: 'fd00:0:1::/48', outside: '2001:db8:8001::/48' },
} as const satisfies Partial<NatSite>;
export const FIREWALL = { translation: 'none', firewall: true } as const satisfies NatDescription;
export const EIM = 'endpoint-independent';
export const ADM = 'address-dependent';
export const APDM = 'address-and-port-dependent';

export function lines(description: NatDescription, site: Partial<NatSite> = {}): string[] {
  const compiled = compileNat(resolveBehaviour(description), { ...SITE, ...site });
  if (compiled.kind === 'unsupported') throw new Error(compiled.reason);
  return compiled.ruleset.split('\n').map((line) => line.trim());
}

/** Of one chain, about one protocol. */
export function chain(
  name: string,
  transport: 'udp' | 'tcp',
  description: NatDescription,
  site?: Partial<NatSite>,
): string[] {
  const all = lines(description, site);
  const first = all.indexOf(`chain ${name} {`);
  if (first === -1) return [];
  return all.slice(first + 2, all.indexOf('}', first)).filter((line) => line.includes(`l4proto ${transport}`));
}
