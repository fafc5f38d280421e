import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Identity } from '../identity/identity.ts';
import { loadIdentity, loadOrCreateIdentity, saveIdentity } from './key-file.ts';
import { KeyFileError, type KeyFileErrorCode } from './key-file-error.ts';
import { createRealHost } from './real-host.ts';

const host = createRealHost();
const identity = Identity.fromSecretKey(host.signer, new Uint8Array(32).fill(7));
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'punchlab-key-'));
  path = join(folder, 'node.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The code of the error, whose text names the file. */
function refusal(call: () => unknown): KeyFileErrorCode {
  try {
    call();
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    expect(error.message).toContain(path);
    return error.code;
  }
  return expect.fail('it was taken');
}

function change(edit: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  edit(json);
  writeFileSync(path, JSON.stringify(json));
}

describe('a key file', () => {
  it('gives back what it was given, to its owner alone', () => {
    saveIdentity(path, identity);
    expect(loadIdentity(path, host).secretKey()).toEqual(identity.secretKey());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['node.key']);
  });

  it('hides the key under a passphrase', () => {
    saveIdentity(path, identity, { passphrase: 'correct horse' });
    expect(loadIdentity(path, host, { passphrase: 'correct horse' }).nodeId).toBe(identity.nodeId);
    expect(readFileSync(path, 'utf8')).not.toContain(Buffer.from(identity.secretKey()).toString('base64url'));
    expect(refusal(() => loadIdentity(path, host))).toBe('passphrase');
    expect(refusal(() => loadIdentity(path, host, { passphrase: 'Correct horse' }))).toBe('passphrase');
  });

  it('takes a passphrase however its accents were typed', () => {
    saveIdentity(path, identity, { passphrase: 'caf\u00e9' });
    expect(loadIdentity(path, host, { passphrase: 'cafe\u0301' }).nodeId).toBe(identity.nodeId);
  });

  it('is not replaced by accident', () => {
    const other = Identity.generate(host);
    saveIdentity(path, identity);
    expect(refusal(() => saveIdentity(path, other))).toBe('exists');
    expect(loadIdentity(path, host).nodeId).toBe(identity.nodeId);
    saveIdentity(path, other, { overwrite: true });
    expect(loadIdentity(path, host).nodeId).toBe(other.nodeId);
    expect(readdirSync(folder)).toEqual(['node.key']);
  });

  it('is made when it is needed first', () => {
    const first = loadOrCreateIdentity(path, host);
    expect(loadOrCreateIdentity(path, host).nodeId).toBe(first.nodeId);
  });

  it.skipIf(process.platform === 'win32')('is refused when others may read it (skipped on Windows)', () => {
    saveIdentity(path, identity);
    chmodSync(path, 0o640);
    expect(refusal(() => loadIdentity(path, host))).toBe('permissions');
    expect(refusal(() => loadOrCreateIdentity(path, host))).toBe('permissions');
  });

  it('that is not there, or no file, is named so', () => {
    expect(refusal(() => loadIdentity(path, host))).toBe('missing');
    mkdirSync(path);
    expect(refusal(() => loadIdentity(path, host))).toBe('damaged');
  });

  it.each([
    ['cut short', () => writeFileSync(path, readFileSync(path, 'utf8').slice(0, 50)), 'damaged'],
    ['empty', () => writeFileSync(path, ''), 'damaged'],
    ['no object', () => writeFileSync(path, '"key"'), 'damaged'],
    ['something else', () => writeFileSync(path, '{"format":"other"}'), 'damaged'],
    ['far too long', () => writeFileSync(path, ' '.repeat(5000)), 'damaged'],
    ['of another version', () => change((json) => (json.version = 2)), 'version'],
    ['encrypted in another way', () => change((json) => (json.encryption = 'rot13')), 'version'],
    ['without its secret key', () => change((json) => delete json.secretKey), 'damaged'],
    ['with a key too short', () => change((json) => (json.secretKey = 'AAAA')), 'damaged'],
    [
      'with a key of zeros',
      () => change((json) => (json.secretKey = Buffer.alloc(32).toString('base64url'))),
      'damaged',
    ],
    [
      "with another's public key",
      () => change((json) => (json.publicKey = Buffer.from(Identity.generate(host).publicKey).toString('base64url'))),
      'damaged',
    ],
  ] as const)('that is %s is refused', (_name, damage, code) => {
    saveIdentity(path, identity);
    damage();
    expect(refusal(() => loadIdentity(path, host))).toBe(code);
  });

  it('that was changed under its passphrase is refused', () => {
    saveIdentity(path, identity, { passphrase: 'correct horse' });
    change((json) => (json.publicKey = Buffer.from(Identity.generate(host).publicKey).toString('base64url')));
    expect(refusal(() => loadIdentity(path, host, { passphrase: 'correct horse' }))).toBe('passphrase');
  });
});
