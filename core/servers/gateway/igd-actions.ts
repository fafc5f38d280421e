import type { Endpoint } from '../../net/endpoint.ts';
import { canonicalAddress, isAddress } from '../../net/ip.ts';
import type { SoapMessage } from '../../wire/igd/soap.ts';
import type { GatewayState } from './gateway-state.ts';
import type { Lease } from './lease-table.ts';

/** A UPnP error that an action ends with. */
export class IgdError extends Error {
  override readonly name = 'IgdError';
  readonly code: number;

  constructor(code: number, description: string) {
    super(description);
    this.code = code;
  }
}

export type Results = readonly (readonly [string, string])[];

export interface Action {
  readonly state: GatewayState;
  readonly values: SoapMessage['values'];
  /** Who asks. */
  readonly from: Endpoint;
  readonly version: 1 | 2;
}

/** WANIPConnection:2 section 2.3.7: the longest lease, which is also what a lease of 0 means there. */
const MAX_LEASE_S = 604_800;

/** WANIPConnection:1 and :2. */
export const IP_ACTIONS: ReadonlyMap<string, (action: Action) => Results> = new Map<
  string,
  (action: Action) => Results
>([
  ['GetExternalIPAddress', ({ state }) => [['NewExternalIPAddress', state.externalAddress ?? '']]],
  [
    'AddPortMapping',
    (action) => {
      add(action, true);
      return [];
    },
  ],
  ['AddAnyPortMapping', (action) => [['NewReservedPort', String(add(action, false).externalPort)]]],
  ['DeletePortMapping', remove],
  ['GetSpecificPortMappingEntry', specific],
  ['GetGenericPortMappingEntry', generic],
  [
    'GetStatusInfo',
    ({ state }) => [
      ['NewConnectionStatus', state.externalAddress === undefined ? 'Disconnected' : 'Connected'],
      ['NewLastConnectionError', 'ERROR_NONE'],
      ['NewUptime', String(state.epochS)],
    ],
  ],
  [
    'GetConnectionTypeInfo',
    () => [
      ['NewConnectionType', 'IP_Routed'],
      ['NewPossibleConnectionTypes', 'IP_Routed'],
    ],
  ],
  [
    'GetNATRSIPStatus',
    () => [
      ['NewRSIPAvailable', '0'],
      ['NewNATEnabled', '1'],
    ],
  ],
]);

/** Which of these a service of version 1 has. */
export function hasAction(name: string, version: 1 | 2): boolean {
  return IP_ACTIONS.has(name) && (version === 2 || name !== 'AddAnyPortMapping');
}

function add(action: Action, exact: boolean): Lease {
  const { state, values, from, version } = action;
  const { protocol, port } = entryOf(action);
  const internal = { address: addressOf(action, 'NewInternalClient'), port: portOf(action, 'NewInternalPort') };
  const leaseS = numberOf(action, 'NewLeaseDuration', MAX_LEASE_S);
  if (internal.port === 0) throw new IgdError(732, 'WildCardNotPermittedInIntPort');
  if (port === 0) throw new IgdError(716, 'WildCardNotPermittedInExtPort');
  // Nobody opens ports of others: what miniupnpd calls its secure mode.
  if (state.has('refuses') || internal.address !== from.address) throw new IgdError(606, 'Action not authorized');
  if (state.has('permanent-only') && leaseS !== 0) throw new IgdError(725, 'OnlyPermanentLeasesSupported');
  const lifetimeS = leaseS === 0 && version === 2 && !state.has('permanent-only') ? MAX_LEASE_S : leaseS;
  const description = (values.get('NewPortMappingDescription') ?? '').slice(0, 64);
  const lease = state.lease({ protocol, internal, wantedPort: port, exact, lifetimeS, description });
  if (lease === 'full') throw version === 2 ? new IgdError(728, 'NoPortMapsAvailable') : failed();
  if (lease === 'not-owner') throw new IgdError(729, 'ConflictWithOtherMechanisms');
  if (lease !== 'conflict') return lease;
  if (!state.has('usurped')) throw new IgdError(718, 'ConflictInMappingEntry');
  return { protocol, internal, externalPort: port, nonce: undefined, description, expiresUs: undefined };
}

function remove(action: Action): Results {
  const { state, from } = action;
  const { protocol, port } = entryOf(action);
  const lease = state.leases.at(protocol, port);
  if (!lease) throw new IgdError(714, 'NoSuchEntryInArray');
  if (lease.nonce || lease.internal.address !== from.address) throw new IgdError(606, 'Action not authorized');
  state.leases.remove(lease);
  return [];
}

function specific(action: Action): Results {
  const { state } = action;
  const { protocol, port } = entryOf(action);
  const lease = state.leases.at(protocol, port);
  const owner = lease?.internal ?? state.ownerOf(protocol, port);
  if (!owner) throw new IgdError(714, 'NoSuchEntryInArray');
  return described(state, owner, lease);
}

function generic(action: Action): Results {
  const { state } = action;
  const lease = state.leases.all[numberOf(action, 'NewPortMappingIndex', 65_535)];
  if (!lease) throw new IgdError(713, 'SpecifiedArrayIndexInvalid');
  return [
    ['NewRemoteHost', ''],
    ['NewExternalPort', String(lease.externalPort)],
    ['NewProtocol', lease.protocol.toUpperCase()],
    ...described(state, lease.internal, lease),
  ];
}

function described(state: GatewayState, internal: Endpoint, lease: Lease | undefined): Results {
  const leftUs = lease?.expiresUs === undefined ? 0 : lease.expiresUs - state.host.clock.now();
  return [
    ['NewInternalPort', String(internal.port)],
    ['NewInternalClient', internal.address],
    ['NewEnabled', '1'],
    ['NewPortMappingDescription', lease?.description ?? ''],
    ['NewLeaseDuration', String(Math.ceil(leftUs / 1e6))],
  ];
}

function entryOf(action: Action): { protocol: 'udp' | 'tcp'; port: number } {
  const { values } = action;
  if (values.get('NewRemoteHost')) throw new IgdError(726, 'RemoteHostOnlySupportsWildcard');
  const protocol = values.get('NewProtocol')?.toLowerCase();
  if (protocol !== 'udp' && protocol !== 'tcp') throw invalid('NewProtocol');
  return { protocol, port: portOf(action, 'NewExternalPort') };
}

function portOf(action: Action, name: string): number {
  return numberOf(action, name, 65_535);
}

export function numberOf({ values }: Pick<Action, 'values'>, name: string, max: number): number {
  const text = values.get(name) ?? '';
  if (!/^\d{1,10}$/.test(text) || Number(text) > max) throw invalid(name);
  return Number(text);
}

export function addressOf({ values }: Pick<Action, 'values'>, name: string): string {
  const text = values.get(name) ?? '';
  if (!isAddress(text)) throw invalid(name);
  return canonicalAddress(text);
}

function invalid(name: string): IgdError {
  return new IgdError(402, `Invalid Args: ${name}`);
}

function failed(): IgdError {
  return new IgdError(501, 'Action Failed');
}
