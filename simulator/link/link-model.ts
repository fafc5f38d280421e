/** What one direction of a link does to packets. Every effect is free of every other; what is left out does nothing. */
export interface LinkModel {
  /** Microseconds, an integer. */
  readonly latencyUs: number;
  /** Every packet takes 0 to this many microseconds more, each equally likely. @default 0 */
  readonly jitterUs?: number;
  /**
   * Every packet takes longer by an exponentially distributed time with this mean in microseconds: mostly little,
   * seldom much, at most 16 times the mean. @default 0
   */
  readonly exponentialJitterUs?: number;
  /** May a packet overtake another one through jitter? @default false */
  readonly reorder?: boolean;
  /** Packets per million that are held back, so that later ones overtake them. @default none */
  readonly holdBack?: { readonly sharePpm: number; readonly byUs: number };
  /** Lost packets per million, each on its own. @default 0 */
  readonly lossPpm?: number;
  /** Loss that comes in bursts of packets. @default none */
  readonly burstLoss?: BurstLoss;
  /** Loss that comes in spells of time. @default none */
  readonly timedLoss?: TimedLoss;
  /** Of every `of` packets in a row exactly `lost` are lost, at random places. @default none */
  readonly exactLoss?: { readonly lost: number; readonly of: number };
  /** Packets per million that enter twice. Each of the two meets its own luck from there on. @default 0 */
  readonly duplicatePpm?: number;
  /** Packets leave one after the other at this rate. @default no limit */
  readonly rate?: Rate;
  /** The longest packet that fits. @default no limit */
  readonly mtu?: MtuLimit;
}

/**
 * Gilbert's and Elliott's channel (E. O. Elliott, "Estimates of error rates for codes on burst-noise channels", 1963).
 * It is in one of two states, and may change it after every packet. All four in parts per million.
 */
export interface BurstLoss {
  /** From good to bad, after a packet. */
  readonly toBadPpm: number;
  /** From bad to good, after a packet. Bursts have the mean length of a million over this. */
  readonly toGoodPpm: number;
  /** Of the packets that meet the good state. */
  readonly goodLossPpm: number;
  /** Of the packets that meet the bad state. */
  readonly badLossPpm: number;
}

/**
 * The same channel in time: its states last for exponentially distributed times, however many packets meet them. A
 * sender that waits longer and longer outlives a bad spell, but not a burst that ends only with another packet.
 */
export interface TimedLoss {
  /** Mean of a good spell, 1 to 2 * 10^9 microseconds, as for a bad one. */
  readonly goodUs: number;
  readonly badUs: number;
  readonly goodLossPpm: number;
  readonly badLossPpm: number;
}

export interface Rate {
  /** An integer from 1 to 10^11. */
  readonly bitsPerSecond: number;
  /**
   * What may be on hand, being sent or waiting, in bytes, from 0 to 10^9. A packet that would exceed it is dropped, but
   * for one that finds nothing ahead of it.
   */
  readonly queueBytes: number;
}

export interface MtuLimit {
  /** Of IP packets, 68 (RFC 791) to 65,535. */
  readonly bytes: number;
  /**
   * What becomes of a longer packet. `fragment`: it is cut if it may be, which is UDP over IPv4 here, else it ends as
   * with `ptb`. `ptb`: its sender hears of it by ICMP ("packet too big"). `blackhole`: nobody hears of it (RFC 2923).
   */
  readonly oversize: Oversize;
}

export type Oversize = 'fragment' | 'ptb' | 'blackhole';

/** The two directions of an attachment: `up` from the device into the network, `down` towards it. */
export interface Link {
  readonly up: LinkModel;
  readonly down: LinkModel;
}

/** A link that behaves alike in both directions. */
export function symmetricLink(model: LinkModel): Link {
  return { up: model, down: model };
}
