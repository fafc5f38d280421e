import { describe, expect, test } from 'vitest';
import { extendDescription, type NatDescription, resolveBehaviour } from '../../../core/nat/behaviour.ts';
import { PRESETS } from '../../../core/nat/presets.ts';
import type { Endpoint, Family } from '../../../core/net/endpoint.ts';
import { PortMapper } from '../../../core/port-mapping/port-mapper.ts';
import { startGateways } from '../../../lab-cli/trial/gateways.ts';
import type { SimHost } from '../../host/sim-host.ts';
import { symmetricLink } from '../../link/link-model.ts';
import { Topology } from '../../topology.ts';
import { World } from '../../world/world.ts';

const link = symmetricLink({ latencyUs: 5000 });
const PORT = 5000;
const FIREWALL = PRESETS['ipv6-firewall-compliant']!.behaviour;
const CARRIER = PRESETS['carrier-compliant']!.behaviour;

interface Scene {
  /** Behind the box. */
  readonly host: SimHost;
  readonly stranger: SimHost;
}

/** What a body finds out in a world with that box between a host and the rest. */
async function find<T>(family: Family, box: NatDescription, body: (scene: Scene) => Promise<T>): Promise<T> {
  const world = new World({ seed: 'inbound control' });
  const net = new Topology(world);
  const side = net.side('a', { lines: [{ family, nats: [resolveBehaviour(box)], link }] });
  const stranger = net.server('stranger', { link, families: [family] });
  const run = await world.run(
    async () => {
      await startGateways([side]);
      return body({ host: side.host, stranger });
    },
    { limitUs: 600_000_000 },
  );
  if (run.outcome === 'crashed') throw run.error;
  if (run.outcome !== 'done') throw new Error(`the world ended ${run.outcome}`);
  return run.value;
}

/** Does a datagram that nobody has asked for arrive? */
async function datagramArrives({ host, stranger }: Scene, family: Family, to: Endpoint): Promise<boolean> {
  const socket = await host.udp.bind({ family, port: PORT });
  const sender = await stranger.udp.bind({ family });
  const arrived = new Promise<boolean>((resolve) => {
    socket.onMessage = () => resolve(true);
    host.clock.after(1000, () => resolve(false));
  });
  sender.send(Buffer.from('unasked'), to);
  return arrived;
}

/** Does a connection come about that nobody has asked for? */
async function connectionArrives({ host, stranger }: Scene, family: Family, to: Endpoint): Promise<boolean> {
  await host.tcp.listen({ family, port: PORT }, () => {});
  return stranger.tcp.dial(to).then(
    (connection) => {
      connection.reset();
      return true;
    },
    () => false,
  );
}

/** Can the host have a port opened to everybody, without knowing who will come? */
function lendsPort(family: Family, box: NatDescription): Promise<boolean> {
  return find(family, box, async (scene) => {
    const mapper = new PortMapper(scene.host, { methods: ['pcp'] });
    const opened: boolean[] = [];
    for (const protocol of ['udp', 'tcp'] as const) {
      const wish = { protocol, port: PORT, family, signal: new AbortController().signal };
      const to = await mapper.open(wish).then(
        ({ grant }) => grant.external,
        () => undefined,
      );
      const arrives = protocol === 'udp' ? datagramArrives : connectionArrives;
      opened.push(to !== undefined && (await arrives(scene, family, to)));
    }
    await mapper.close();
    return opened.every(Boolean);
  });
}

describe.each<[string, Family, NatDescription]>([
  ['RFC 6092 REC-48 a host may ask a firewall for traffic from anybody', 6, FIREWALL],
  ['RFC 6888 REQ-9 a host may ask a carrier’s NAT for a mapping, by PCP', 4, CARRIER],
])('%s', (_, family, box) => {
  const by = (portMapping: NonNullable<NatDescription['portMapping']>) => extendDescription(box, { portMapping });

  test('kept by a box that knows PCP', async () => {
    expect(await lendsPort(family, by({ protocols: ['pcp'] }))).toBe(true);
  });

  test.each<[string, NonNullable<NatDescription['portMapping']>]>([
    ['one that knows no protocol for it', { protocols: [] }],
    ['one that grants nothing', { protocols: ['pcp'], faults: ['refuses'] }],
    ['one that grants and does nothing', { protocols: ['pcp'], faults: ['claims'] }],
  ])('broken by %s', async (_name, service) => {
    expect(await lendsPort(family, by(service))).toBe(false);
  });
});

describe('RFC 6092 REC-49 a transparent mode forwards all unsolicited flows', () => {
  const isTransparent = (box: NatDescription): Promise<boolean> =>
    find(6, box, async (scene) => {
      const { address } = scene.host.interfaces()[1]!.addresses[0]!;
      const to = { address, port: PORT };
      return (await datagramArrives(scene, 6, to)) && connectionArrives(scene, 6, to);
    });

  test.each(['ipv6-firewall-compliant', 'ipv6-firewall-transparent'])(
    'kept by %s with its firewall off',
    async (name) => {
      expect(await isTransparent({ ...PRESETS[name]!.behaviour, firewall: false })).toBe(true);
    },
  );

  test.each<[string, NatDescription]>([
    [
      'the filter that lets in most, which still has to be sent through first',
      PRESETS['ipv6-firewall-transparent']!.behaviour,
    ],
    ['a box that lets in UDP alone', { translation: 'none', firewall: false, blocks: ['tcp-in'] }],
    ['a box that lets in TCP alone', { translation: 'none', firewall: false, blocks: ['udp'] }],
  ])('broken by %s', async (_, box) => {
    expect(await isTransparent(box)).toBe(false);
  });
});
