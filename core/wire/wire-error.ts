/** Bytes that are not what they claim to be. The text names the field. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
