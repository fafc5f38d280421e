import { compileNat, type KernelRules, type Unsupported } from '../compile/compile-nat.ts';
import { DROPS } from '../compile/drops.ts';
import type { NatSite } from '../compile/nat-site.ts';
import { CORE, HOSTS, type NetworkPlan, type RouterPlan } from '../plan/network-plan.ts';
import { planNetwork } from '../plan/plan-network.ts';
import { SERVER_ADDRESSES, WEB_ADDRESS } from '../plan/servers.ts';
import type { KernelTopology } from '../plan/topology.ts';
import { whyTopologyUnsupported } from '../plan/unsupported-topology.ts';
import { command, inNamespace, ip } from '../system/command.ts';
import { UNDERLAY } from '../wire/wire.ts';
import { buildNetwork, demolishNetwork } from './build-network.ts';
import { IF_IPV6, QUICK_IPV6 } from './ipv6-settings.ts';
import { UNDERLAY_NAMESPACE } from './lines.ts';

/** Ephemeral ports, so that no two hosts behind one NAT ever send from the same one. */
const PORT_RANGES = { [HOSTS.a]: '20000 39999', [HOSTS.b]: '40000 59999' } as const;
const FLUSH_TRIES = 20;

const UNLIMITED_ICMP =
  'for limit in /proc/sys/net/ipv4/icmp_ratelimit /proc/sys/net/ipv6/icmp/ratelimit; do [ ! -e $limit ] || echo 0 > $limit; done';
const FORWARDING = [
  'echo 1 > /proc/sys/net/ipv4/ip_forward',
  `${IF_IPV6} echo 1 > /proc/sys/net/ipv6/conf/all/forwarding`,
];

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
  const reason = whyTopologyUnsupported(topology);
  if (reason !== undefined) return { kind: 'unsupported', reason };
  const plan = planNetwork(topology);
  const rules = new Map<string, KernelRules>();
  for (const router of plan.routers) {
    const compiled = compileNat(router.behaviour, siteOf(router, options));
    if (compiled.kind === 'unsupported') return compiled;
    rules.set(router.namespace, compiled);
  }
  return { kind: 'network', plan, rules };
}

function siteOf(router: RouterPlan, options: CompileOptions): NatSite {
  const { family, external, prefixes, insideHosts, portsKept, isolated } = router;
  return { family, external, prefixes, insideHosts, portsApart: portsKept, isolated, ...options };
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
    await command('sh', ['-ec', QUICK_IPV6]);
    await ip(namespaces.map((name) => `netns add ${name}`));
    const length = UNDERLAY.prefixLength;
    await ip([
      `link add name wire mtu 9000 type veth peer name kernel netns ${UNDERLAY_NAMESPACE} mtu 9000`,
      'link set lo up',
      ...[...SERVER_ADDRESSES, WEB_ADDRESS].map((address) => `addr add dev lo ${alone(address)}`),
      `addr add ${UNDERLAY.wire}/${length} dev wire`,
      'link set wire up',
    ]);
    await ip(
      ['link set lo up', `addr add ${UNDERLAY.kernel}/${length} dev kernel`, 'link set kernel up'],
      UNDERLAY_NAMESPACE,
    );
    await command('sh', ['-ec', [UNLIMITED_ICMP, ...FORWARDING].join('\n')]);
    for (const host of [HOSTS.a, HOSTS.b]) {
      const ports = `echo ${PORT_RANGES[host]} > /proc/sys/net/ipv4/ip_local_port_range`;
      await inNamespace(host, [QUICK_IPV6, 'ip link set lo up', UNLIMITED_ICMP, ports].join('\n'));
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
      routers.map(({ namespace }) => inNamespace(namespace, 'exec nft -j list counters')),
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

function alone(address: string): string {
  return address.includes(':') ? `${address}/128 nodad` : `${address}/32`;
}
