import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../scenario/problem.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const FILE = 'credentials.json';
const USERNAME = 'punchlab';
const PASSWORD_BYTES = 18;

const stored = z.strictObject({ username: z.string().min(1), password: z.string().min(1) });

/**
 * The credentials that are kept in this directory; made there the first time.
 *
 * @returns them, and whether they are new
 * @throws InputError if the directory can't be used
 */
export function keptCredentials(directory: string): { credentials: Credentials; fresh: boolean } {
  const file = join(directory, FILE);
  const known = read(file);
  if (known) return { credentials: known, fresh: false };
  const credentials = { username: USERNAME, password: randomBytes(PASSWORD_BYTES).toString('base64url') };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Nobody else may read it; and two that start at once must not each have its own.
    writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return { credentials, fresh: true };
  } catch (error) {
    const raced = (error as NodeJS.ErrnoException).code === 'EEXIST' ? read(file) : undefined;
    if (raced) return { credentials: raced, fresh: false };
    throw new InputError(`can't keep credentials in ${directory}: ${(error as Error).message}`);
  }
}

function read(file: string): Credentials | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InputError(`can't read ${file}: ${(error as Error).message}`);
  }
  try {
    return stored.parse(JSON.parse(text));
  } catch {
    throw new InputError(`${file} holds no credentials: remove it, and new ones are made`);
  }
}
