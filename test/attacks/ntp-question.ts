import type { NtpPacket } from '../../core/wire/ntp/packet.ts';

/** What a client asks. */
export const NTP_QUESTION: NtpPacket = {
  leap: 'none',
  version: 4,
  mode: 'client',
  stratum: 0,
  poll: 6,
  precision: -20,
  rootDelayS: 0,
  rootDispersionS: 0,
  referenceId: new Uint8Array(4),
  reference: 0n,
  origin: 0n,
  receive: 0n,
  transmit: 1n,
};
