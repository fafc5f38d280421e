import { ByteReader, ByteWriter } from './bytes.ts';
import { SESSION_ID_LENGTH } from './proof.ts';
import { WireError } from './wire-error.ts';

/** What one plugin says to the same plugin at the other end, or that its try has ended there without success. */
export interface PluginEntry {
  readonly plugin: string;
  /** A message of the plugin; of an end, the reason in UTF-8. */
  readonly payload: Uint8Array;
  readonly ended?: boolean;
  /** The plugin's how-manieth try in the session this is about, from 0. */
  readonly round: number;
}

/** A plugin that the initiator starts, or that it starts again. */
export interface PluginStart {
  readonly plugin: string;
  /** How long after it hears of it the responder is to start, too. */
  readonly afterMs: number;
  readonly round: number;
}

export interface SessionOpening {
  readonly plugins: readonly PluginStart[];
  /** 32 random bytes: the initiator's part of the keys of the session. */
  readonly secret: Uint8Array;
  readonly reliable: boolean;
  /** Which addresses may be used. Absent: all. */
  readonly family?: 4 | 6;
  /** What the pipe is to be carried by. Absent: whatever is found. */
  readonly transport?: 'stream' | 'datagram';
  /** It is for a pipe that there is already, whose keys give the session its id. */
  readonly resumes?: boolean;
}

/** What two ends of a session say to each other over the signal channel. */
export interface SessionMessage {
  readonly sessionId: Uint8Array;
  /** In messages of the initiator: plugins that it starts. */
  readonly open?: SessionOpening;
  /** In messages of the responder: its part of the keys of the session, 32 random bytes. */
  readonly share?: Uint8Array;
  readonly entries: readonly PluginEntry[];
  /** The sender has given the session up. */
  readonly close?: boolean;
}

export const SESSION_SECRET_LENGTH = 32;
export const MAX_PLUGINS = 32;
export const MAX_PAYLOAD = 1024;
/** What fails is tried once more. */
export const MAX_ROUND = 1;
const VERSION = 1;
const HAS_OPEN = 1;
const HAS_CLOSE = 2;
const HAS_SHARE = 4;
const OPEN_RELIABLE = 1;
const OPEN_FAMILY_4 = 2;
const OPEN_FAMILY_6 = 4;
const OPEN_STREAM = 8;
const OPEN_DATAGRAM = 16;
const OPEN_RESUMES = 32;

/** @throws RangeError if a limit is passed */
export function encodeSessionMessage(message: SessionMessage): Buffer {
  const { sessionId, open, share, close, entries } = message;
  const flags = (open ? HAS_OPEN : 0) | (close ? HAS_CLOSE : 0) | (share ? HAS_SHARE : 0);
  const writer = new ByteWriter().u8(VERSION).bytes(sessionId).u8(flags);
  if (open) writeOpening(writer, open);
  if (share) writer.bytes(share);
  if (entries.length > MAX_PLUGINS) throw new RangeError(`more than ${MAX_PLUGINS} entries`);
  writer.u8(entries.length);
  for (const { plugin, payload, ended, round } of entries) {
    if (payload.length > MAX_PAYLOAD) throw new RangeError(`${plugin}: a payload of ${payload.length} bytes`);
    writer
      .ascii8(plugin)
      .u8((round << 1) | (ended ? 1 : 0))
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
  if (flags > (HAS_OPEN | HAS_CLOSE | HAS_SHARE)) throw new WireError(`unknown session flags ${flags}`);
  const open = flags & HAS_OPEN ? readOpening(reader) : undefined;
  const share = flags & HAS_SHARE ? reader.take(SESSION_SECRET_LENGTH, 'session share') : undefined;
  const entries = list(reader, 'session entries', () => entry(reader));
  reader.end('session message');
  return {
    sessionId,
    entries,
    ...(open && { open }),
    ...(share && { share }),
    ...(flags & HAS_CLOSE && { close: true }),
  };
}

function writeOpening(writer: ByteWriter, opening: SessionOpening): void {
  const { plugins, secret, reliable, family, transport, resumes } = opening;
  if (plugins.length > MAX_PLUGINS) throw new RangeError(`more than ${MAX_PLUGINS} plugins`);
  const familyFlag = family === undefined ? 0 : family === 4 ? OPEN_FAMILY_4 : OPEN_FAMILY_6;
  const transportFlag = transport === undefined ? 0 : transport === 'stream' ? OPEN_STREAM : OPEN_DATAGRAM;
  const resumeFlag = resumes ? OPEN_RESUMES : 0;
  writer.u8((reliable ? OPEN_RELIABLE : 0) | familyFlag | transportFlag | resumeFlag).bytes(secret);
  writer.u8(plugins.length);
  for (const { plugin, afterMs, round } of plugins) writer.ascii8(plugin).u16(afterMs).u8(round);
}

function readOpening(reader: ByteReader): SessionOpening {
  const flags = reader.u8('opening flags');
  const bothFamilies = OPEN_FAMILY_4 | OPEN_FAMILY_6;
  const bothTransports = OPEN_STREAM | OPEN_DATAGRAM;
  if (flags > (OPEN_RELIABLE | bothFamilies | bothTransports | OPEN_RESUMES))
    throw new WireError(`unknown opening flags ${flags}`);
  if ((flags & bothFamilies) === bothFamilies) throw new WireError('an opening for one family and the other');
  if ((flags & bothTransports) === bothTransports) throw new WireError('an opening for streams and for datagrams');
  const secret = reader.take(SESSION_SECRET_LENGTH, 'session secret');
  const plugins = list(reader, 'session plugins', () => ({
    plugin: reader.ascii8('session plugin'),
    afterMs: reader.u16('session plugin start'),
    round: round(reader.u8('session plugin round')),
  }));
  const family = flags & OPEN_FAMILY_4 ? 4 : flags & OPEN_FAMILY_6 ? 6 : undefined;
  const transport = flags & OPEN_STREAM ? 'stream' : flags & OPEN_DATAGRAM ? 'datagram' : undefined;
  return {
    plugins,
    secret,
    reliable: (flags & OPEN_RELIABLE) !== 0,
    ...(family && { family }),
    ...(transport && { transport }),
    ...(flags & OPEN_RESUMES && { resumes: true }),
  };
}

function entry(reader: ByteReader): PluginEntry {
  const plugin = reader.ascii8('entry plugin');
  const flags = reader.u8('entry flags');
  const payload = reader.block16('entry payload');
  if (payload.length > MAX_PAYLOAD) throw new WireError(`${plugin}: a payload of ${payload.length} bytes`);
  return { plugin, payload, round: round(flags >> 1), ...(flags & 1 && { ended: true }) };
}

function round(value: number): number {
  if (value > MAX_ROUND) throw new WireError(`${value} rounds are too many`);
  return value;
}

function list<T>(reader: ByteReader, field: string, read: () => T): T[] {
  const count = reader.u8(field);
  if (count > MAX_PLUGINS) throw new WireError(`${field}: ${count} are too many`);
  return Array.from({ length: count }, read);
}
