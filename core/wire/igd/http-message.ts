import { type HttpHead, parseHttpHead } from '../ssdp/http-head.ts';
import { WireError } from '../wire-error.ts';

/** A head that grows beyond this is none. */
const MAX_HEAD = 8192;

export interface HttpMessage extends HttpHead {
  readonly body: Buffer;
}

/** Does a message without a length end with the connection (a response), or have no body (a request)? */
type Unmeasured = 'until-close' | 'empty';

/**
 * Collects one HTTP/1.1 message off a stream (RFC 9112 sections 6 and 7), within limits. A head of its own over TCP, since
 * both ends of UPnP run over a Host's connections.
 */
export class HttpCollector {
  readonly #unmeasured: Unmeasured;
  readonly #maxBody: number;
  #bytes = Buffer.alloc(0);
  #head: HttpHead | undefined;
  #chunks: Buffer[] = [];
  #chunksLength = 0;

  /** @param maxBody bytes; a message whose body is longer is refused */
  constructor(unmeasured: Unmeasured, maxBody: number) {
    this.#unmeasured = unmeasured;
    this.#maxBody = maxBody;
  }

  /** The head as soon as it is there. */
  get head(): HttpHead | undefined {
    return this.#head;
  }

  /**
   * Takes more bytes.
   * @returns the message once it is complete; what comes after it is dropped
   * @throws WireError for a malformed message, or one beyond the limits
   */
  take(bytes: Uint8Array): HttpMessage | undefined {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#head && !this.#readHead()) return undefined;
    const { fields } = this.#head!;
    if (/\bchunked$/i.test(fields.get('transfer-encoding') ?? '')) return this.#takeChunks();
    const length = this.#length();
    if (this.#bytes.length > this.#maxBody && length === undefined) this.#refuseLength(this.#bytes.length);
    if (length === undefined || this.#bytes.length < length) return undefined;
    return this.#message(this.#bytes.subarray(0, length));
  }

  /**
   * The stream has ended.
   * @returns the message, if that is how it ends
   * @throws WireError if it was cut short
   */
  end(): HttpMessage {
    const chunked = this.#head?.fields.has('transfer-encoding');
    if (!this.#head || chunked || this.#length() !== undefined) throw new WireError('the HTTP message was cut short');
    return this.#message(this.#bytes);
  }

  #readHead(): boolean {
    const end = /\r?\n\r?\n/.exec(this.#bytes.subarray(0, MAX_HEAD).toString('latin1'));
    if (!end) {
      if (this.#bytes.length > MAX_HEAD) throw new WireError(`an HTTP head of more than ${MAX_HEAD} bytes`);
      return false;
    }
    this.#head = parseHttpHead(this.#bytes.subarray(0, end.index).toString('latin1'));
    this.#bytes = this.#bytes.subarray(end.index + end[0].length);
    return true;
  }

  #length(): number | undefined {
    const text = this.#head!.fields.get('content-length');
    if (text === undefined) return this.#unmeasured === 'empty' ? 0 : undefined;
    if (!/^\d{1,9}$/.test(text)) throw new WireError('HTTP: a malformed Content-Length');
    const length = Number(text);
    if (length > this.#maxBody) this.#refuseLength(length);
    return length;
  }

  #takeChunks(): HttpMessage | undefined {
    for (;;) {
      const line = /^([0-9A-Fa-f]{1,7})[^\r\n]{0,256}\r\n/.exec(this.#bytes.subarray(0, 300).toString('latin1'));
      if (!line) {
        if (this.#bytes.length >= 300) throw new WireError('HTTP: a malformed chunk');
        return undefined;
      }
      const length = Number.parseInt(line[1]!, 16);
      if (this.#chunksLength + length > this.#maxBody) this.#refuseLength(this.#chunksLength + length);
      if (length === 0) return this.#message(Buffer.concat(this.#chunks));
      const start = line[0].length;
      if (this.#bytes.length < start + length + 2) return undefined;
      this.#chunks.push(this.#bytes.subarray(start, start + length));
      this.#chunksLength += length;
      this.#bytes = this.#bytes.subarray(start + length + 2);
    }
  }

  #refuseLength(length: number): never {
    throw new WireError(`an HTTP body of ${length} bytes, at most ${this.#maxBody}`);
  }

  #message(body: Buffer): HttpMessage {
    return { ...this.#head!, body: Buffer.from(body) };
  }
}
