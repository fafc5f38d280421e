import { familyOf } from '../../net/ip.ts';
import { type Action, addressOf, IgdError, numberOf, type Results } from './igd-actions.ts';

const PROTOCOLS: ReadonlyMap<number, 'tcp' | 'udp'> = new Map<number, 'tcp' | 'udp'>([
  [6, 'tcp'],
  [17, 'udp'],
]);
const MAX_LEASE_S = 86_400;

/** WANIPv6FirewallControl:1, as far as it concerns pinholes. */
export const FIREWALL_ACTIONS: ReadonlyMap<string, (action: Action) => Results> = new Map<
  string,
  (action: Action) => Results
>([
  [
    'GetFirewallStatus',
    () => [
      ['FirewallEnabled', '1'],
      ['InboundPinholeAllowed', '1'],
    ],
  ],
  ['AddPinhole', addPinhole],
  ['UpdatePinhole', updatePinhole],
  ['DeletePinhole', deletePinhole],
]);

function addPinhole(action: Action): Results {
  const { state, values, from } = action;
  const internal = { address: addressOf(action, 'InternalClient'), port: numberOf(action, 'InternalPort', 65_535) };
  const protocol = PROTOCOLS.get(numberOf(action, 'Protocol', 65_535));
  const leaseS = leaseOf(action, 'LeaseTime');
  if (!protocol) throw new IgdError(705, 'ProtocolNotSupported');
  // Pinholes here are for everybody, which some clients write as the unspecified address.
  if (!['', '::'].includes(values.get('RemoteHost') ?? '')) throw new IgdError(501, 'Action Failed');
  if (internal.port === 0) throw new IgdError(706, 'InternalPortWildcardingNotAllowed');
  const own = familyOf(internal.address) === 6 && internal.address === from.address;
  if (state.has('refuses') || !own) throw new IgdError(606, 'Action not authorized');
  const opened = state.pinhole(protocol, internal, leaseS);
  if (opened === 'not-owner') throw new IgdError(606, 'Action not authorized');
  if (opened === 'full') throw new IgdError(701, 'PinholeSpaceExhausted');
  return [['UniqueID', String(state.pinholeAt(protocol, internal))]];
}

function updatePinhole(action: Action): Results {
  const { protocol, internal } = ownPinhole(action);
  action.state.pinhole(protocol, internal, leaseOf(action, 'NewLeaseTime'));
  return [];
}

function deletePinhole(action: Action): Results {
  ownPinhole(action);
  action.state.closePinhole(numberOf(action, 'UniqueID', 65_535));
  return [];
}

function ownPinhole(action: Action) {
  const pinhole = action.state.pinholeById(numberOf(action, 'UniqueID', 65_535));
  if (!pinhole) throw new IgdError(704, 'NoSuchEntry');
  if (pinhole.internal.address !== action.from.address) throw new IgdError(606, 'Action not authorized');
  return pinhole;
}

function leaseOf(action: Action, name: string): number {
  const leaseS = numberOf(action, name, MAX_LEASE_S);
  if (leaseS === 0) throw new IgdError(402, `Invalid Args: ${name}`);
  return leaseS;
}
