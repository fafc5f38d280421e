import { createHash } from 'node:crypto';
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';

/**
 * Rendezvous hashing (highest random weight): every node ranks the same list alike for a given key, so whoever knows a
 * node's key knows on which brokers to find it; keys spread evenly, and a broker that goes moves only its own keys.
 *
 * @returns a copy, best first
 */
export function rankBrokers<B extends { readonly endpoint: Endpoint }>(
  brokers: readonly B[],
  publicKey: Uint8Array,
): B[] {
  return brokers
    .map((broker) => ({ broker, name: formatEndpoint(broker.endpoint) }))
    .map((entry) => ({ ...entry, weight: weightOf(publicKey, entry.name) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ broker }) => broker);
}

/** 48 bits of SHA-256: an integer that a number holds exactly. */
function weightOf(publicKey: Uint8Array, name: string): number {
  return createHash('sha256').update(publicKey).update(name).digest().readUIntBE(0, 6);
}
