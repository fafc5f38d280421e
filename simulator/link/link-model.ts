/** What one direction of a link does to packets. */
export interface LinkModel {
  /** Microseconds, an integer. */
  readonly latencyUs: number;
  /** Every packet takes 0 to this many microseconds more, each equally likely. @default 0 */
  readonly jitterUs?: number;
  /** Lost packets per million. @default 0 */
  readonly lossPpm?: number;
  /** May a packet overtake another one through jitter? @default false */
  readonly reorder?: boolean;
}

/** The two directions of an attachment: `up` from the device into the network, `down` towards it. */
export interface Link {
  readonly up: LinkModel;
  readonly down: LinkModel;
}

/** A link that behaves alike in both directions. */
export function symmetricLink(model: LinkModel): Link {
  return { up: model, down: model };
}
