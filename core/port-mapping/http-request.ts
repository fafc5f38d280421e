import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import type { Host } from '../ports/index.ts';
import { HttpCollector } from '../wire/igd/http-message.ts';
import { MAX_XML_LENGTH } from '../wire/igd/xml.ts';
import { formatHttpHead } from '../wire/ssdp/http-head.ts';
import { WireError } from '../wire/wire-error.ts';
import { MappingError } from './mapping-error.ts';

/** For all of it: the dial, the request and the last byte of the answer, however slowly it drips. */
const EXCHANGE_MS = 4000;

export interface HttpRequest {
  readonly to: Endpoint;
  /** The address of ours that the gateway is to see. */
  readonly from: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * One request to one server, on a connection of its own. There are no redirects: whatever the server says, nobody else is
 * asked.
 *
 * @throws MappingError if the server can't be reached, takes too long, or says too much or what is no HTTP
 */
export async function httpRequest(host: Host, request: HttpRequest): Promise<HttpResponse> {
  const { to, from, method, path, fields, body, signal } = request;
  const head = formatHttpHead(`${method} ${path} HTTP/1.1`, [
    ['Host', formatEndpoint(to)],
    ['Connection', 'close'],
    ...fields,
    ...(method === 'POST' ? [['Content-Length', String(Buffer.byteLength(body))] as const] : []),
  ]);
  const deadline = new AbortController();
  const timer = host.clock.after(EXCHANGE_MS, () => deadline.abort());
  const abort = () => deadline.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await exchange(host, request, Buffer.from(head + body), deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    const where = formatEndpoint(to);
    if (deadline.signal.aborted) throw new MappingError('no-gateway', `${where} takes longer than ${EXCHANGE_MS} ms`);
    if (error instanceof WireError) throw new MappingError('malformed', `${where}: ${error.message}`);
    if (isNetError(error)) throw new MappingError('no-gateway', `${where}: ${error.code}`);
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', abort);
  }

  async function exchange(on: Host, { to: server }: HttpRequest, bytes: Uint8Array, ended: AbortSignal) {
    const connection = await on.tcp.dial(server, { localAddress: from, signal: ended });
    try {
      return await new Promise<HttpResponse>((resolve, reject) => {
        const collector = new HttpCollector('until-close', MAX_XML_LENGTH);
        const attempt = (step: () => ReturnType<HttpCollector['take']>) => {
          try {
            const message = step();
            if (message) resolve(readStatus(message.startLine, message.body));
          } catch (error) {
            reject(error);
          }
        };
        ended.addEventListener('abort', () => reject(ended.reason), { once: true });
        connection.start({
          data: (data) => attempt(() => collector.take(data)),
          end: () => attempt(() => collector.end()),
          closed: (error) => (error ? reject(error) : attempt(() => collector.end())),
          drained: () => {},
        });
        connection.send(bytes);
      });
    } finally {
      connection.reset();
    }
  }
}

function readStatus(startLine: string, body: Buffer): HttpResponse {
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(startLine)?.[1];
  if (status === undefined) throw new WireError('no HTTP status line');
  return { status: Number(status), body: body.toString('utf8') };
}
