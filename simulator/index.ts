/**
 * The deterministic network: worlds on virtual time, with hosts, routers, NATs and links in them.
 *
 * @example
 * installGlobals(); // before third-party code is imported
 * const world = new World({ seed: 'one' });
 * const net = new Topology(world);
 * const link = symmetricLink({ latencyUs: 20_000, jitterUs: 2000, lossPpm: 1000 });
 * const server = net.server('server', { link });
 * const side = net.side('a', { nats: [resolveBehaviour({})], link });
 * const result = await world.run(async () => {
 *   const socket = await side.host.udp.bind();
 *   // ...
 * });
 * console.log(result.outcome, world.trace.hash.digest());
 *
 * @packageDocumentation
 */
export { SimHost, type SimHostOptions } from './host/sim-host.ts';
export type { Line, LineOptions } from './line.ts';
export { type BurstLoss, type Link, type LinkModel, symmetricLink } from './link/link-model.ts';
export { Segment } from './link/segment.ts';
export type { MappingInfo } from './nat/environment.ts';
export type { IcmpKind, Packet, Protocol, Quote } from './packet.ts';
export { EdgeRouter } from './router/edge-router.ts';
export { NatRouter } from './router/nat-router.ts';
export { Router } from './router/router.ts';
export { type ServerOptions, type Side, type SideOptions, Topology } from './topology.ts';
export { formatPacket } from './trace/format-packet.ts';
export type { Device, HostEventDetail, MappingEvent, Observer, PacketEvent } from './trace/observer.ts';
export type { SentCount, TraceCounters } from './trace/trace-counters.ts';
export { type TraceEntry, TraceLog } from './trace/trace-log.ts';
export { installGlobals } from './world/globals.ts';
export type { Outcome, RunLimits } from './world/run.ts';
export { World, type WorldOptions } from './world/world.ts';
