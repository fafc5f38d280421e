import { describe, expect, it } from 'vitest';
import { NATS, play } from './rivals.ts';

/** Connected pairs, a row for each NAT that dials: + always, . never, ~ sometimes. */
function grid(results: Awaited<ReturnType<typeof play>>): string[] {
  return NATS.map((a) =>
    NATS.map((b) => {
      const of = results.filter(({ cell }) => cell.a === a && cell.b === b);
      const won = of.filter(({ outcome }) => outcome === 'connected').length;
      return won === of.length ? '+' : won === 0 ? '.' : '~';
    }).join(''),
  );
}

// Measured through kernel NATs with the same delays, three runs a pair: libdatachannel's ICE and werift's 17 of 25 pairs,
// hyperdht 6.34.0 21 of 25. What is implemented here from descriptions has to agree with the programs themselves.
describe('the reference strategies', { timeout: 300_000 }, () => {
  it('ice connects what WebRTC stacks do', async () => {
    expect(grid(await play('ice', 2))).toEqual(['+++++', '+++++', '+++..', '++...', '++...']);
  });

  it('hyperdht connects what hyperdht does', async () => {
    expect(grid(await play('hyperdht', 2))).toEqual(['+++++', '+++++', '+++++', '+++..', '+++..']);
  });

  it('dcutr connects where the address that others see is good for the peer, or it need not be', async () => {
    expect(grid(await play('dcutr', 2))).toEqual(['+++..', '+++..', '+++..', '++...', '++...']);
  });

  it('warpgate connects the pairs that its own analysis names', async () => {
    const results = grid(await play('warpgate', 6));
    expect(results.map((row) => row.replaceAll(/[+~]/g, '?'))).toEqual(['?????', '?????', '???..', '??...', '??...']);
    expect(results.slice(0, 3).map((row) => row.slice(0, 3))).toEqual(['+++', '+++', '+++']);
  });
});
