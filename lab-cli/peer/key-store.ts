import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Identity } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { KeyFileError, loadOrCreateIdentity } from '../../core/real/index.ts';
import { InputError } from '../scenario/problem.ts';

/** Encrypts key files where it is set. */
const PASSPHRASE = 'LAB_PASSPHRASE';

/** Where the key of this name is kept. */
export function keyFile(name: string): string {
  return join(homedir(), '.punchlab', 'keys', `${name}.key`);
}

/**
 * The identity in the key file; made there the first time.
 *
 * @throws InputError if the file can't be used
 */
export function keptIdentity(file: string, host: Pick<Host, 'random' | 'signer'>): Identity {
  const passphrase = process.env[PASSPHRASE];
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return loadOrCreateIdentity(file, host, passphrase ? { passphrase } : {});
  } catch (error) {
    if (error instanceof KeyFileError) throw new InputError(error.message);
    if ((error as NodeJS.ErrnoException).syscall)
      throw new InputError(`can't keep the key in ${file}: ${(error as Error).message}`);
    throw error;
  }
}
