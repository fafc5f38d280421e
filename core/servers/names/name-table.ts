import type { NameStatus } from '../../wire/names/messages.ts';
import type { SignedRecord } from '../../wire/names/record.ts';
import { Tally } from '../tally.ts';

export interface NameTableLimits {
  /** Names in all. @default 65536 */
  readonly names: number;
  /** Names that were put from one IPv4 address, or one IPv6 /64. @default 20 */
  readonly perSource: number;
  /** Names of one key. @default 20 */
  readonly perOwner: number;
  /** How far an owner's clock may be off. @default 600000 */
  readonly clockSkewMs: number;
}

export const DEFAULT_NAME_LIMITS: NameTableLimits = {
  names: 65_536,
  perSource: 20,
  perOwner: 20,
  clockSkewMs: 600_000,
};

export interface DatedRecord {
  readonly record: SignedRecord;
  /** By the server's clock, Unix time in ms. */
  readonly expiresMs: number;
}

interface Entry extends DatedRecord {
  readonly owner: string;
  /** Whose quota it counts against; undefined: it came from the journal. */
  readonly source: string | undefined;
}

interface Ended {
  readonly owner: string;
  readonly issuedAtMs: number;
  readonly source: string | undefined;
  readonly untilMs: number;
}

/** How often what has expired is looked for. */
const SWEEP_INTERVAL_MS = 10_000;

/**
 * Who has which name. First come, first served; the owner may renew, change and give up what is his. What was given up
 * is remembered for as long as its owner's older records would still pass for new, so that nobody can play one back.
 */
export class NameTable {
  readonly #limits: NameTableLimits;
  readonly #entries = new Map<string, Entry>();
  /** Given up: from name to the record that did it. They take room like names. */
  readonly #ended = new Map<string, Ended>();
  readonly #perSource = new Tally();
  readonly #perOwner = new Tally();
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(limits: NameTableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What holds now, for writing it all down. */
  entries(nowMs: number): DatedRecord[] {
    this.#sweep(nowMs);
    return [...this.#entries.values()].map(({ record, expiresMs }) => ({ record, expiresMs }));
  }

  get(name: string, nowMs: number): SignedRecord | undefined {
    return this.#live(name, nowMs)?.record;
  }

  /** Would it be taken? To be asked before its signature is looked at, since that costs. */
  check(record: SignedRecord, source: string | undefined, nowMs: number): NameStatus {
    this.#sweep(nowMs);
    const { names, perSource, perOwner, clockSkewMs } = this.#limits;
    const owner = textOf(record.ownerKey);
    const entry = this.#live(record.name, nowMs);
    const ended = this.#ended.get(record.name);
    if (Math.abs(record.issuedAtMs - nowMs) > clockSkewMs) return 'clock';
    if (entry && entry.owner !== owner) return 'taken';
    if (entry && entry.record.issuedAtMs >= record.issuedAtMs) return 'stale';
    if (ended?.owner === owner && ended.issuedAtMs >= record.issuedAtMs) return 'stale';
    if (record.lifetimeS === 0) return entry ? 'ok' : 'not-found';
    if (entry) return 'ok';
    if (this.#entries.size + this.#ended.size >= names) return 'full';
    if (this.#perOwner.of(owner) >= perOwner) return 'limit';
    return source !== undefined && this.#perSource.of(source) >= perSource ? 'limit' : 'ok';
  }

  /** Takes a record that {@link check} found `ok` and whose signature is good. */
  put(record: SignedRecord, source: string | undefined, nowMs: number): void {
    const owner = textOf(record.ownerKey);
    const before = this.#live(record.name, nowMs);
    this.#remove(record.name);
    if (record.lifetimeS === 0) {
      this.#end(record, owner, before?.source);
      return;
    }
    const charged = this.#charged(before, source);
    const expiresMs = nowMs + record.lifetimeS * 1000;
    this.#entries.set(record.name, { record, owner, source: charged, expiresMs });
    this.#perOwner.add(owner, 1);
    if (charged !== undefined) this.#perSource.add(charged, 1);
  }

  /** Takes back what was written down, in its order. */
  restore({ record, expiresMs }: DatedRecord): void {
    const owner = textOf(record.ownerKey);
    this.#remove(record.name);
    if (record.lifetimeS === 0) {
      this.#end(record, owner, undefined);
      return;
    }
    this.#entries.set(record.name, { record, owner, source: undefined, expiresMs });
    this.#perOwner.add(owner, 1);
  }

  /** It goes on to count against its source, or a few could fill the table by giving up name after name. */
  #end({ name, issuedAtMs }: SignedRecord, owner: string, source: string | undefined): void {
    this.#forget(name);
    this.#ended.set(name, { owner, issuedAtMs, source, untilMs: issuedAtMs + 2 * this.#limits.clockSkewMs });
    if (source !== undefined) this.#perSource.add(source, 1);
  }

  #forget(name: string): void {
    const source = this.#ended.get(name)?.source;
    this.#ended.delete(name);
    if (source !== undefined) this.#perSource.add(source, -1);
  }

  #live(name: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(name);
    if (!entry || entry.expiresMs > nowMs) return entry;
    this.#remove(name);
    return undefined;
  }

  /** An owner who moves takes his names along to the new address, as far as that has room. */
  #charged(before: Entry | undefined, source: string | undefined): string | undefined {
    if (!before || source === undefined) return source ?? before?.source;
    return this.#perSource.of(source) < this.#limits.perSource ? source : before.source;
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    this.#perOwner.add(entry.owner, -1);
    if (entry.source !== undefined) this.#perSource.add(entry.source, -1);
  }

  #sweep(nowMs: number): void {
    if (Math.abs(nowMs - this.#sweptAtMs) < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = nowMs;
    for (const [name, { expiresMs }] of this.#entries) if (expiresMs <= nowMs) this.#remove(name);
    for (const [name, { untilMs }] of this.#ended) if (untilMs <= nowMs) this.#forget(name);
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
