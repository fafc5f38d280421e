import { setTimeout } from 'node:timers/promises';
import { type CableEnd, CORE, HOSTS, hostsOf, type NetworkPlan } from '../plan/network-plan.ts';
import { command, inNamespace, ip } from '../system/command.ts';
import { QUICK_IPV6 } from './ipv6-settings.ts';
import { lineCommands, UNDERLAY_NAMESPACE } from './lines.ts';

/** Above all numbers that the kernel gives to devices by itself. */
const FIRST_INDEX = 100;
/** Numbers for each cable: its two ends, and a bridge that one of them may be the first port of. */
const INDICES = { upper: 0, lower: 1, bridge: 2, count: 3 };
const CARRIER_GAP_MS = 20;
const CARRIER_PATIENCE_MS = 10_000;

/** Makes the routers' namespaces, and the cables, addresses and routes of a plan. */
export async function buildNetwork(plan: NetworkPlan): Promise<void> {
  const lines = plan.lines.map(lineCommands);
  const ipv6 = plan.routers.filter(({ family }) => family === 6);
  await ip(ownNamespaces(plan).map((namespace) => `netns add ${namespace}`));
  await Promise.all(ipv6.map(({ namespace }) => inNamespace(namespace, QUICK_IPV6)));
  await ip([
    ...plan.cables.map(({ upper, lower }, index) => {
      // Ends with one number, each in its namespace, would be taken for one device, and be late to notice each other.
      const end = ({ device, namespace }: CableEnd, kind: 'upper' | 'lower') =>
        `${device} index ${indexOf(index, kind)} netns ${namespace}`;
      return `link add name ${end(upper, 'upper')} type veth peer name ${end(lower, 'lower')}`;
    }),
  ]);
  await ip(
    lines.flatMap(({ underlay }) => underlay),
    UNDERLAY_NAMESPACE,
  );
  await Promise.all([
    buildCore(plan),
    ...plan.routers.map(({ namespace }) => buildRouter(plan, namespace)),
    ...hostsOf(plan).map((host) => buildHost(plan, host)),
  ]);
  await Promise.all([...Object.values(HOSTS), ...ownNamespaces(plan)].map(untilItCarries));
}

/** A host lists its interfaces by their numbers, so those of its best line come first. */
function indexOf(cable: number, kind: 'upper' | 'lower' | 'bridge'): number {
  return FIRST_INDEX + INDICES.count * cable + INDICES[kind];
}

/** Takes away what {@link buildNetwork} made. A namespace dies some time after its removal: its devices go first. */
export async function demolishNetwork(plan: NetworkPlan): Promise<void> {
  const { lines, cables } = plan;
  const devices: { namespace: string; device: string }[] = [
    ...cables.map(({ lower }) => lower),
    ...Object.values(HOSTS).flatMap((namespace) => bridgesIn(plan, namespace).map((device) => ({ namespace, device }))),
    ...lines.flatMap(({ router }, index) => [
      { namespace: router, device: 'wan' },
      { namespace: CORE, device: `line${index}` },
    ]),
  ];
  await Promise.all(devices.map(({ namespace, device }) => ip([`link del ${device}`], namespace)));
  await Promise.all(Object.values(HOSTS).map((host) => policyRules(plan, host, 'del')));
  await ip(ownNamespaces(plan).map((namespace) => `netns del ${namespace}`));
}

/** Those that come and go with a network; the core's and the two hosts' stay. */
function ownNamespaces({ routers, crowd }: NetworkPlan): string[] {
  return [...routers.map(({ namespace }) => namespace), ...(crowd ? [crowd.namespace] : [])];
}

/**
 * A device that is up carries nothing until the kernel has noticed that its other end is up as well, which it does up to
 * a second later; till then a host does not list it among its interfaces.
 *
 * @throws Error if it takes far longer
 */
async function untilItCarries(namespace: string): Promise<void> {
  const endMs = performance.now() + CARRIER_PATIENCE_MS;
  for (;;) {
    const devices = JSON.parse(await command('ip', ['-n', namespace, '-json', 'link', 'show', 'up'])) as Device[];
    const waiting = devices.filter(({ operstate }) => operstate !== 'UP' && operstate !== 'UNKNOWN');
    if (waiting.length === 0) return;
    if (performance.now() > endMs)
      throw new Error(`${waiting.map(({ ifname }) => ifname).join(', ')} in ${namespace} carries nothing`);
    await setTimeout(CARRIER_GAP_MS);
  }
}

interface Device {
  readonly ifname: string;
  readonly operstate: string;
}

async function buildCore(plan: NetworkPlan): Promise<void> {
  await ip(plan.lines.flatMap((line, index) => lineCommands(line, index).core));
  await ip(plan.settings.get(CORE) ?? []);
  await command('sh', ['-ec', plan.lines.map((_, index) => leaveWhole(`line${index}`)).join('\n')]);
}

async function buildRouter(plan: NetworkPlan, namespace: string): Promise<void> {
  const index = plan.lines.findIndex(({ router }) => router === namespace);
  const line = plan.lines[index];
  await ip(['link set lo up', ...(line ? lineCommands(line, index).router : [])], namespace);
  await settle(plan, namespace, line ? [leaveWhole('wan')] : []);
}

async function buildHost(plan: NetworkPlan, namespace: string): Promise<void> {
  await settle(plan, namespace, []);
  await policyRules(plan, namespace, 'add');
}

/** Bridges, addresses and routes of a namespace. */
async function settle(plan: NetworkPlan, namespace: string, script: readonly string[]): Promise<void> {
  const bridges = bridgesIn(plan, namespace);
  const isHost = hostsOf(plan).includes(namespace);
  await ip(
    [
      ...bridges.map((bridge) => {
        const cable = plan.cables.findIndex(({ upper, lower }) =>
          [upper, lower].some((end) => end.namespace === namespace && end.bridge === bridge),
        );
        return `link add name ${bridge} index ${indexOf(cable, 'bridge')} type bridge mcast_snooping 0`;
      }),
      ...endsIn(plan, namespace).flatMap(({ device, bridge }) => [
        `link set ${device} master ${bridge}`,
        // A host carries nothing from one of its routers to the other: on one LAN, two hosts that do would make a circle.
        ...(isHost ? [`link set ${device} type bridge_slave isolated on`] : []),
        `link set ${device} up`,
      ]),
      ...(plan.settings.get(namespace) ?? []),
    ],
    namespace,
  );
  const all = [...script, ...(bridges.length > 0 ? [BRIDGE_APART] : [])].join('\n');
  if (all !== '') await inNamespace(namespace, all);
}

/** Ports of bridges. */
function endsIn({ cables }: NetworkPlan, namespace: string): CableEnd[] {
  const ends = cables.flatMap(({ upper, lower }) => [upper, lower]);
  return ends.filter((end) => end.namespace === namespace && end.bridge !== undefined);
}

function bridgesIn(plan: NetworkPlan, namespace: string): string[] {
  return [...new Set(endsIn(plan, namespace).map(({ bridge }) => bridge!))];
}

async function policyRules({ rules }: NetworkPlan, namespace: string, action: 'add' | 'del'): Promise<void> {
  for (const family of [4, 6] as const) {
    const own = rules.filter((each) => each.namespace === namespace && each.family === family);
    await ip(
      own.map(({ rule }) => `rule ${action} ${rule}`),
      namespace,
      family,
    );
  }
}

/** Packets between a bridge's ports are not to meet rules for routed ones. */
const BRIDGE_APART =
  'for switch in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$switch" ] || echo 0 > "$switch"; done';

/** The checksums of what leaves by VXLAN would be left to a card that is not there. */
function leaveWhole(device: string): string {
  return `ethtool -K ${device} tx off gro off >/dev/null`;
}
