/**
 * The deterministic network: worlds on virtual time, with hosts, routers, NATs and links in them. The same seed gives
 * the same packets.
 *
 * @example
 * import { installGlobals, symmetricLink, Topology, World } from 'punchlab/simulator';
 *
 * installGlobals(); // Before third-party code is imported, so that its timers are the world's.
 * const world = new World({ seed: 'one' });
 * const net = new Topology(world);
 * const link = symmetricLink({ latencyUs: 20_000 });
 * const server = net.server('server', { link });
 * const side = net.side('a', { nats: [], link });
 * const result = await world.run(async () => {
 *   const socket = await server.udp.bind({ port: 4000 });
 *   socket.onMessage = (data, from) => socket.send(data, from);
 *   const asking = await side.host.udp.bind();
 *   const address = server.interfaces().flatMap(({ addresses, loopback }) => (loopback ? [] : addresses))[0]!.address;
 *   const answer = new Promise<string>((resolve) => {
 *     asking.onMessage = (data) => resolve(Buffer.from(data).toString());
 *   });
 *   asking.send(Buffer.from('hello'), { address, port: 4000 });
 *   return `${await answer} after ${side.host.clock.now() / 1000} ms`;
 * });
 * console.log(result); // prints: { outcome: 'done', value: 'hello after 80 ms' }
 *
 * @packageDocumentation
 */
export {
  type Allocation,
  type AllowedPort,
  type Block,
  type Dependence,
  type IcmpBehaviour,
  type NatBehaviour,
  type NatDescription,
  type PortAllocation,
  type PortMappingFault,
  type PortMappingProtocol,
  type PortMappingService,
  type QueryDependence,
  resolveBehaviour,
  type ScanGuard,
  type SecondaryBehaviour,
  type TcpBehaviour,
  type UdpBehaviour,
} from '../core/nat/behaviour.ts';
export { SimHost, type SimHostOptions } from './host/sim-host.ts';
export type { Line, LineOptions } from './line.ts';
export {
  type BurstLoss,
  type Link,
  type LinkModel,
  type MtuLimit,
  type Oversize,
  type Rate,
  symmetricLink,
  type TimedLoss,
} from './link/link-model.ts';
export { Segment } from './link/segment.ts';
export type { MappingInfo } from './nat/environment.ts';
export type { Fragment, IcmpKind, Packet, Protocol, Quote } from './packet.ts';
export { EdgeRouter } from './router/edge-router.ts';
export { NatRouter } from './router/nat-router.ts';
export { Router } from './router/router.ts';
export { type ServerOptions, type Side, type SideOptions, Topology } from './topology.ts';
export { formatPacket } from './trace/format-packet.ts';
export type { Device, HostEventDetail, MappingEvent, Observer, PacketEvent } from './trace/observer.ts';
export type { SentCount, TraceCounters } from './trace/trace-counters.ts';
export {
  type HostEventEntry,
  type MappingEntry,
  type PacketEntry,
  type TraceEntry,
  TraceLog,
} from './trace/trace-log.ts';
export type { Settling } from './world/drain.ts';
export { installGlobals } from './world/globals.ts';
export type { Outcome, RunLimits } from './world/run.ts';
export { World, type WorldOptions } from './world/world.ts';
