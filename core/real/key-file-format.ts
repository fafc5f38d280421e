import { KeyFileError } from './key-file-error.ts';

export interface KeyFile {
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
}

export interface PlainKey extends KeyFile {
  /** 32 bytes. */
  readonly secretKey: Uint8Array;
}

/** The secret key by AES-256-GCM under scrypt of a passphrase, with the public key as associated data. */
export interface SealedKey extends KeyFile {
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

const FORMAT = 'punchlab key';
const VERSION = 1;
const ENCRYPTION = 'scrypt-131072-8-1/aes-256-gcm';
const PLAIN = { publicKey: 33, secretKey: 32 } as const;
const SEALED = { publicKey: 33, salt: 16, nonce: 12, ciphertext: 32, tag: 16 } as const;

/** JSON, so that a person can see what it is; all bytes in base64url. */
export function encodeKeyFile(file: PlainKey | SealedKey): string {
  const fields = Object.entries(file).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64url')]);
  const encryption = 'secretKey' in file ? 'none' : ENCRYPTION;
  const header = { format: FORMAT, version: VERSION, encryption };
  return `${JSON.stringify({ ...header, ...Object.fromEntries(fields) }, null, 2)}\n`;
}

/** @throws KeyFileError */
export function decodeKeyFile(path: string, text: string): PlainKey | SealedKey {
  const json = parse(path, text);
  if (json.get('format') !== FORMAT) throw new KeyFileError('damaged', path, 'it is no key file');
  const version = json.get('version');
  if (version !== VERSION) {
    throw new KeyFileError('version', path, `it has version ${JSON.stringify(version)}, this program reads ${VERSION}`);
  }
  const encryption = json.get('encryption');
  if (encryption === 'none') return fieldsOf(path, json, PLAIN);
  if (encryption === ENCRYPTION) return fieldsOf(path, json, SEALED);
  throw new KeyFileError('version', path, `its encryption ${JSON.stringify(encryption)} is not known`);
}

function parse(path: string, text: string): Map<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return new Map(Object.entries(json));
  } catch (cause) {
    throw new KeyFileError('damaged', path, 'it is cut short, or no key file', { cause });
  }
  throw new KeyFileError('damaged', path, 'it is no key file');
}

function fieldsOf<Name extends string>(
  path: string,
  json: ReadonlyMap<string, unknown>,
  lengths: Readonly<Record<Name, number>>,
): Record<Name, Uint8Array> {
  const entries = Object.entries<number>(lengths).map(([name, length]) => {
    const text = json.get(name);
    const bytes = typeof text === 'string' ? Buffer.from(text, 'base64url') : undefined;
    if (bytes?.length !== length) throw new KeyFileError('damaged', path, `its ${name} is not ${length} bytes`);
    return [name, Uint8Array.from(bytes)] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Uint8Array>;
}
