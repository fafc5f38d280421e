import { type Identity, Node, type NodeServers, type Plugin, registry } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { classicName } from '../trial/findings.ts';
import type { FieldPlan } from './field-plan.ts';
import { WatchedHost } from './watched-host.ts';

/** How the node of one trial is started. */
export interface TrialNodeOptions {
  readonly plan: FieldPlan;
  readonly servers: NodeServers;
  readonly listen: { readonly address?: string; readonly port?: number };
}

/** What one end of a trial found out and sent. */
export interface EndMeasures {
  readonly inferred: string;
  readonly packets: number;
  readonly bytes: number;
  readonly signals: number;
}

/**
 * The node of one trial, with a key, sockets and a view of the NAT of its own: no trial profits from another one, as in
 * the other worlds.
 */
export class TrialNode {
  readonly node: Node;
  readonly host: WatchedHost;

  private constructor(node: Node, host: WatchedHost) {
    this.node = node;
    this.host = host;
  }

  /** @param accept the one key that may call; none: nobody may */
  static async start(
    host: Host,
    { plan, servers, listen }: TrialNodeOptions,
    identity: Identity,
    accept?: Uint8Array,
  ): Promise<TrialNode> {
    const watched = new WatchedHost(host);
    const plugins: Plugin[] = plan.plugins.map(({ name, options }) => registry.configure(name, options));
    const { names: _, ntp: __, ...needed } = servers;
    const node = await Node.start(watched, {
      ...{ identity, plugins, listen },
      servers: needed,
      accept: (key) => accept !== undefined && Buffer.compare(key, accept) === 0,
    });
    return new TrialNode(node, watched);
  }

  get measures(): EndMeasures {
    return { inferred: classicName(this.node), signals: this.node.signalsSent, ...this.host.traffic };
  }

  close(): Promise<void> {
    return this.node.close();
  }
}
