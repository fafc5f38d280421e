import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryLock } from './directory-lock.ts';

describe('the lock of a directory', () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lab-lock-'));
    file = join(directory, 'running.pid');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps out whoever comes while its process lives, and nobody after that', () => {
    writeFileSync(file, `${process.ppid}\n`);
    expect(() => new DirectoryLock(file)).toThrow(`process ${process.ppid} measures into this directory`);
    rmSync(file);
    const lock = new DirectoryLock(file);
    lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it('takes the place of one that was killed, at once or when its number belongs to another process', () => {
    writeFileSync(file, '99999999\n');
    new DirectoryLock(file).release();
    writeFileSync(file, `${process.ppid}\n`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(file, longAgo, longAgo);
    new DirectoryLock(file).release();
    writeFileSync(file, 'nonsense');
    new DirectoryLock(file).release();
  });
});
