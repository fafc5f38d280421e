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

export function makeCredentials(): Credentials {
  return { username: USERNAME, password: randomBytes(PASSWORD_BYTES).toString('base64url') };
}

/** @throws InputError if the directory can't be used, or another program has kept some there in the meantime */
export function keepCredentials(directory: string, credentials: Credentials): void {
  const file = join(directory, FILE);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Nobody else may read it; and two that start at once must not each have its own.
    writeFileSync(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new InputError(`another \`lab serve\` has just made ${file}: start again, or choose another --state`);
    }
    throw new InputError(`can't keep credentials in ${directory}: ${(error as Error).message}`);
  }
}

/**
 * The credentials that are kept in this directory, if any are.
 *
 * @throws InputError if they can't be read
 */
export function keptCredentials(directory: string): Credentials | undefined {
  const file = join(directory, FILE);
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
