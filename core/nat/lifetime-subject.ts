import { type Endpoint, sameEndpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import { encodeMessage } from '../wire/stun/encode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../wire/stun/message.ts';
import type { LifetimeMethod } from './lifetime-report.ts';
import { testSilence } from './silence-test.ts';
import { encodeBinding, StunClient } from './stun-client.ts';

export type Vital = 'alive' | 'gone' | 'unknown';

/** When the mapping was refreshed for the last time, as far as that is known. */
export interface Armed {
  readonly earliestUs: number;
  readonly latestUs: number;
}

/** What every subject needs. */
export interface Bench {
  readonly host: Pick<Host, 'clock' | 'random' | 'udp'>;
  readonly server: Endpoint;
  /** Undefined only where no subject asks it. */
  readonly alternate: Endpoint | undefined;
  readonly rttUs: number;
  readonly bindAddress: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** A socket that stays awake, for packets that hairpin; undefined: they don't. */
  readonly neighbour: Neighbour | undefined;
}

export interface Neighbour {
  readonly socket: UdpSocket;
  readonly client: StunClient;
  readonly mapped: Endpoint;
}

const REPLY_MS = 5000;
/** Packets that open a filter, so that one will arrive. */
const OPENERS = 3;

/** A socket whose mapping is left alone for a while and then looked at, once. */
export abstract class Subject {
  protected readonly bench: Bench;
  protected readonly socket: UdpSocket;
  protected readonly client: StunClient;

  constructor(bench: Bench, socket: UdpSocket) {
    this.bench = bench;
    this.socket = socket;
    this.client = new StunClient(bench.host, socket);
  }

  /** Makes the mapping. Undefined: that failed. */
  abstract arm(): Promise<Armed | undefined>;

  /** The look wakes the mapping, so it comes last. */
  abstract check(): Promise<Vital>;

  /** Sends what nobody answers (RFC 8489 section 3: an indication), to where it keeps alive what {@link check} looks at. */
  keepAlive(ttl: number): void {
    const transactionId = this.bench.host.random.bytes(TRANSACTION_ID_LENGTH);
    const message = { messageClass: 'indication', method: METHOD.binding, transactionId, attributes: [] } as const;
    this.socket.send(encodeMessage(message), this.kept, ttl);
  }

  close(): void {
    this.client.close();
    this.socket.close();
  }

  protected get kept(): Endpoint {
    return this.bench.server;
  }

  protected async ask(to: Endpoint): Promise<({ mapped: Endpoint } & Armed) | undefined> {
    const earliestUs = this.bench.host.clock.now();
    const { signal } = this.bench;
    const result = await this.client.binding(to, { rtoMs: 300, deadlineMs: REPLY_MS, ...(signal && { signal }) });
    if (result.outcome !== 'response') return undefined;
    return { mapped: result.mapped, earliestUs, latestUs: this.bench.host.clock.now() };
  }
}

/** Sends to the server's other address once; later has the server answer from there. */
class PermissionSubject extends Subject {
  async arm(): Promise<Armed | undefined> {
    return (await this.ask(this.bench.server)) && this.ask(this.kept);
  }

  async check(): Promise<Vital> {
    const { server, rttUs, signal, host } = this.bench;
    let heard = false;
    const once = { rtoMs: REPLY_MS, maxRequests: 1, lastWaitFactor: 1, changeAddress: true, changePort: true };
    const { outcome } = await testSilence({
      clock: host.clock,
      client: this.client,
      server,
      rttUs,
      send: () => {
        void this.client.binding(server, once).then((result) => {
          heard ||= result.outcome === 'response' && sameEndpoint(result.from, this.kept);
        });
      },
      heard: () => heard,
      signal,
    });
    return vitalOf(outcome);
  }

  protected override get kept(): Endpoint {
    return this.bench.alternate!;
  }
}

/** Asks again: a mapping that died is not made again with the same port. */
class RemappingSubject extends Subject {
  #mapped: Endpoint | undefined;

  async arm(): Promise<Armed | undefined> {
    const answer = await this.ask(this.bench.server);
    this.#mapped = answer?.mapped;
    return answer;
  }

  async check(): Promise<Vital> {
    const answer = await this.ask(this.bench.server);
    if (!answer) return 'unknown';
    return sameEndpoint(answer.mapped, this.#mapped!) ? 'alive' : 'gone';
  }
}

/** Asks from elsewhere: the port that the first mapping kept is free again once that is gone. */
class CollisionSubject extends Subject {
  async arm(): Promise<Armed | undefined> {
    const answer = await this.ask(this.bench.server);
    return answer?.mapped.port === this.socket.local.port ? answer : undefined;
  }

  async check(): Promise<Vital> {
    const answer = await this.ask(this.bench.alternate!);
    if (!answer) return 'unknown';
    return answer.mapped.port === this.socket.local.port ? 'gone' : 'alive';
  }
}

/** Has a neighbour send to the mapped endpoint. It does not wake the mapping if that is gone. */
export class HairpinSubject extends Subject {
  #mapped: Endpoint | undefined;

  async arm(): Promise<Armed | undefined> {
    const answer = await this.ask(this.bench.server);
    if (!answer) return undefined;
    this.#mapped = answer.mapped;
    const { host, neighbour } = this.bench;
    for (let sent = 0; sent < OPENERS; sent++) this.socket.send(this.#greeting(), neighbour!.mapped);
    return { earliestUs: host.clock.now(), latestUs: host.clock.now() };
  }

  async check(): Promise<Vital> {
    const { host, server, rttUs, signal, neighbour } = this.bench;
    const greeting = this.#greeting();
    let heard = false;
    this.client.onMessage = (data) => {
      heard ||= greeting.equals(data);
    };
    const { outcome } = await testSilence({
      clock: host.clock,
      client: neighbour!.client,
      server,
      rttUs,
      send: () => neighbour!.socket.send(greeting, this.#mapped!),
      heard: () => heard,
      signal,
    });
    return vitalOf(outcome);
  }

  #greeting(): Buffer {
    return encodeBinding(this.bench.host.random.bytes(TRANSACTION_ID_LENGTH));
  }
}

const SUBJECTS = {
  permission: PermissionSubject,
  remapping: RemappingSubject,
  collision: CollisionSubject,
  hairpin: HairpinSubject,
} as const;

/** @throws NetError EADDRINUSE, EADDRNOTAVAIL */
export async function openSubject(bench: Bench, method: LifetimeMethod): Promise<Subject> {
  return new SUBJECTS[method](bench, await bindSocket(bench));
}

/** @throws NetError EADDRINUSE, EADDRNOTAVAIL */
export function bindSocket({
  host,
  server,
  bindAddress,
}: Pick<Bench, 'host' | 'server' | 'bindAddress'>): Promise<UdpSocket> {
  const family = familyOf(server.address);
  return host.udp.bind({ family, ...(bindAddress !== undefined && { address: bindAddress }) });
}

function vitalOf(outcome: 'heard' | 'silent' | 'unknown'): Vital {
  return outcome === 'heard' ? 'alive' : outcome === 'silent' ? 'gone' : 'unknown';
}
