import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';

// What agents say to each other, over the signal channel: it is signed by its sender, sealed for its receiver, and
// taken once. Every request has one answer.

/** Of a journal, in one message. */
export const CHUNK_BYTES = 8192;
const MAX_TEXT_BYTES = 32 * 1024;
const VERSION = 1;

const id = z.string().regex(/^[0-9a-f]{16}$/);
const offset = z.int().nonnegative();
const text = (max: number) => z.string().max(max);
const count = z.int().nonnegative();

const request = z.discriminatedUnion('kind', [
  /** Get ready to be dialled, by the node with this key. */
  z.strictObject({ kind: z.literal('prepare'), attempt: id, trial: text(256), caller: text(64) }),
  /** The trial is over: what was it at your end? */
  z.strictObject({ kind: z.literal('finish'), attempt: id }),
  /** What comes next in your journal? All before this offset is safe here. */
  z.strictObject({ kind: z.literal('pull'), journal: id.optional(), from: offset }),
  /** My journal has grown. */
  z.strictObject({ kind: z.literal('news'), size: offset }),
]);

const answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready'), address: text(4096) }),
  z.strictObject({ kind: z.literal('busy') }),
  z.strictObject({
    kind: z.literal('measured'),
    ...{ inferred: text(64), packets: count, bytes: count, signals: count },
  }),
  z.strictObject({ kind: z.literal('chunk'), journal: id.optional(), from: offset, size: offset, bytes: z.base64() }),
  z.strictObject({ kind: z.literal('noted') }),
  /** Not with you, not so, not any more; the reason is for people. */
  z.strictObject({ kind: z.literal('refused'), why: text(256) }),
]);

const message = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('request'),
    ...{ version: z.literal(VERSION), plan: text(64), id, body: request },
  }),
  z.strictObject({ type: z.literal('answer'), version: z.literal(VERSION), id, body: answer }),
]);

export type FieldRequest = z.infer<typeof request>;
export type FieldAnswer = z.infer<typeof answer>;
export type FieldMessage =
  | { readonly type: 'request'; readonly plan: string; readonly id: string; readonly body: FieldRequest }
  | { readonly type: 'answer'; readonly id: string; readonly body: FieldAnswer };

export function encodeMessage(value: FieldMessage): Buffer {
  return deflateRawSync(JSON.stringify({ ...value, version: VERSION }));
}

/** Undefined: this is no message of a version that we know. */
export function decodeMessage(bytes: Uint8Array): FieldMessage | undefined {
  try {
    const json = inflateRawSync(bytes, { maxOutputLength: MAX_TEXT_BYTES }).toString('utf8');
    return message.parse(JSON.parse(json));
  } catch {
    return undefined; // Whatever a peer of another version or a broken one says.
  }
}
