import type { Endpoint } from '../../net/endpoint.ts';
import { awaitAndProve, dialAndProve } from '../dial-and-prove.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { register } from '../registry.ts';
import { listeningTargets } from '../targets.ts';

/**
 * The initiator asks over the signal channel, and the responder dials the initiator's listening port (connection
 * reversal, RFC 5128 section 3.2). Works where a stranger can reach the initiator.
 */
@register
export class ReverseConnect implements Plugin<readonly Endpoint[]> {
  static readonly summary = 'Has the peer dial ours.';
  readonly name = 'reverse-connect';
  readonly path = 'direct';
  readonly transport = 'stream';
  readonly packets = 8;

  plan({ role, local, remote, signalling }: PlanInput): Plan<readonly Endpoint[]> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to ask over' };
    const [dialler, dialled] = role === 'initiator' ? [remote, local] : [local, remote];
    const targets = listeningTargets(dialler, dialled, 'tcp');
    if (targets.length === 0) return { applicable: false, reason: 'we listen nowhere that the peer can dial' };
    return { applicable: true, plan: targets };
  }

  attempt(targets: readonly Endpoint[], attempt: Attempt): Promise<ProvenTransport> {
    return attempt.role === 'responder' ? dialAndProve(attempt, targets) : awaitAndProve(attempt);
  }
}
