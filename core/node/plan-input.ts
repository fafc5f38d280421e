import type { PlanInput, Role, Servers } from '../plugins/plugin.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import { ofFamily, serversOfFamily } from './cascade/family.ts';
import type { DialPolicy } from './session-options.ts';

export interface SessionView {
  readonly role: Role;
  readonly local: AddressContent;
  readonly servers: Servers;
  /** Is there a signal channel? */
  readonly signalling: boolean;
}

/** What plans may know of a session, as far as its policy admits it. */
export function planInput(
  { role, local, servers, signalling }: SessionView,
  remote: AddressContent | undefined,
  { family, transport }: DialPolicy,
): PlanInput {
  return {
    role,
    local: ofFamily(local, family),
    remote: remote && ofFamily(remote, family),
    servers: serversOfFamily(servers, family),
    signalling,
    ...(transport && { transport }),
  };
}
