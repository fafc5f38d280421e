import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface WriteFileOptions {
  readonly mode: number;
  readonly overwrite: boolean;
}

/**
 * Writes a file so that at any instant, a power cut included, there is the old one or the new one and nothing between.
 *
 * @returns false if there is a file and it was not to be replaced
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, options: WriteFileOptions): boolean {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  const file = openSync(draft, 'wx', options.mode);
  try {
    writeFully(file, Buffer.from(content as Uint8Array));
    if (options.overwrite) {
      renameSync(draft, path);
    } else if (!linked(draft, path)) {
      return false;
    }
  } catch (error) {
    removeIfThere(draft);
    throw error;
  } finally {
    if (!options.overwrite) removeIfThere(draft);
  }
  syncFolder(folder);
  return true;
}

function writeFully(file: number, bytes: Buffer): void {
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A link, unlike a rename, replaces nothing. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** So that the name lasts as well as the content. Windows can't open folders, and needs no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
