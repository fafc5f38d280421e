import { describe, expect, it } from 'vitest';
import { startInfrastructure } from '../../../lab-cli/trial/infrastructure.ts';
import { type EdgeRouter, NatRouter, type SimHost, symmetricLink, Topology, World } from '../../../simulator/index.ts';
import {
  extendDescription,
  type NatDescription,
  type PortMappingProtocol,
  resolveBehaviour,
} from '../../nat/behaviour.ts';
import { PRESETS } from '../../nat/presets.ts';
import type { Family } from '../../net/endpoint.ts';
import { type AttemptReport, ConnectError, type ConnectOptions, Node, type Pipe } from '../../node/index.ts';
import { Gateway } from '../../servers/gateway/gateway.ts';
import { PortMapping } from './port-mapping.ts';

interface House {
  readonly host: SimHost;
  readonly node: Node;
  /** What the gateway leads in by now, such as `udp 6000`. */
  readonly rules: Set<string>;
  /** How often it was asked to lead something in. */
  asked: number;
}

interface Street {
  readonly a: House;
  readonly b: House;
  readonly passerBy: SimHost;
  sleep(ms: number): Promise<void>;
  /** Connects a to b, and waits for b's end. */
  connect(options?: ConnectOptions): Promise<{ pipe: Pipe; other: Pipe }>;
  /** Why the plugin did not connect them. */
  failure(options?: ConnectOptions): Promise<AttemptReport>;
}

const SYMMETRIC = PRESETS.symmetric!.behaviour;
const like = (description: NatDescription) => extendDescription(SYMMETRIC, description);

/** Two homes, each behind routers of these kinds, host side first. */
async function onStreet<T>(
  nats: readonly [readonly NatDescription[], readonly NatDescription[]],
  body: (street: Street) => Promise<T>,
  { family = 4 as Family, lifetimeMs = 7_200_000 } = {},
): Promise<T> {
  const world = new World({ seed: 'street' });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 20_000 });
  const sides = nats.map((descriptions, index) => {
    const chain = descriptions.map((each) => resolveBehaviour(each));
    return topology.side(`side${index}`, { lines: [{ nats: chain, link, family }] });
  });
  const passerBy = topology.side('passer-by', { nats: [resolveBehaviour({ translation: 'none' })], link }).host;
  const run = await world.run(async () => {
    const servers = await startInfrastructure(topology, { families: [family] });
    const houses: House[] = [];
    for (const side of sides) {
      const rules = new Set<string>();
      const house = { host: side.host, rules, asked: 0 };
      for (const router of side.lines[0]!.routers.slice(0, 1)) await startGateway(router, house);
      const node = await Node.start(side.host, { servers, plugins: [new PortMapping({ lifetimeMs })] });
      houses.push(Object.assign(house, { node }));
    }
    const [a, b] = houses as [House, House];
    const sleep = (ms: number) => new Promise<void>((resolve) => void passerBy.clock.after(ms, resolve));
    const value = await body({
      a,
      b,
      passerBy,
      sleep,
      connect: async (options) => {
        const accepted = new Promise<Pipe>((resolve) => b.node.onPipe(resolve));
        const [pipe] = await a.node.connect(b.node.addressText, options);
        return { pipe, other: await accepted };
      },
      failure: async (options) => {
        const error = await a.node.connect(b.node.addressText, { retry: false, ...options }).catch((e: unknown) => e);
        if (!(error instanceof ConnectError)) throw new Error('they are connected');
        return error.attempts[0]!;
      },
    });
    await Promise.all([a.node.close(), b.node.close()]);
    await sleep(5000);
    expect([...a.rules, ...b.rules], 'given back').toEqual([]);
    expect([a.host.udp.openCount, b.host.udp.openCount]).toEqual([0, 0]);
    return value;
  });
  if (run.outcome === 'crashed') throw run.error;
  if (run.outcome !== 'done') throw new Error(run.outcome);
  return run.value;
}

/** The service of a router, with its rules written down. */
async function startGateway(router: EdgeRouter, house: { rules: Set<string>; asked: number }): Promise<void> {
  const { protocols = [], faults = [] } = router.behaviour.portMapping;
  if (protocols.length === 0) return;
  const nat = router instanceof NatRouter ? router : undefined;
  const note = (rule: string, done: boolean) => {
    house.asked++;
    if (done) house.rules.add(rule);
    return done;
  };
  await Gateway.start(router.host, {
    networks: router.insideNetworks(),
    protocols,
    faults,
    table: {
      externalAddress: () => nat?.externalAddress,
      map: (protocol, port, to) => note(`${protocol} ${port}`, nat?.forwardPort(protocol, port, to) ?? false),
      unmap: (protocol, port) => {
        house.rules.delete(`${protocol} ${port}`);
        nat?.withdrawPort(protocol, port);
      },
      openPinhole: (protocol, to) => note(`${protocol} [${to.address}]:${to.port}`, router.openPinhole(protocol, to)),
      closePinhole: (protocol, to) => {
        house.rules.delete(`${protocol} [${to.address}]:${to.port}`);
        router.closePinhole(protocol, to);
      },
    },
  });
}

const protocolsOf = (rules: Set<string>) => [...rules].map((rule) => rule.split(' ')[0]).sort();
const talk = async (from: Pipe, to: Pipe) => {
  const heard = new Promise<string>((resolve) => to.onMessage((message) => resolve(Buffer.from(message).toString())));
  await from.send(Buffer.from('hello'));
  return heard;
};

describe('port-mapping', () => {
  const pcp = like({ portMapping: { protocols: ['pcp'] } });
  const silent = like({});

  it.each<[string, NatDescription, NatDescription]>([
    ['the dialled', silent, pcp],
    ['the dialling', pcp, silent],
    ['either', pcp, pcp],
  ])('takes the TCP port where it is enough, by the gateway of %s end, and asks for no other', async (_, a, b) => {
    await onStreet([[a], [b]], async ({ a, b, connect }) => {
      const { pipe, other } = await connect();
      expect([pipe.protocol, await talk(pipe, other), await talk(other, pipe)]).toEqual(['tcp', 'hello', 'hello']);
      for (const { rules } of [a, b]) expect(protocolsOf(rules)).not.toContain('udp');
    });
  });

  it.each(['pcp', 'nat-pmp', 'igd1', 'igd2'] as const)('has a UDP port mapped by %s where datagrams are wanted', (by) =>
    onStreet([[silent], [like({ portMapping: { protocols: [by] } })]], async ({ b, connect, sleep }) => {
      const { pipe, other } = await connect({ transport: 'datagram' });
      expect([pipe.protocol, await talk(pipe, other), await talk(other, pipe)]).toEqual(['udp', 'hello', 'hello']);
      expect(protocolsOf(b.rules)).toEqual(['udp']);
      pipe.close();
      await sleep(5000);
      expect([...b.rules]).toEqual([]);
    }),
  );

  it('has a UDP port mapped where connections can’t come in', () =>
    onStreet([[silent], [like({ portMapping: { protocols: ['pcp'] }, blocks: ['tcp-in'] })]], async ({ connect }) => {
      const { pipe, other } = await connect();
      expect([pipe.protocol, await talk(pipe, other)]).toEqual(['udp', 'hello']);
    }));

  it.each<['pcp' | 'igd2', 'stream' | 'datagram']>([
    ['pcp', 'stream'],
    ['pcp', 'datagram'],
    ['igd2', 'stream'],
    ['igd2', 'datagram'],
  ])('opens pinholes for IPv6 by %s, for a %s', (by, transport) => {
    const firewall = (...protocols: PortMappingProtocol[]) =>
      extendDescription(PRESETS['ipv6-firewall']!.behaviour, { portMapping: { protocols } });
    return onStreet(
      [[firewall()], [firewall(by)]],
      async ({ b, connect }) => {
        const { pipe, other } = await connect({ transport });
        expect([pipe.path, await talk(pipe, other)]).toEqual(['direct', 'hello']);
        const [rule] = [...b.rules];
        expect(rule).toMatch(transport === 'stream' ? /^tcp \[2001:db8:/ : /^udp \[2001:db8:/);
      },
      { family: 6 },
    );
  });

  it('renews the lease of a UDP port for as long as the pipe lives, and no longer', () =>
    onStreet(
      [[silent], [pcp]],
      async ({ b, connect, sleep }) => {
        const { pipe, other } = await connect({ transport: 'datagram' });
        await sleep(1_200_000);
        expect(protocolsOf(b.rules)).toEqual(['udp']);
        expect(await talk(pipe, other)).toBe('hello');
        other.close();
        await sleep(5000);
        expect([...b.rules]).toEqual([]);
        const { asked } = b;
        await sleep(1_200_000);
        expect(b.asked).toBe(asked);
      },
      { lifetimeMs: 120_000 },
    ));

  it('gives the UDP port of an attempt back that lost', () =>
    onStreet([[silent], [pcp]], async ({ a, b, sleep }) => {
      const abort = new AbortController();
      const dial = a.node.connect(b.node.addressText, { transport: 'datagram', signal: abort.signal });
      dial.catch(() => {});
      while (b.rules.size === 0) await sleep(1);
      abort.abort();
      await sleep(5000);
      expect([...b.rules]).toEqual([]);
    }));

  it.each(['stream', 'datagram'] as const)('says that another NAT stands beyond the gateway, for a %s', (transport) =>
    onStreet([[pcp, silent], [silent]], async ({ failure }) => {
      const { reason } = await failure({ transport });
      expect(reason).toMatch(/double NAT: the gateway's own external address is (10|100|192)\./);
    }),
  );

  it('says whose external address is not the one that the world sees', async () => {
    const liar = like({ portMapping: { protocols: ['pcp'], faults: ['wrong-address', 'claims'] } });
    await onStreet([[liar], [silent]], async ({ failure }) => {
      const { outcome, reason } = await failure();
      expect([outcome, reason]).toEqual(['failed', expect.stringMatching(/perhaps a double NAT: .*198\.18\.0\.99/)]);
    });
  });

  it('answers nobody at the mapped port who does not know the secret', () =>
    onStreet([[silent], [pcp]], async ({ a, b, passerBy, sleep }) => {
      const dial = a.node.connect(b.node.addressText, { transport: 'datagram' });
      while (b.rules.size === 0) await sleep(1);
      const [rule] = [...b.rules];
      const socket = await passerBy.udp.bind();
      let answers = 0;
      socket.onMessage = () => answers++;
      const external = b.node.address.interfaces[0]!.external!;
      const { random } = passerBy;
      for (let count = 0; count < 200; count++) {
        socket.send(random.bytes(1 + random.below(1200)), { address: external, port: Number(rule!.split(' ')[1]) });
      }
      const [pipe] = await dial;
      expect(pipe.protocol).toBe('udp');
      expect(answers).toBe(0);
      socket.close();
    }));
});
