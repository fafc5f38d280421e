/** A session's id as text: a key for maps, and what logs show. */
export function formatSessionId(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');
}
