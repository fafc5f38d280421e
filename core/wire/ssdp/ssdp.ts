import type { Endpoint } from '../../net/endpoint.ts';
import { formatEndpoint } from '../../net/endpoint.ts';
import { WireError } from '../wire-error.ts';
import { formatHttpHead, parseHttpHead } from './http-head.ts';

/** UPnP Device Architecture 1.1 section 1.3.2 and annex A: where devices listen. */
export const SSDP_PORT = 1900;
export const SSDP_GROUP = { 4: '239.255.255.250', 6: 'ff05::c' } as const;
/** More than any answer to a search has to say. */
const MAX_LENGTH = 4096;

export interface SsdpSearch {
  /** What is looked for: a device or service type, or `ssdp:all`. */
  readonly target: string;
  /** Devices wait at random up to so many seconds; absent in a search that goes to one device alone. */
  readonly maxWaitS: number | undefined;
}

export interface SsdpAnswer {
  readonly target: string;
  /** Where the device describes itself. Whoever answers can write anything here. */
  readonly location: string;
  /** Unique service name. */
  readonly usn: string;
}

/** An M-SEARCH (UPnP Device Architecture 1.1 section 1.3.2). */
export function encodeSsdpSearch(search: SsdpSearch, to: Endpoint): Buffer {
  const { target, maxWaitS } = search;
  const fields: [string, string][] = [
    ['HOST', formatEndpoint(to)],
    ['MAN', '"ssdp:discover"'],
    ...(maxWaitS === undefined ? [] : [['MX', String(maxWaitS)] as [string, string]]),
    ['ST', target],
  ];
  return Buffer.from(formatHttpHead('M-SEARCH * HTTP/1.1', fields), 'latin1');
}

/** @throws WireError for anything but a search; announcements of other devices come to the same port */
export function decodeSsdpSearch(bytes: Uint8Array): SsdpSearch {
  const { startLine, fields } = readHead(bytes);
  if (!/^M-SEARCH \* HTTP\/1\.[01]$/.test(startLine)) throw new WireError('no SSDP search');
  if (fields.get('man') !== '"ssdp:discover"') throw new WireError('an SSDP search without MAN: "ssdp:discover"');
  const target = fields.get('st');
  if (!target) throw new WireError('an SSDP search for nothing');
  const wait = fields.get('mx');
  if (wait !== undefined && !/^\d{1,5}$/.test(wait)) throw new WireError('an SSDP search with a malformed MX');
  return { target, maxWaitS: wait === undefined ? undefined : Number(wait) };
}

export function encodeSsdpAnswer({ target, location, usn }: SsdpAnswer, maxAgeS: number, server: string): Buffer {
  const fields: [string, string][] = [
    ['CACHE-CONTROL', `max-age=${maxAgeS}`],
    ['ST', target],
    ['USN', usn],
    ['EXT', ''],
    ['SERVER', server],
    ['LOCATION', location],
  ];
  return Buffer.from(formatHttpHead('HTTP/1.1 200 OK', fields), 'latin1');
}

/** @throws WireError */
export function decodeSsdpAnswer(bytes: Uint8Array): SsdpAnswer {
  const { startLine, fields } = readHead(bytes);
  if (!/^HTTP\/1\.[01] 200(?: |$)/.test(startLine)) throw new WireError('no answer to an SSDP search');
  const target = fields.get('st');
  const location = fields.get('location');
  if (!target || !location) throw new WireError('an SSDP answer without ST or LOCATION');
  return { target, location, usn: fields.get('usn') ?? '' };
}

function readHead(bytes: Uint8Array) {
  if (bytes.length > MAX_LENGTH) throw new WireError(`an SSDP message of ${bytes.length} bytes`);
  return parseHttpHead(Buffer.from(bytes).toString('latin1').trimEnd());
}
