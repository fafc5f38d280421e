/** A stream of random numbers: cryptographically strong on a real host, seeded in the simulator. */
export interface Random {
  /** An integer, 0 to 2^32 - 1. */
  uint32(): number;
  /** An integer, 0 to `limit` - 1, every value equally likely. `limit` is 1 to 2^32. */
  below(limit: number): number;
  bytes(length: number): Uint8Array;
  /** An independent stream. Drawing from one stream never changes what another one yields. */
  fork(label: string): Random;
}
