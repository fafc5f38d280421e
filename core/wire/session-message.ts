import { ByteReader, ByteWriter } from './bytes.ts';
import { SESSION_ID_LENGTH } from './proof.ts';
import { WireError } from './wire-error.ts';

/** What one plugin says to the same plugin at the other end, or that its try has ended there without success. */
export interface PluginEntry {
  readonly plugin: string;
  /** A message of the plugin; of an end, the reason in UTF-8. */
  readonly payload: Uint8Array;
  readonly ended?: boolean;
}

/** What two ends of a session say to each other over the signal channel. */
export interface SessionMessage {
  readonly sessionId: Uint8Array;
  /** In messages of the initiator: plugins that it starts now, and the secret of the session. */
  readonly open?: { readonly plugins: readonly string[]; readonly secret: Uint8Array };
  readonly entries: readonly PluginEntry[];
  /** The sender has given the session up. */
  readonly close?: boolean;
}

export const SESSION_SECRET_LENGTH = 32;
export const MAX_PLUGINS = 32;
export const MAX_PAYLOAD = 1024;
const VERSION = 1;
const HAS_OPEN = 1;
const HAS_CLOSE = 2;

/** @throws RangeError if a limit is passed */
export function encodeSessionMessage(message: SessionMessage): Buffer {
  const flags = (message.open ? HAS_OPEN : 0) | (message.close ? HAS_CLOSE : 0);
  const writer = new ByteWriter().u8(VERSION).bytes(message.sessionId).u8(flags);
  if (message.open) {
    if (message.open.plugins.length > MAX_PLUGINS) throw new RangeError(`more than ${MAX_PLUGINS} plugins`);
    writer.bytes(message.open.secret).u8(message.open.plugins.length);
    for (const name of message.open.plugins) writer.ascii8(name);
  }
  if (message.entries.length > MAX_PLUGINS) throw new RangeError(`more than ${MAX_PLUGINS} entries`);
  writer.u8(message.entries.length);
  for (const { plugin, payload, ended } of message.entries) {
    if (payload.length > MAX_PAYLOAD) throw new RangeError(`${plugin}: a payload of ${payload.length} bytes`);
    writer
      .ascii8(plugin)
      .u8(ended ? 1 : 0)
      .block16(payload);
  }
  return writer.finish();
}

/** @throws WireError */
export function decodeSessionMessage(bytes: Uint8Array): SessionMessage {
  const reader = new ByteReader(bytes);
  const version = reader.u8('session version');
  if (version !== VERSION) throw new WireError(`session message has version ${version}, not ${VERSION}`);
  const sessionId = reader.take(SESSION_ID_LENGTH, 'session id');
  const flags = reader.u8('session flags');
  if (flags > (HAS_OPEN | HAS_CLOSE)) throw new WireError(`unknown session flags ${flags}`);
  let open: SessionMessage['open'];
  if (flags & HAS_OPEN) {
    const secret = reader.take(SESSION_SECRET_LENGTH, 'session secret');
    open = { secret, plugins: list(reader, 'session plugins', () => reader.ascii8('session plugin')) };
  }
  const entries = list(reader, 'session entries', () => entry(reader));
  reader.end('session message');
  return { sessionId, entries, ...(open && { open }), ...(flags & HAS_CLOSE && { close: true }) };
}

function entry(reader: ByteReader): PluginEntry {
  const plugin = reader.ascii8('entry plugin');
  const ended = reader.u8('entry end');
  if (ended > 1) throw new WireError(`${plugin}: ${ended} is no end`);
  const payload = reader.block16('entry payload');
  if (payload.length > MAX_PAYLOAD) throw new WireError(`${plugin}: a payload of ${payload.length} bytes`);
  return { plugin, payload, ...(ended && { ended: true }) };
}

function list<T>(reader: ByteReader, field: string, read: () => T): T[] {
  const count = reader.u8(field);
  if (count > MAX_PLUGINS) throw new WireError(`${field}: ${count} are too many`);
  return Array.from({ length: count }, read);
}
