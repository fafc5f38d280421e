/**
 * `missing`: no such file. `exists`: there is one, and it was not to be replaced. `permissions`: others may read it.
 * `passphrase`: it takes one, or another one. `version`: made by another version. `damaged`: anything else.
 */
export type KeyFileErrorCode = 'missing' | 'exists' | 'permissions' | 'passphrase' | 'version' | 'damaged';

/** Why a key file can't be used. The text names the file. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
  readonly code: KeyFileErrorCode;
  readonly path: string;

  constructor(code: KeyFileErrorCode, path: string, why: string, options?: ErrorOptions) {
    super(`key file ${path}: ${why}`, options);
    this.code = code;
    this.path = path;
  }
}
