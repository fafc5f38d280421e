/**
 * The numbers of the simulated TCP. They are those of Linux where Linux has one, since that is the stack which the
 * simulator is compared with; times are in microseconds, sizes in bytes.
 */
const SECOND = 1_000_000;

/** RFC 9293 section 3.7.1: 1500 bytes of Ethernet less 40 bytes of headers. */
export const MAX_SEGMENT = 1460;

/** What a connection holds for a reader that does not read; also the largest window that it offers. */
export const RECEIVE_BUFFER = 65_536;

/** Out-of-order pieces that a connection keeps; more are dropped and come again. */
export const MAX_REASSEMBLY_PIECES = 256;

/** Bytes not yet sent for the first time, from which on `send` answers false. */
export const SEND_HIGH_WATER = 65_536;

/** Bytes unsent and unacknowledged that break the connection: its owner ignores that `send` answers false. */
export const SEND_LIMIT = 64 * 1024 * 1024;

/** RFC 6928 section 2. */
export const INITIAL_WINDOW_SEGMENTS = 10;

/** RFC 6298 (2.1). */
export const INITIAL_RTO_US = SECOND;
/** RFC 6298 (5.7): after a lost SYN. */
export const RTO_AFTER_SYN_LOSS_US = 3 * SECOND;
/** Linux TCP_RTO_MIN. RFC 6298 (2.4) asks for a second, which no current system keeps to. */
export const MIN_RTO_US = 200_000;
/** Linux TCP_RTO_MAX. */
export const MAX_RTO_US = 120 * SECOND;

/** Linux tcp_syn_retries: the dial fails 127 s after its first SYN. */
export const MAX_SYN_RETRIES = 6;
/** Linux tcp_synack_retries: an unanswered SYN-ACK is forgotten after 63 s. */
export const MAX_SYN_ACK_RETRIES = 5;
/** Linux tcp_retries2, for data, FIN and window probes: at 200 ms of RTO the connection breaks after 924.6 s. */
export const MAX_RETRANSMISSIONS = 15;

/** Linux TCP_DELACK_MIN. */
export const DELAYED_ACK_US = 40_000;

/** Linux tcp_invalid_ratelimit: ACKs for segments that carry nothing and do not fit. */
export const CHALLENGE_INTERVAL_US = 500_000;

/** Linux TCP_TIMEWAIT_LEN; RFC 9293 section 3.4.2 has twice as much. */
export const TIME_WAIT_US = 60 * SECOND;
/** More connections than these skip TIME-WAIT (Linux tcp_max_tw_buckets). */
export const MAX_TIME_WAITS = 16_384;

/** Handshakes that a listener keeps half done; the SYN of one more is dropped. Node's default backlog, as Linux caps it. */
export const BACKLOG = 128;

/** Connections of one host in any state. */
export const MAX_FLOWS = 65_536;

/** Linux ip_local_port_range. */
export const EPHEMERAL_FIRST = 32_768;
export const EPHEMERAL_LAST = 60_999;
