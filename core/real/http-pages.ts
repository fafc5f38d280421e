import { createServer, type Server } from 'node:http';
import type { Endpoint } from '../net/endpoint.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';

/** What a page says now. */
export interface Page {
  /** @default 200 */
  readonly status?: number;
  /** @default text/plain; charset=utf-8 */
  readonly type?: string;
  readonly body: string;
}

const TIMEOUT_MS = 5000;
const MAX_CONNECTIONS = 32;

/**
 * Serves a few pages over HTTP/1.1, for programs that watch this one. Whatever else is asked for is 404, or 405.
 *
 * @param pages by path
 * @throws NetError EADDRINUSE, EADDRNOTAVAIL, EACCES
 */
export async function servePages(
  endpoint: Endpoint,
  pages: ReadonlyMap<string, () => Page>,
): Promise<{ readonly local: Endpoint; close(): void }> {
  assertEndpoint(endpoint.address, endpoint.port);
  const server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => {
    const page = pages.get(request.url ?? '');
    const { status = 200, type = 'text/plain; charset=utf-8', body } = answer(request.method, page);
    const length = Buffer.byteLength(body);
    response.writeHead(status, { 'content-type': type, 'content-length': length, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await listening(server, endpoint);
  const local = server.address() as { address: string; port: number };
  return {
    local: nodeEndpoint(local.address, local.port),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(method: string | undefined, page: (() => Page) | undefined): Page {
  if (!page) return { status: 404, body: 'there is no such page\n' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n' };
  return page();
}

function listening(server: Server, { address, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(netError(error));
    server.once('error', fail);
    server.listen({ host: address, port, exclusive: true }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
