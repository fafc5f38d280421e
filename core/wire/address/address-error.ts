/**
 * `malformed`: not an address at all, or a field out of bounds. `checksum`: a text with a typo. `version`: made by
 * another version. `signature`: well formed, but not by the node that it names. `expired`: good once.
 */
export type AddressErrorCode = 'malformed' | 'checksum' | 'version' | 'signature' | 'expired';

/** Why something is no address. The text names the field. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code: AddressErrorCode;

  constructor(code: AddressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
