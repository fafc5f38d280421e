/**
 * Networks of real Linux NATs: the topologies of the simulator as network namespaces, with rules of nftables for NATs
 * and a wire between them that delays and loses. Knows no engine.
 *
 * @packageDocumentation
 */
export { type CompiledNat, compileNat, type KernelRules, type Unsupported } from './compile/compile-nat.ts';
export type { NatSite } from './compile/nat-site.ts';
export { type CompiledNetwork, compileNetwork, KernelNetwork, type NetworkCounters } from './network/kernel-network.ts';
export { type Crowd, HOSTS } from './plan/network-plan.ts';
export { SERVER_ADDRESSES, SERVERS, WEB_ADDRESS } from './plan/servers.ts';
export type { KernelLine, KernelTopology } from './plan/topology.ts';
export { whyNoIpv6, whyNoKernelLab, withSystemPath } from './system/requirements.ts';
export { type CommandLine, sandboxCommand } from './system/sandbox.ts';
export { whyLinkUnsupported } from './wire/impairment.ts';
export { type Direction, Wire } from './wire/wire.ts';
