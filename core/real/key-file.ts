import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Identity } from '../identity/identity.ts';
import type { Host } from '../ports/index.ts';
import { KeyFileError } from './key-file-error.ts';
import { decodeKeyFile, encodeKeyFile, type KeyFile, type SealedKey } from './key-file-format.ts';
import { writeFileAtomically } from './write-file.ts';

export interface KeyFileOptions {
  /** Encrypts the secret key. @default it is stored as it is, and the file's mode is all that protects it */
  readonly passphrase?: string;
}

export interface SaveKeyOptions extends KeyFileOptions {
  /** Replaces the file if there is one. @default false: it is an error */
  readonly overwrite?: boolean;
}

const CIPHER = 'aes-256-gcm';
const KEY_LENGTH = 32;
/** 128 MiB and a good part of a second, for every guess (RFC 7914 section 2: N, r, p). */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
const MEMORY_LIMIT = 256 * 2 ** 20;
/** Far more than a key file has. */
const MAX_FILE_LENGTH = 4096;
const OTHERS = 0o077;

/**
 * Reads an identity.
 *
 * @throws KeyFileError saying what is wrong with the file and what to do about it
 */
export function loadIdentity(path: string, host: Pick<Host, 'signer'>, options: KeyFileOptions = {}): Identity {
  const file = decodeKeyFile(path, readPrivateFile(path));
  const secretKey = 'secretKey' in file ? file.secretKey : unseal(path, file, options.passphrase);
  const identity = identityOf(path, host, secretKey);
  if (Buffer.compare(identity.publicKey, file.publicKey) !== 0) {
    throw new KeyFileError('damaged', path, 'its public key is not that of its secret key');
  }
  return identity;
}

/**
 * Writes an identity: all of it or nothing, for the owner's eyes only.
 *
 * @throws KeyFileError `exists`; what the file system says
 */
export function saveIdentity(path: string, identity: Identity, options: SaveKeyOptions = {}): void {
  const { passphrase, overwrite = false } = options;
  const { publicKey } = identity;
  const secretKey = identity.secretKey();
  const file = passphrase === undefined ? { publicKey, secretKey } : seal({ publicKey, secretKey }, passphrase);
  if (!writeFileAtomically(path, encodeKeyFile(file), { mode: 0o600, overwrite })) {
    throw new KeyFileError('exists', path, 'there is a file already, and a lost key is lost for good');
  }
}

/** The identity in the file, or a new one, which is then in the file. @throws KeyFileError */
export function loadOrCreateIdentity(
  path: string,
  host: Pick<Host, 'random' | 'signer'>,
  options: KeyFileOptions = {},
): Identity {
  try {
    return loadIdentity(path, host, options);
  } catch (error) {
    if (!(error instanceof KeyFileError && error.code === 'missing')) throw error;
  }
  const identity = Identity.generate(host);
  try {
    saveIdentity(path, identity, options);
    return identity;
  } catch (error) {
    // Another process was faster: its key counts.
    if (error instanceof KeyFileError && error.code === 'exists') return loadIdentity(path, host, options);
    throw error;
  }
}

function readPrivateFile(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new KeyFileError('missing', path, 'there is no such file');
  if (!stats.isFile()) throw new KeyFileError('damaged', path, 'it is no file');
  // Windows has no such modes, and shows none.
  if (process.platform !== 'win32' && (stats.mode & OTHERS) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw new KeyFileError('permissions', path, `others may use it (mode ${mode}): chmod 600 it, or make a new key`);
  }
  if (stats.size > MAX_FILE_LENGTH) throw new KeyFileError('damaged', path, `it has ${stats.size} bytes`);
  return readFileSync(path, 'utf8');
}

function identityOf(path: string, { signer }: Pick<Host, 'signer'>, secretKey: Uint8Array): Identity {
  try {
    return Identity.fromSecretKey(signer, secretKey);
  } catch (cause) {
    throw new KeyFileError('damaged', path, 'its secret key is none', { cause });
  }
}

function seal({ publicKey, secretKey }: KeyFile & { secretKey: Uint8Array }, passphrase: string): SealedKey {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv(CIPHER, stretch(passphrase, salt), nonce);
  cipher.setAAD(publicKey);
  const ciphertext = Buffer.concat([cipher.update(secretKey), cipher.final()]);
  return { publicKey, salt, nonce, ciphertext, tag: cipher.getAuthTag() };
}

function unseal(path: string, file: SealedKey, passphrase: string | undefined): Uint8Array {
  if (passphrase === undefined) throw new KeyFileError('passphrase', path, 'it is encrypted: give its passphrase');
  const decipher = createDecipheriv(CIPHER, stretch(passphrase, file.salt), file.nonce, { authTagLength: 16 });
  decipher.setAAD(file.publicKey);
  decipher.setAuthTag(file.tag);
  const secretKey = decipher.update(file.ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    throw new KeyFileError('passphrase', path, 'the passphrase is wrong, or the file was changed', { cause });
  }
  return secretKey;
}

/** RFC 8265 would prepare the text further; NFKC is what makes one typing of it equal another. */
function stretch(passphrase: string, salt: Uint8Array): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), salt, KEY_LENGTH, { ...SCRYPT, maxmem: MEMORY_LIMIT });
}
