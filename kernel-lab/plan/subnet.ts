/** One segment. */
export interface Subnet {
  /** The router's own address. */
  readonly gateway: string;
  readonly prefixLength: number;
  readonly prefix: string;
  /** @param index from 0 on, of all but the router */
  host(index: number): string;
}
