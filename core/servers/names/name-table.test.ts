import { describe, expect, it } from 'vitest';
import { SimSigner } from '../../../simulator/world/signer.ts';
import { Identity } from '../../identity/identity.ts';
import { signRecord } from '../../wire/names/record.ts';
import { decodeEntry, encodeEntry } from './journal-entry.ts';
import { DEFAULT_NAME_LIMITS, NameTable } from './name-table.ts';

const signer = new SimSigner();
const [alice, bob] = [7, 8].map((byte) => Identity.fromSecretKey(signer, new Uint8Array(32).fill(byte)));
const NOW = 1.9e12;
const DAY_S = 86_400;

const record = (name: string, issuedAtMs: number, owner = alice!, lifetimeS = DAY_S) =>
  signRecord({ name, issuedAtMs, lifetimeS, value: Buffer.alloc(lifetimeS === 0 ? 0 : 5, 1) }, owner);

/** Puts what the table finds good, as the server does. */
function put(table: NameTable, wanted: ReturnType<typeof record>, source = 'home', nowMs = wanted.issuedAtMs) {
  const status = table.check(wanted, source, nowMs);
  if (status === 'ok') table.put(wanted, source, nowMs);
  return status;
}

const tableOf = (limits: Partial<typeof DEFAULT_NAME_LIMITS> = {}) =>
  new NameTable({ ...DEFAULT_NAME_LIMITS, ...limits });

describe('names', () => {
  it('go to who comes first, until they expire', () => {
    const table = tableOf();
    expect(put(table, record('a', NOW))).toBe('ok');
    expect(put(table, record('a', NOW + 1, bob))).toBe('taken');
    expect(table.get('a', NOW + DAY_S * 1000 - 1)?.ownerKey).toEqual(alice!.publicKey);
    expect(table.get('a', NOW + DAY_S * 1000)).toBeUndefined();
    expect(put(table, record('a', NOW + DAY_S * 1000, bob))).toBe('ok');
    expect(put(table, record('a', NOW + DAY_S * 1000 + 1))).toBe('taken');
  });

  it('take later records of their owner only', () => {
    const table = tableOf();
    expect(put(table, record('a', NOW))).toBe('ok');
    expect(put(table, record('a', NOW))).toBe('stale');
    expect(put(table, record('a', NOW - 1), 'home', NOW)).toBe('stale');
    expect(put(table, record('a', NOW + 1))).toBe('ok');
  });

  it('take no record from too long ago or too far ahead', () => {
    const table = tableOf({ clockSkewMs: 1000 });
    expect(put(table, record('a', NOW), 'home', NOW + 1001)).toBe('clock');
    expect(put(table, record('a', NOW + 1001), 'home', NOW)).toBe('clock');
    expect(put(table, record('a', NOW + 1000), 'home', NOW)).toBe('ok');
  });

  it('can be given up, and an older record does not bring them back', () => {
    const table = tableOf();
    const first = record('a', NOW);
    put(table, first);
    expect(put(table, record('a', NOW + 1, bob, 0))).toBe('taken');
    expect(put(table, record('a', NOW + 2, alice, 0))).toBe('ok');
    expect(table.get('a', NOW + 2)).toBeUndefined();
    expect(put(table, record('a', NOW + 2, alice, 0))).toBe('stale');
    expect(put(table, first, 'home', NOW + 3)).toBe('stale');
    expect(put(table, record('a', NOW + 4, bob))).toBe('ok');
    expect(put(table, record('b', NOW + 4, bob, 0))).toBe('not-found');
  });

  it('are as many as one source, one key and the table may have', () => {
    const table = tableOf({ perSource: 2, perOwner: 3, names: 4 });
    const statuses = [
      put(table, record('a', NOW)),
      put(table, record('b', NOW)),
      put(table, record('c', NOW)),
      put(table, record('c', NOW), 'office'),
      put(table, record('d', NOW), 'office'),
      put(table, record('d', NOW, bob), 'office'),
      put(table, record('e', NOW, bob), 'elsewhere'),
      put(table, record('a', NOW + 1), 'elsewhere'),
    ];
    expect(statuses).toEqual(['ok', 'ok', 'limit', 'ok', 'limit', 'ok', 'full', 'ok']);
  });

  it('do not make room by being given up, or the table could be filled so', () => {
    const table = tableOf({ perSource: 2, clockSkewMs: 1000 });
    for (const name of ['a', 'b']) {
      put(table, record(name, NOW));
      expect(put(table, record(name, NOW + 1, alice, 0))).toBe('ok');
    }
    expect(put(table, record('c', NOW + 2))).toBe('limit');
    expect(put(table, record('c', NOW + 20_000))).toBe('ok');
  });

  it('move with their owner, as far as the new place has room', () => {
    const table = tableOf({ perSource: 1 });
    put(table, record('a', NOW), 'one');
    put(table, record('b', NOW, bob), 'two');
    expect(put(table, record('a', NOW + 1), 'two')).toBe('ok');
    expect(put(table, record('c', NOW + 2), 'one')).toBe('limit');
    expect(put(table, record('a', NOW + 3), 'three')).toBe('ok');
    expect(put(table, record('c', NOW + 4), 'one')).toBe('ok');
  });

  it('come back from what was written down', () => {
    const table = tableOf();
    put(table, record('a', NOW));
    put(table, record('b', NOW));
    const entries = table.entries(NOW).map(encodeEntry);
    const again = tableOf();
    for (const bytes of entries) again.restore(decodeEntry(bytes));
    again.restore({ record: record('b', NOW + 1, alice, 0), expiresMs: NOW + 1 });
    expect(again.size).toBe(1);
    expect(put(again, record('a', NOW + 1, bob))).toBe('taken');
    expect(put(again, record('a', NOW))).toBe('stale');
    expect(put(again, record('b', NOW))).toBe('stale');
  });
});
