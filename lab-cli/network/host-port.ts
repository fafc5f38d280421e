import { isAddress } from '../../core/net/ip.ts';

/** A host by name or address, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Labels of a host name (RFC 1035 section 2.3.1), of 253 characters at most; containers have underscores in theirs. */
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * Reads `host`, `host:port`, `192.0.2.1:3478`, `2001:db8::1` or `[2001:db8::1]:3478`; undefined if it is none of them.
 */
export function parseHostPort(text: string, defaultPort: number): HostPort | undefined {
  if (isAddress(text)) return { host: text, port: defaultPort };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined)
    return isAddress(bracketed) && bracketed.includes(':') ? { host: bracketed, port } : undefined;
  if (plain === undefined) return undefined;
  // What looks like an address but is none, such as 300.1.1.1, is no name either: the last label would be a number.
  const last = plain.replace(/\.$/, '').split('.').at(-1)!;
  return isAddress(plain) || (NAME.test(plain) && !/^\d+$/.test(last)) ? { host: plain, port } : undefined;
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
