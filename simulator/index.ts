export { SimHost, type SimHostOptions } from './host/sim-host.ts';
export type { Link, LinkModel } from './link/link-model.ts';
export { symmetricLink } from './link/link-model.ts';
export { type Side, Topology } from './topology.ts';
export type { Device, MappingEvent, Observer, PacketEvent } from './trace/observer.ts';
export { TraceLog } from './trace/trace-log.ts';
export { installGlobals } from './world/globals.ts';
export { type Outcome, type RunLimits, World, type WorldOptions } from './world/world.ts';
