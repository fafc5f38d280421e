import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import { expectNetError } from '../ports/lab.suite.ts';
import { record } from '../ports/tcp-helpers.suite.ts';
import { type Certificates, makeCertificates, missing } from '../signal/testdata/certificates.ts';
import { createRealHost } from './real-host.ts';

const { tls } = createRealHost();
const why = missing('openssl', 'version');

function listen(server: Server): Promise<Endpoint> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ address: '127.0.0.1', port: (server.address() as AddressInfo).port }),
    );
  });
}

describe.skipIf(why)(`TLS${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchlab-tls-'));
  let good: Certificates;
  let echo: Server;
  let at: Endpoint;

  beforeAll(async () => {
    good = makeCertificates(folder);
    const [cert, key] = [readFileSync(good.certFile), readFileSync(good.keyFile)];
    echo = createServer({ cert, key, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    at = await listen(echo);
  });
  afterAll(() => {
    echo?.close();
    rmSync(folder, { recursive: true });
  });

  it.each([undefined, 'broker.test'])('carries bytes both ways, for the server name %s', async (serverName) => {
    const connection = await tls!.dial(at, { ca: [good.ca], ...(serverName && { serverName }) });
    expect(connection.remote).toEqual(at);
    const heard = record(connection);
    const bytes = Buffer.alloc(300_000, 'abc');
    connection.send(bytes);
    connection.end();
    await heard.until(({ isClosed }) => isClosed);
    expect(heard.bytes.equals(bytes)).toBe(true);
    expect(heard.log.at(-1)).toBe('closed');
  });

  it('can be broken off', async () => {
    const connection = await tls!.dial(at, { ca: [good.ca] });
    const heard = record(connection);
    connection.reset();
    await heard.until(({ isClosed }) => isClosed);
    expect(heard.log).toEqual(['closed']);
  });

  it('takes no certificate that does not hold', async () => {
    const other = makeCertificates(folder, 'other');
    await expectNetError('EPROTO', tls!.dial(at, { ca: [other.ca] }));
    await expectNetError('EPROTO', tls!.dial(at));
    await expectNetError('EPROTO', tls!.dial(at, { ca: [good.ca], serverName: 'other.test' }));
  });

  it('fails with who speaks no TLS, says nothing, or is not there', async () => {
    const chatter = createTcpServer((socket) => socket.on('error', () => {}).end('220 welcome\r\n'));
    const mute = createTcpServer((socket) => socket.on('error', () => {}));
    const [chatty, silent] = [await listen(chatter), await listen(mute)];
    await expectNetError('EPROTO', tls!.dial(chatty, { ca: [good.ca] }));
    await expectNetError('ETIMEDOUT', tls!.dial(silent, { ca: [good.ca], timeoutMs: 100 }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await expectNetError('ECANCELED', tls!.dial(silent, { ca: [good.ca], signal: abort.signal }));
    for (const server of [chatter, mute]) server.close();
    await expectNetError('ECONNREFUSED', tls!.dial(chatty));
  });
});
