import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import type { Host } from '../ports/index.ts';
import { decodeNtpPacket, encodeNtpPacket, type NtpPacket, ntpTimeOf } from '../wire/ntp/packet.ts';
import { WireError } from '../wire/wire-error.ts';
import { agree, type ClockEstimate } from './ntp-quorum.ts';
import { type NtpExchange, type NtpRefusal, type NtpSample, sampleOf } from './ntp-sample.ts';

export interface NtpOptions {
  /** More than half must agree, so ask three or more. */
  readonly servers: readonly Endpoint[];
  /** For a server to answer. @default 2000 */
  readonly timeoutMs?: number;
  /** Questions to each server; the answer with the shortest round trip counts. @default 2 */
  readonly samples?: number;
}

export interface NtpAccount {
  readonly server: Endpoint;
  /** What it said, or why that is worth nothing. */
  readonly result: NtpSample | NtpRefusal | 'silent';
}

export interface NtpReading {
  /** Undefined: too few servers agree. */
  readonly clock: ClockEstimate | undefined;
  readonly accounts: readonly NtpAccount[];
}

const TIMEOUT_MS = 2000;
const SAMPLES = 2;
/** RFC 5905 section 7.4: whoever says so must not be asked again, whatever the reason. */
const FINAL_KISSES: ReadonlySet<string> = new Set(['kiss DENY', 'kiss RSTR']);
/** How long a server that said RATE is left alone. */
const RATE_PAUSE_US = 3600e6;
const MAX_SHUNNED = 64;

type Hostlike = Pick<Host, 'udp' | 'clock' | 'random'>;

/**
 * Finds out how far our clock is off, from several servers of which some may lie.
 *
 * @example
 * const ntp = new NtpClient(host, { servers });
 * const { clock } = await ntp.read();
 * if (clock) console.log(`off by ${clock.offsetMs} ms, give or take ${clock.errorMs}`);
 */
export class NtpClient {
  readonly #host: Hostlike;
  readonly #options: NtpOptions;
  /** Servers that want to be left alone, and until when. */
  readonly #shunned = new Map<string, { readonly untilUs: number; readonly kiss: NtpRefusal }>();

  constructor(host: Hostlike, options: NtpOptions) {
    this.#host = host;
    this.#options = options;
  }

  async read(): Promise<NtpReading> {
    const accounts = await Promise.all(this.#options.servers.map((server) => this.#account(server)));
    const samples = accounts.flatMap(({ result }) => (typeof result === 'string' ? [] : result));
    return { clock: agree(samples, accounts.length), accounts };
  }

  async #account(server: Endpoint): Promise<NtpAccount> {
    const name = formatEndpoint(server);
    const shunned = this.#shunned.get(name);
    if (shunned && shunned.untilUs > this.#host.clock.now()) return { server, result: shunned.kiss };
    let best: NtpAccount['result'] = 'silent';
    for (let round = 0; round < (this.#options.samples ?? SAMPLES); round++) {
      // No route to it, say, is silence, too.
      const result = await this.#ask(server).catch(() => 'silent' as const);
      if (typeof result !== 'string') {
        if (typeof best === 'string' || result.errorMs < best.errorMs) best = result;
      } else if (result.startsWith('kiss')) {
        this.#shun(name, result as NtpRefusal);
        return { server, result };
      } else if (best === 'silent') best = result;
    }
    return { server, result: best };
  }

  /** A question from a port of its own, with a random timestamp (RFC 5905 leaves it free): hard to guess both. */
  async #ask(server: Endpoint): Promise<NtpAccount['result']> {
    const { udp, clock, random } = this.#host;
    const socket = await udp.bind({ remote: server });
    const nonce = Buffer.from(random.bytes(8)).readBigUInt64BE() | 1n;
    return new Promise((resolve) => {
      const sentUs = clock.now();
      const t1 = ntpTimeOf(clock.wallMs());
      const settle = (result: NtpAccount['result']): void => {
        timer.cancel();
        socket.close();
        resolve(result);
      };
      const timer = clock.after(this.#options.timeoutMs ?? TIMEOUT_MS, () => settle('silent'));
      socket.onMessage = (data) => {
        const roundTripMs = (clock.now() - sentUs) / 1000;
        const result = judge(data, { sent: nonce, t1, t4: ntpTimeOf(clock.wallMs()), roundTripMs });
        if (result !== 'bogus') settle(result); // The real answer may still come.
      };
      socket.onError = () => settle('silent');
      socket.send(encodeNtpPacket(questionOf(nonce)), server);
    });
  }

  #shun(name: string, kiss: NtpRefusal): void {
    const untilUs = FINAL_KISSES.has(kiss) ? Number.POSITIVE_INFINITY : this.#host.clock.now() + RATE_PAUSE_US;
    if (this.#shunned.size < MAX_SHUNNED) this.#shunned.set(name, { untilUs, kiss });
  }
}

function judge(data: Uint8Array, exchange: NtpExchange): NtpSample | NtpRefusal {
  try {
    return sampleOf(decodeNtpPacket(data), exchange);
  } catch (error) {
    if (error instanceof WireError) return 'bogus';
    throw error;
  }
}

function questionOf(nonce: bigint): NtpPacket {
  return {
    leap: 'none',
    version: 4,
    mode: 'client',
    stratum: 0,
    poll: 0,
    precision: 0,
    rootDelayS: 0,
    rootDispersionS: 0,
    referenceId: Buffer.alloc(4),
    reference: 0n,
    origin: 0n,
    receive: 0n,
    transmit: nonce,
  };
}
