import type { Identity } from '../identity/identity.ts';
import { formatEndpoint } from '../net/endpoint.ts';
import type { Host } from '../ports/index.ts';
import { type Address, parseAddress } from '../wire/address/address.ts';
import { AddressError } from '../wire/address/address-error.ts';
import { encodeNameRequest, NAME_NONCE_LENGTH, type NameReply, type NameStatus } from '../wire/names/messages.ts';
import { formatName, parseName } from '../wire/names/name.ts';
import { isSigned, type SignedRecord, signRecord } from '../wire/names/record.ts';
import { askNameServer, type NameServerConfig } from './name-exchange.ts';
import { NamesError, type NamesErrorCode } from './names-error.ts';

export type { NameServerConfig } from './name-exchange.ts';

export interface NameClientOptions {
  /** More than half of them must agree: use one, or an odd number. */
  readonly servers: readonly NameServerConfig[];
  /** For a server to answer. @default 5000 */
  readonly timeoutMs?: number;
}

type Hostlike = Pick<Host, 'tcp' | 'clock' | 'random' | 'signer'>;
type Answer = NameReply | Error;

const TIMEOUT_MS = 5000;
const REFUSALS: Readonly<Record<Exclude<NameStatus, 'ok'>, string>> = {
  'not-found': 'nobody has it',
  taken: "it is somebody else's",
  stale: 'a later record of this key was put before: is another node running under it?',
  clock: "this machine's clock is too far from the name server's",
  limit: 'this address or this key has as many names as one may have',
  full: 'the name server has no room left',
};

/**
 * Asks name servers who has a name, and tells them who we are. A server can hide a name or give it to the wrong key
 * first, but can forge no owner's word; where there are several, more than half must say the same.
 *
 * @example
 * const client = new NameClient(host, { servers: [{ endpoint, publicKey }] });
 * await client.register('alice', identity, node.address, 86_400);
 * const address = await client.resolve('alice.punch');
 */
export class NameClient {
  readonly #host: Hostlike;
  readonly #options: NameClientOptions;
  #issuedAtMs = 0;

  /** @throws RangeError without a server */
  constructor(host: Hostlike, options: NameClientOptions) {
    if (options.servers.length === 0) throw new RangeError('no name server to ask');
    this.#host = host;
    this.#options = options;
  }

  /**
   * The address that the name's owner has put.
   * @throws NameError; NamesError
   */
  async resolve(text: string): Promise<Address> {
    const name = parseName(text);
    const request = encodeNameRequest({ op: 'get', nonce: this.#nonce(), name });
    const replies = await this.#ask(name, request);
    const record = this.#agreed(name, replies);
    try {
      const address = parseAddress(record.value, this.#host.signer);
      if (Buffer.compare(address.publicKey, record.ownerKey) === 0) return address;
    } catch (cause) {
      if (!(cause instanceof AddressError)) throw cause;
      throw refusal('forged', name, `what it stands for is no address: ${cause.message}`, cause);
    }
    throw refusal('forged', name, "what it stands for is another node's address");
  }

  /**
   * Takes the name, or renews it, or puts another address.
   *
   * @param lifetimeS 1 to 2,592,000 seconds
   * @throws NameError; NamesError
   */
  async register(text: string, owner: Identity, address: Pick<Address, 'bytes'>, lifetimeS: number): Promise<void> {
    await this.#put(parseName(text), owner, lifetimeS, address.bytes);
  }

  /** Gives the name up: it is free for anybody at once. @throws NameError; NamesError */
  async release(text: string, owner: Identity): Promise<void> {
    await this.#put(parseName(text), owner, 0, new Uint8Array(0));
  }

  async #put(name: string, owner: Identity, lifetimeS: number, value: Uint8Array): Promise<void> {
    // Two records of one millisecond would be one too many for the replay guard.
    this.#issuedAtMs = Math.max(this.#host.clock.wallMs(), this.#issuedAtMs + 1);
    const record = signRecord({ name, issuedAtMs: this.#issuedAtMs, lifetimeS, value }, owner);
    const replies = await this.#ask(name, encodeNameRequest({ op: 'put', nonce: this.#nonce(), record }));
    const statuses = replies.map(({ status }) => status);
    if (this.#majority(statuses.filter((status) => status === 'ok').length)) return;
    const [worst] = statuses.filter((status) => status !== 'ok') as Exclude<NameStatus, 'ok'>[];
    if (worst === undefined) throw refusal('unreachable', name, 'too few name servers have taken it');
    const offMs = this.#host.clock.wallMs() - replies.find(({ status }) => status === worst)!.serverTimeMs;
    const detail = worst === 'clock' ? ` (by ${Math.round(offMs / 1000)} s): set it` : '';
    throw refusal(worst, name, REFUSALS[worst] + detail);
  }

  /** What more than half of the servers know: of one owner, the latest record. */
  #agreed(name: string, replies: readonly NameReply[]): SignedRecord {
    const { signer } = this.#host;
    const records = replies.flatMap(({ record }) => record ?? []);
    const bad = records.find((record) => record.name !== name || !isSigned(record, signer));
    if (bad) throw refusal('forged', name, 'a name server has a record that its owner did not sign');
    for (const { ownerKey } of records) {
      const same = records.filter((record) => Buffer.compare(record.ownerKey, ownerKey) === 0);
      if (!this.#majority(same.length)) continue;
      return same.reduce((latest, record) => (record.issuedAtMs > latest.issuedAtMs ? record : latest));
    }
    const none = replies.filter(({ status }) => status === 'not-found').length;
    if (this.#majority(none)) throw refusal('not-found', name, REFUSALS['not-found']);
    throw refusal('disagreement', name, 'the name servers know different owners');
  }

  /** The replies of those that gave one. @throws NamesError if too few did */
  async #ask(name: string, request: Uint8Array): Promise<NameReply[]> {
    const { servers, timeoutMs = TIMEOUT_MS } = this.#options;
    const answers: Answer[] = await Promise.all(
      servers.map((server) => askNameServer(this.#host, server, request, timeoutMs).catch((error: Error) => error)),
    );
    const replies = answers.filter((answer): answer is NameReply => !(answer instanceof Error));
    if (this.#majority(replies.length)) return replies;
    const failed = answers.findIndex((answer) => answer instanceof Error);
    const cause = answers[failed] as Error;
    const where = formatEndpoint(servers[failed]!.endpoint);
    const text = `${replies.length} of ${servers.length} name servers answered; ${where}: ${cause.message}`;
    throw refusal('unreachable', name, text, cause);
  }

  #majority(count: number): boolean {
    return count * 2 > this.#options.servers.length;
  }

  #nonce(): Uint8Array {
    return this.#host.random.bytes(NAME_NONCE_LENGTH);
  }
}

function refusal(code: NamesErrorCode, name: string, why: string, cause?: Error): NamesError {
  return new NamesError(code, `${formatName(name)}: ${why}`, cause && { cause });
}
