import type { Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport, TurnServer } from '../plugin.ts';
import { register } from '../registry.ts';
import { RelayMeeting } from './relay-meeting.ts';
import { orderServers } from './server-order.ts';
import { ServerRecordBook } from './server-records.ts';

export interface TurnRelayPlan {
  /** Best first, as far as the addresses tell. */
  readonly servers: readonly TurnServer[];
  /** Families by which we were seen from outside. */
  readonly seen: ReadonlySet<Family>;
}

const MAX_SERVERS = 4;

/**
 * Each end allocates a relayed address at a TURN server (RFC 8656), over UDP or, where that is blocked, over TCP; what
 * they send goes from relay to relay. It works for every pair that can reach a server, at the price of a detour.
 */
@register
export class TurnRelay implements Plugin<TurnRelayPlan> {
  static readonly summary = 'By way of a TURN server, over UDP or TCP.';
  readonly name = 'turn-relay';
  readonly path = 'relayed';
  readonly transport = 'datagram';

  plan({ servers, local, remote, signalling }: PlanInput): Plan<TurnRelayPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    if (servers.turn.length === 0) return { applicable: false, reason: 'no TURN server' };
    const seen = new Set(
      local.interfaces.flatMap(({ external }) => (external === undefined ? [] : familyOf(external))),
    );
    const ordered = orderServers(servers.turn, { seen, records: new Map() });
    return { applicable: true, plan: { servers: ordered.slice(0, MAX_SERVERS), seen } };
  }

  attempt({ servers, seen }: TurnRelayPlan, attempt: Attempt): Promise<ProvenTransport> {
    const book = attempt.keep((host) => new ServerRecordBook(host));
    const meeting = new RelayMeeting({ attempt, servers, seen, records: () => book.records });
    book.measure(servers);
    return meeting.proven;
  }
}
