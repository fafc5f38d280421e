import { beforeEach, describe, expect, it } from 'vitest';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { StreamTransport } from '../plugins/stream-transport.ts';
import type { Transport } from '../plugins/transport.ts';
import { sleep } from '../ports/sleep.ts';
import { encodeCall, encodeHello } from '../wire/proof.ts';
import { Reception } from './reception.ts';

const HELLO = encodeHello({
  sessionId: Buffer.alloc(16, 1),
  initiatorKey: Buffer.alloc(33, 2),
  responderKey: Buffer.alloc(33, 3),
  nonce: Buffer.alloc(16, 4),
  plugin: 'direct-connect',
});
const CALL = encodeCall({ sessionId: Buffer.alloc(16, 1), plugin: 'reverse-connect' });

interface Visitor {
  readonly transport: StreamTransport;
  closed: boolean;
}

describe('Reception', () => {
  let world: World;
  let [host, stranger]: SimHost[] = [];
  let visits: { kind: string; plugin: string; transport: Transport; heard: Buffer[] }[];
  beforeEach(() => {
    world = new World({ seed: 'reception' });
    const topology = new Topology(world);
    const link = symmetricLink({ latencyUs: 5000 });
    [host, stranger] = ['host', 'stranger'].map((name) => topology.server(name, { link }));
    visits = [];
  });

  async function open(body: (reception: Reception) => Promise<void>): Promise<void> {
    const visited = (kind: string, plugin: string, transport: Transport) => {
      const heard: Buffer[] = [];
      transport.start({ message: (bytes) => heard.push(Buffer.from(bytes)), closed: () => {}, drained: () => {} });
      visits.push({ kind, plugin, transport, heard });
    };
    const result = await world.run(async () => {
      const reception = await Reception.open(
        host!,
        {},
        {
          hello: ({ plugin }, transport) => visited('hello', plugin, transport),
          call: ({ plugin }, transport) => visited('call', plugin, transport),
        },
      );
      await body(reception);
      reception.close();
      for (const { transport } of visits) transport.abort();
    });
    if (result.outcome === 'crashed') throw result.error;
    expect(result.outcome).toBe('done');
  }

  async function come(reception: Reception): Promise<Visitor> {
    const { address } = host!.interfaces()[1]!.addresses[0]!;
    const transport = new StreamTransport(await stranger!.tcp.dial({ address, port: reception.portOf(4)! }));
    const visitor: Visitor = { transport, closed: false };
    transport.start({
      message: () => {},
      closed: () => {
        visitor.closed = true;
      },
      drained: () => {},
    });
    return visitor;
  }

  const pause = (ms: number) => sleep(stranger!.clock, ms);

  it('hands on who says hello, hello included, and who calls, without the call', () =>
    open(async (reception) => {
      for (const first of [HELLO, CALL]) {
        const { transport } = await come(reception);
        transport.send(first);
        transport.send(Buffer.from('and so on'));
      }
      await pause(100);
      expect(visits.map(({ kind, plugin, heard }) => [kind, plugin, heard])).toEqual([
        ['hello', 'direct-connect', [HELLO, Buffer.from('and so on')]],
        ['call', 'reverse-connect', [Buffer.from('and so on')]],
      ]);
    }));

  it('shows out who says nothing for 5 s, nonsense, or too much', () =>
    open(async (reception) => {
      const [silent, silly, endless] = [await come(reception), await come(reception), await come(reception)];
      silly.transport.send(Buffer.from('let me in'));
      endless.transport.send(Buffer.alloc(1025, HELLO[0]));
      await pause(100);
      expect([silent.closed, silly.closed, endless.closed]).toEqual([false, true, true]);
      await pause(5000);
      expect([silent.closed, visits.length]).toEqual([true, 0]);
    }));

  it('has room for 64 strangers, and for others once these have spoken', () =>
    open(async (reception) => {
      const visitors: Visitor[] = [];
      for (let index = 0; index < 65; index++) visitors.push(await come(reception));
      await pause(100);
      expect(visitors.map(({ closed }) => closed).indexOf(true)).toBe(64);
      for (const { transport } of visitors.slice(0, 64)) transport.send(HELLO);
      await pause(100);
      const late = await come(reception);
      await pause(100);
      expect([visits.length, late.closed]).toEqual([64, false]);
    }));

  it('shows strangers out when it closes, and lets the port go', () =>
    open(async (reception) => {
      const visitor = await come(reception);
      const port = reception.portOf(4)!;
      reception.close();
      await pause(100);
      expect(visitor.closed).toBe(true);
      const again = await Reception.open(host!, { port }, { hello: () => {}, call: () => {} });
      expect(again.portOf(4)).toBe(port);
      again.close();
    }));
});
