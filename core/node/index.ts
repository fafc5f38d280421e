/**
 * The engine: a {@link Node} with an identity and an address, and {@link autoConnect}, which gets a {@link Pipe} to
 * another node open by whichever {@link Plugin} is first. It runs on any {@link "core/ports" | Host}.
 *
 * @packageDocumentation
 */
import '../plugins/index.ts';

export { Identity } from '../identity/identity.ts';
export { nodeIdOf } from '../identity/node-id.ts';
export type { NameServerConfig } from '../names/name-exchange.ts';
export { NamesError, type NamesErrorCode } from '../names/names-error.ts';
export type { Allocation, Dependence } from '../nat/behaviour.ts';
export type { ChainReport } from '../nat/chain.ts';
export { type DiscoveryHost, type DiscoveryOptions, discoverNat } from '../nat/discovery.ts';
export { discoverLifetime, type LifetimeHost, type LifetimeOptions } from '../nat/discovery-lifetime.ts';
export type { Finding } from '../nat/finding.ts';
export type { LifetimeMethod, LifetimeReport } from '../nat/lifetime-report.ts';
export type { LifetimeBounds } from '../nat/lifetime-search.ts';
export type { MappingDependence } from '../nat/mapping-verdict.ts';
export {
  type Behaviour,
  type ClassicNat,
  classicNat,
  type DeltaType,
  deltaType,
  describeNat,
  type HairpinKind,
  type NatReport,
  type TcpReport,
} from '../nat/nat-report.ts';
export type { AllocationKind, MappingSample, PortReport, PortSample } from '../nat/port-report.ts';
export type { Endpoint, Family } from '../net/endpoint.ts';
export { NetError, type NetErrorCode } from '../net/error.ts';
export { type DatagramCarrier, DatagramTransport } from '../plugins/datagram-transport.ts';
export { firstSuccess } from '../plugins/first-success.ts';
export {
  type Attempt,
  type Keepsake,
  NotApplicable,
  type Plan,
  type PlanInput,
  type Plugin,
  type PluginLine,
  type ProvenTransport,
  type Role,
  type Servers,
  type TurnServer,
} from '../plugins/plugin.ts';
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
export type { Reroute, Transport, TransportSink } from '../plugins/transport.ts';
export type { RefreshOptions } from '../signal/address-exchange.ts';
export type { BrokerConfig } from '../signal/broker-link.ts';
export { SignalError, type SignalErrorCode } from '../signal/signal-error.ts';
export {
  type Address,
  type AddressSigner,
  type AddressVerifier,
  createAddress,
  formatAddress,
  parseAddress,
} from '../wire/address/address.ts';
export type {
  AddressContent,
  AddressInterface,
  AddressTransport,
  AllocationTrait,
  FilteringTrait,
  MappingTrait,
  NatTraits,
} from '../wire/address/address-content.ts';
export { AddressError, type AddressErrorCode } from '../wire/address/address-error.ts';
export { NameError } from '../wire/names/name.ts';
export { type AttemptReport, ConnectError } from './attempt-report.ts';
export { autoConnect } from './auto-connect.ts';
export { keepAliveFor } from './link/keep-alive.ts';
export { type ConnectOptions, Node, type NodeOptions, type NodeServers } from './node.ts';
export { type CloseReason, type MessageHandler, Pipe, PipeClosed } from './pipe.ts';
export { type MessageFilter, type ReceiveOptions, ReceiveTimeout, SUB_ALL, Subscription } from './subscription.ts';
