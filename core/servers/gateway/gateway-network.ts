/** An inside network of the gateway's. */
export interface GatewayNetwork {
  /** The gateway's own address there. */
  readonly address: string;
  /** Is this address of a host there? */
  contains(address: string): boolean;
}
