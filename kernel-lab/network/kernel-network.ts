import { compileNat, type KernelRules, type Unsupported } from '../compile/compile-nat.ts';
import { DROPS } from '../compile/drops.ts';
import { MAX_CHAIN, SERVER_ADDRESSES } from '../plan/addresses.ts';
import { CORE, HOSTS, type NetworkPlan, planNetwork, type RouterPlan } from '../plan/plan-network.ts';
import type { KernelTopology } from '../plan/topology.ts';
import { command, inNamespace, ip } from '../system/command.ts';
import { UNDERLAY } from '../wire/wire.ts';
import { buildNetwork, demolishNetwork } from './build-network.ts';
import { UNDERLAY_NAMESPACE } from './lines.ts';

/** Ephemeral ports, so that no two hosts behind one NAT ever send from the same one. */
const PORT_RANGES = { [HOSTS.a]: '20000 39999', [HOSTS.b]: '40000 59999' } as const;
const FLUSH_TRIES = 20;

/** A topology with the rules of its NATs, ready to be set up. */
export interface CompiledNetwork {
  readonly kind: 'network';
  readonly plan: NetworkPlan;
  /** By namespace. */
  readonly rules: ReadonlyMap<string, KernelRules>;
}

export interface CompileOptions {
  /** The longest time that a trial takes. */
  readonly lifeMs: number;
  /** 0 to 1: where sequential allocators start. */
  readonly start: number;
}

/** Pure: what the kernel would be told. */
export function compileNetwork(topology: KernelTopology, options: CompileOptions): CompiledNetwork | Unsupported {
  if (Math.max(topology.a.length, topology.b.length) > MAX_CHAIN)
    return { kind: 'unsupported', reason: `nats: the kernel lab has addresses for chains of ${MAX_CHAIN} NATs` };
  const plan = planNetwork(topology);
  const rules = new Map<string, KernelRules>();
  for (const router of plan.routers) {
    const compiled = compileNat(router.behaviour, siteOf(router, options));
    if (compiled.kind === 'unsupported') return compiled;
    rules.set(router.namespace, compiled);
  }
  return { kind: 'network', plan, rules };
}

function siteOf({ external, insideHosts, portsKept, isolated }: RouterPlan, { lifeMs, start }: CompileOptions) {
  return { external, insideHosts, portsApart: portsKept, isolated, lifeMs, start };
}

export interface NetworkCounters {
  readonly mappings: number;
  /** Packets that came from inside and went back there translated. */
  readonly turned: number;
  /** By reason. */
  readonly drops: ReadonlyMap<string, number>;
}

/**
 * The network of one trial after the other, in the namespaces of a sandbox: the core is the one that we are in, with the
 * servers' addresses; the two hosts' stay, and what is between is built anew only for a topology of another shape.
 */
export class KernelNetwork {
  #plan: NetworkPlan | undefined;

  /** Once in a sandbox, before anything else. */
  static async open(): Promise<KernelNetwork> {
    const namespaces = [UNDERLAY_NAMESPACE, HOSTS.a, HOSTS.b];
    await command('ip', ['netns', 'attach', CORE, String(process.pid)]);
    await ip(namespaces.map((name) => `netns add ${name}`));
    const length = UNDERLAY.prefixLength;
    await ip([
      `link add name wire mtu 9000 type veth peer name kernel netns ${UNDERLAY_NAMESPACE} mtu 9000`,
      'link set lo up',
      ...SERVER_ADDRESSES.map((address) => `addr add ${address}/32 dev lo`),
      `addr add ${UNDERLAY.wire}/${length} dev wire`,
      'link set wire up',
    ]);
    await ip(
      ['link set lo up', `addr add ${UNDERLAY.kernel}/${length} dev kernel`, 'link set kernel up'],
      UNDERLAY_NAMESPACE,
    );
    const quiet = 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit';
    await command('sh', ['-ec', `${quiet}; echo 1 > /proc/sys/net/ipv4/ip_forward`]);
    for (const host of [HOSTS.a, HOSTS.b]) {
      await inNamespace(
        host,
        `ip link set lo up; ${quiet}; echo ${PORT_RANGES[host]} > /proc/sys/net/ipv4/ip_local_port_range`,
      );
    }
    return new KernelNetwork();
  }

  /** Makes it the compiled network, without memory of any packet. */
  async set({ plan, rules }: CompiledNetwork): Promise<void> {
    if (plan.key !== this.#plan?.key) {
      if (this.#plan) await demolishNetwork(this.#plan);
      this.#plan = undefined;
      await buildNetwork(plan);
      this.#plan = plan;
    }
    await Promise.all([...rules].map(([namespace, rule]) => loadRules(namespace, rule)));
  }

  async counters(): Promise<NetworkCounters> {
    const routers = this.#plan?.routers ?? [];
    const lists = await Promise.all(
      routers.map(({ namespace }) => inNamespace(namespace, 'exec nft -j list counters table ip lab')),
    );
    const drops = new Map<string, number>();
    let mappings = 0;
    let turned = 0;
    for (const { name, packets } of lists.flatMap(parseCounters)) {
      const reason = DROPS.get(name);
      if (name === 'mappings') mappings += packets;
      else if (name === 'turned') turned += packets;
      else if (reason !== undefined && packets > 0) drops.set(reason, (drops.get(reason) ?? 0) + packets);
    }
    return { mappings, turned, drops };
  }
}

/** Loads the rules, forgets every flow, and sees that it is so. @throws Error if a flow lives on */
async function loadRules(namespace: string, { ruleset, sysctls }: KernelRules): Promise<void> {
  const settings = [...sysctls].map(([name, value]) => `echo ${value} > /proc/sys/${name}`);
  const flush = 'conntrack -F >/dev/null 2>&1; cat /proc/sys/net/netfilter/nf_conntrack_count';
  const script = `${settings.join('\n')}\nnft -f -\n${flush}`;
  let left = Number(await inNamespace(namespace, script, ruleset));
  for (let tries = 1; left > 0 && tries < FLUSH_TRIES; tries++) left = Number(await inNamespace(namespace, flush));
  if (left > 0) throw new Error(`${left} flows live on in ${namespace} after a flush`);
}

function parseCounters(json: string): { name: string; packets: number }[] {
  const { nftables } = JSON.parse(json) as { nftables: { counter?: { name: string; packets: number } }[] };
  return nftables.flatMap(({ counter }) => counter ?? []);
}
