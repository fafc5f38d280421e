import '../plugins/index.ts';

export { Identity } from '../identity/identity.ts';
export { NamesError, type NamesErrorCode } from '../names/names-error.ts';
export { type DiscoveryOptions, discoverNat } from '../nat/discovery.ts';
export { discoverLifetime, type LifetimeOptions } from '../nat/discovery-lifetime.ts';
export type { LifetimeReport } from '../nat/lifetime-report.ts';
export {
  type ClassicNat,
  classicNat,
  type DeltaType,
  deltaType,
  describeNat,
  type NatReport,
} from '../nat/nat-report.ts';
export { DatagramTransport } from '../plugins/datagram-transport.ts';
export { firstSuccess } from '../plugins/first-success.ts';
export type { Attempt, Plan, PlanInput, Plugin, PluginLine, ProvenTransport, Role } from '../plugins/plugin.ts';
export {
  type ChoiceOption,
  completeOptions,
  type DurationOption,
  type NumberOption,
  type OptionValues,
  type PluginOption,
  type PluginOptions,
} from '../plugins/plugin-options.ts';
export { type PluginClass, PluginRegistry, register, registry } from '../plugins/registry.ts';
export { StreamTransport } from '../plugins/stream-transport.ts';
export type { Transport, TransportSink } from '../plugins/transport.ts';
export { SignalError, type SignalErrorCode } from '../signal/signal-error.ts';
export { type Address, formatAddress, parseAddress } from '../wire/address/address.ts';
export { AddressError } from '../wire/address/address-error.ts';
export { NameError } from '../wire/names/name.ts';
export { type AttemptReport, ConnectError } from './attempt-report.ts';
export { keepAliveFor } from './link/keep-alive.ts';
export { autoConnect, type ConnectOptions, Node, type NodeOptions, type NodeServers } from './node.ts';
export { type CloseReason, Pipe, PipeClosed } from './pipe.ts';
export { type MessageFilter, ReceiveTimeout, SUB_ALL, Subscription } from './subscription.ts';
