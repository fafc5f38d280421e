import type { Endpoint } from '../../net/endpoint.ts';
import { awaitAndProve, dialAndProve } from '../dial-and-prove.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { register } from '../registry.ts';
import { listeningTargets } from '../targets.ts';

/** The initiator dials the responder's listening port. Works where a stranger can reach it. */
@register
export class DirectConnect implements Plugin<readonly Endpoint[]> {
  static readonly summary = 'Dials the listening port of the peer.';
  readonly name = 'direct-connect';
  readonly path = 'direct';
  readonly transport = 'stream';
  readonly packets = 8;

  plan({ role, local, remote }: PlanInput): Plan<readonly Endpoint[]> {
    if (role === 'responder') return { applicable: true, plan: [] };
    const targets = remote ? listeningTargets(local, remote, 'tcp') : [];
    if (targets.length === 0) return { applicable: false, reason: 'the peer listens nowhere that we can dial' };
    return { applicable: true, plan: targets };
  }

  attempt(targets: readonly Endpoint[], attempt: Attempt): Promise<ProvenTransport> {
    return attempt.role === 'initiator' ? dialAndProve(attempt, targets) : awaitAndProve(attempt);
  }
}
