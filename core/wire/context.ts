/**
 * Puts the purpose before what is signed (NUL between them), so that a signature made for one purpose can never pass
 * for another.
 *
 * @param context such as `punchlab/1 address`; no NUL in it
 */
export function withContext(context: string, ...parts: readonly Uint8Array[]): Uint8Array {
  if (context.includes('\0')) throw new RangeError('a signing context holds no NUL');
  return Buffer.concat([Buffer.from(`${context}\0`, 'utf8'), ...parts]);
}
