import type { Protocol } from '../packet.ts';
import type { StateEnvironment } from './environment.ts';
import type { EndpointSource } from './external-ports.ts';
import type { MappingRule } from './mapping-rule.ts';
import type { Permissions } from './permissions.ts';
import type { Quota } from './quota.ts';
import type { SessionRate } from './session-rate.ts';
import type { StrangerEntries } from './stranger-entries.ts';

/** Why a mapping ends. */
export type RemovalReason = Parameters<StateEnvironment['mappingRemoved']>[1];

export interface TableParts {
  readonly protocol: Protocol;
  readonly rule: MappingRule;
  /** RFC 7857 section 3. */
  readonly overlapping: boolean;
  /** Does a mapping end with its last session (TCP, ICMP), or by a timer of its own (UDP)? */
  readonly endsWithSessions: boolean;
  readonly permissions: Permissions;
  /** Does a mapping make way for a new one when there is no room? */
  readonly evicts: boolean;
  /** Undefined: what is not admitted leaves nothing behind. */
  readonly strangers: StrangerEntries | undefined;
  readonly ports: EndpointSource;
  readonly quota: Quota;
  readonly rate: SessionRate;
  readonly environment: StateEnvironment;
}
