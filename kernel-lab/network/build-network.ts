import { setTimeout } from 'node:timers/promises';
import { CORE, HOSTS, type NetworkPlan } from '../plan/plan-network.ts';
import { command, inNamespace, ip } from '../system/command.ts';
import { lineCommands, UNDERLAY_NAMESPACE } from './lines.ts';

/** Above all numbers that the kernel gives to devices by itself. */
const FIRST_INDEX = 100;
const CARRIER_GAP_MS = 20;
const CARRIER_PATIENCE_MS = 10_000;

/** Makes the routers' namespaces, and the cables, addresses and routes of a plan. */
export async function buildNetwork(plan: NetworkPlan): Promise<void> {
  const lines = plan.lines.map(lineCommands);
  await ip([
    ...plan.routers.map(({ namespace }) => `netns add ${namespace}`),
    ...plan.cables.map(({ upper, lower }, index) => {
      // Ends with one number, each in its namespace, would be taken for one device, and be late to notice each other.
      const [one, other] = [upper, lower].map(({ device, namespace }, end) => {
        return `${device} index ${FIRST_INDEX + 2 * index + end} netns ${namespace}`;
      });
      return `link add name ${one} type veth peer name ${other}`;
    }),
  ]);
  await ip(
    lines.flatMap(({ underlay }) => underlay),
    UNDERLAY_NAMESPACE,
  );
  await Promise.all([
    buildCore(plan),
    ...plan.routers.map(({ namespace }) => buildRouter(plan, namespace)),
    ...Object.values(HOSTS).map((host) => ip(plan.settings.get(host) ?? [], host)),
  ]);
  await Promise.all([...Object.values(HOSTS), ...plan.routers.map(({ namespace }) => namespace)].map(untilItCarries));
}

/** Takes away what {@link buildNetwork} made. A namespace dies some time after its removal: its devices go first. */
export async function demolishNetwork({ lines, cables, routers }: NetworkPlan): Promise<void> {
  const devices = [
    ...cables.map(({ lower }) => lower),
    ...lines.flatMap(({ router }, index) => [
      { namespace: router, device: 'wan' },
      { namespace: CORE, device: `line${index}` },
    ]),
  ];
  await Promise.all(devices.map(({ namespace, device }) => ip([`link del ${device}`], namespace)));
  await ip(routers.map(({ namespace }) => `netns del ${namespace}`));
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
  const ports = plan.cables.flatMap(({ upper }) => (upper.namespace === namespace && upper.bridge ? [upper] : []));
  await ip(
    [
      'link set lo up',
      ...(line ? lineCommands(line, index).router : []),
      ...(ports[0] ? [`link add name ${ports[0].bridge} type bridge`] : []),
      ...ports.map(({ device, bridge }) => `link set ${device} master ${bridge} up`),
      ...(plan.settings.get(namespace) ?? []),
    ],
    namespace,
  );
  const script = [...(line ? [leaveWhole('wan')] : []), ...(ports.length > 0 ? [BRIDGE_APART] : [])].join('\n');
  if (script !== '') await inNamespace(namespace, script);
}

/** Packets between a bridge's ports are not to meet rules for routed ones. */
const BRIDGE_APART =
  'for switch in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$switch" ] || echo 0 > "$switch"; done';

/** The checksums of what leaves by VXLAN would be left to a card that is not there. */
function leaveWhole(device: string): string {
  return `ethtool -K ${device} tx off gro off >/dev/null`;
}
