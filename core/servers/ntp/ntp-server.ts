import type { Endpoint, Family } from '../../net/endpoint.ts';
import type { Host, UdpSocket } from '../../ports/index.ts';
import type { RateLimit } from '../../signal/token-bucket.ts';
import {
  decodeNtpPacket,
  encodeNtpPacket,
  NTP_PACKET_LENGTH,
  type NtpPacket,
  ntpTimeOf,
} from '../../wire/ntp/packet.ts';
import { WireError } from '../../wire/wire-error.ts';
import { SourceLimiter } from '../source-limiter.ts';

export interface NtpServerOptions {
  /** @default the unspecified address of `family` */
  readonly address?: string;
  /** @default 4 */
  readonly family?: Family;
  /** @default 123; 0 is an ephemeral port */
  readonly port?: number;
  /** What the server says of its distance to a reference clock. @default 2 */
  readonly stratum?: number;
  /** What one source may ask. Beyond it there is one RATE for each second of asking on. @default 16 at once, 1 a second */
  readonly rate?: RateLimit;
  /** Added to the host's clock, for servers that are to be wrong. @default 0 */
  readonly offsetMs?: number;
}

const DEFAULT_PORT = 123; // RFC 5905 section 16
const DEFAULT_STRATUM = 2;
const RATE: RateLimit = { burst: 16, perSecond: 1 };
/** How often a source that asks too much hears so. */
const KISSES: RateLimit = { burst: 1, perSecond: 1 };
/** Of a clock in milliseconds, rounded up. */
const PRECISION = -9;
const LOCAL_CLOCK = Buffer.from([127, 127, 1, 0]);

/**
 * An NTP server in the server mode of RFC 5905 section 9.2: it keeps nothing of its clients but how often they ask. An
 * answer is as long as the shortest question, so there is no amplification.
 *
 * @throws NetError EADDRINUSE, EADDRNOTAVAIL, EACCES
 */
export async function startNtpServer(host: Host, options: NtpServerOptions = {}): Promise<NtpServer> {
  const { address, family, port = DEFAULT_PORT } = options;
  const where = { port, ...(address !== undefined && { address }), ...(family !== undefined && { family }) };
  return new NtpServer(host, await host.udp.bind(where), options);
}

/** A running NTP server. See {@link startNtpServer}. */
export class NtpServer {
  readonly #host: Host;
  readonly #socket: UdpSocket;
  readonly #options: NtpServerOptions;
  readonly #limiter: SourceLimiter;
  readonly #kisses = new SourceLimiter(KISSES);

  /** Use {@link startNtpServer}. */
  constructor(host: Host, socket: UdpSocket, options: NtpServerOptions) {
    this.#host = host;
    this.#socket = socket;
    this.#options = options;
    this.#limiter = new SourceLimiter(options.rate ?? RATE);
    socket.onMessage = (data, from) => this.#answer(data, from);
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(data: Uint8Array, from: Endpoint): void {
    const now = ntpTimeOf(this.#host.clock.wallMs() + (this.#options.offsetMs ?? 0));
    const request = requestOf(data);
    if (!request) return;
    const reply = {
      leap: 'none',
      version: request.version,
      mode: 'server',
      stratum: this.#options.stratum ?? DEFAULT_STRATUM,
      poll: request.poll,
      precision: PRECISION,
      rootDelayS: 0,
      rootDispersionS: 0.01,
      referenceId: LOCAL_CLOCK,
      reference: now,
      origin: request.transmit,
      receive: now,
      transmit: now,
    } as const satisfies NtpPacket;
    const nowUs = this.#host.clock.now();
    if (!this.#limiter.refuses(from.address, nowUs)) this.#socket.send(encodeNtpPacket(reply), from);
    else if (!this.#kisses.refuses(from.address, nowUs)) this.#socket.send(encodeNtpPacket(kiss(reply)), from);
  }
}

/** Undefined for all but a question, so that two servers never answer each other for ever. */
function requestOf(data: Uint8Array): NtpPacket | undefined {
  try {
    const packet = decodeNtpPacket(data.subarray(0, Math.max(NTP_PACKET_LENGTH, data.length)));
    // RFC 5905 appendix A.5: some clients of version 1 leave the mode at zero.
    return packet.mode === 'client' || (packet.mode === 'reserved' && packet.version === 1) ? packet : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** RFC 5905 section 7.4: stratum 0, and a code in place of the reference. */
function kiss(reply: NtpPacket): NtpPacket {
  return { ...reply, leap: 'unsynchronised', stratum: 0, referenceId: Buffer.from('RATE') };
}
