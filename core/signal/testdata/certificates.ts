import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes an authority and a certificate of a server by it, which names 127.0.0.1 and `broker.test`. */
export function makeCertificates(folder: string, name = 'server'): Certificates {
  const file = (ending: string) => join(folder, `${name}-${ending}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  const [caFile, certFile, keyFile] = [file('ca.pem'), file('cert.pem'), file('key.pem')];
  openssl('req', '-x509', ...key, file('ca-key.pem'), '-out', caFile, '-subj', `/CN=${name} authority`, '-days', '2');
  openssl('req', ...key, keyFile, '-out', file('request.pem'), '-subj', '/CN=broker.test');
  writeFileSync(file('names'), 'subjectAltName=DNS:broker.test,IP:127.0.0.1\n');
  const request = ['-in', file('request.pem'), '-CA', caFile, '-CAkey', file('ca-key.pem'), '-CAcreateserial'];
  openssl('x509', '-req', ...request, '-out', certFile, '-days', '2', '-extfile', file('names'));
  return { ca: readFileSync(caFile, 'utf8'), caFile, certFile, keyFile };
}

/** Why a test that needs a program can't run; undefined: it can. */
export function missing(program: string, ...args: string[]): string | undefined {
  try {
    execFileSync(program, args, { stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `${program} is not installed`;
  }
  return undefined;
}
