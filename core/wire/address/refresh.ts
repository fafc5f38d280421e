import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';

/** What one node asks another about its address; the address itself travels in the signal around an answer. */
export interface Refresh {
  readonly type: 'request' | 'answer';
  /** Of a request: of the address that the asker has. Of an answer: of the one that is current. */
  readonly issuedAtMs: number;
}

const VERSION = 1;
const TYPES = ['request', 'answer'] as const;

/** version 1 | type 1 (0 request, 1 answer) | issued at 6 */
export function encodeRefresh({ type, issuedAtMs }: Refresh): Buffer {
  return new ByteWriter().u8(VERSION).u8(TYPES.indexOf(type)).u48(issuedAtMs).finish();
}

/** @throws WireError */
export function decodeRefresh(bytes: Uint8Array): Refresh {
  const reader = new ByteReader(bytes);
  const version = reader.u8('refresh version');
  if (version !== VERSION) throw new WireError(`refresh has version ${version}, not ${VERSION}`);
  const type = TYPES[reader.u8('refresh type')];
  if (!type) throw new WireError(`refresh of type ${bytes[1]}`);
  const issuedAtMs = reader.u48('refresh time');
  reader.end('refresh');
  return { type, issuedAtMs };
}
