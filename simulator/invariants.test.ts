import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import type { Link } from './link/link-model.ts';
import { behaviours } from './nat/journey.suite.ts';
import type { Packet } from './packet.ts';
import { Topology } from './topology.ts';
import type { Device, Observer, PacketEvent } from './trace/observer.ts';
import { World } from './world/world.ts';

/** What every event brings into the world or takes out of it. */
const BALANCE: Readonly<Record<PacketEvent, number>> = {
  sent: 1,
  duplicated: 1,
  fragmented: 1,
  forwarded: 0,
  translated: 0,
  delivered: -1,
  dropped: -1,
  joined: -1,
};

/** Looks at every event: time never runs back, and no packet is there that nobody sent. */
class Ledger implements Observer {
  readonly #copies = new Map<number, number>();
  #lastUs = 0;

  packet(timeUs: number, _device: Device, event: PacketEvent, packet: Packet): void {
    this.#pass(timeUs);
    const copies = (this.#copies.get(packet.id) ?? 0) + BALANCE[event];
    expect(copies, `${event} of packet ${packet.id}, which is nowhere`).toBeGreaterThanOrEqual(0);
    if (BALANCE[event] === 0) expect(copies).toBeGreaterThan(0);
    this.#copies.set(packet.id, copies);
  }

  mapping(timeUs: number): void {
    this.#pass(timeUs);
  }

  hostEvent(timeUs: number): void {
    this.#pass(timeUs);
  }

  /** Packets that neither arrived nor died. */
  get open(): number {
    return [...this.#copies.values()].reduce((sum, copies) => sum + copies, 0);
  }

  #pass(timeUs: number): void {
    expect(timeUs).toBeGreaterThanOrEqual(this.#lastUs);
    this.#lastUs = timeUs;
  }
}

const step = fc.record({
  from: fc.constantFrom('a', 'b'),
  do: fc.constantFrom('punch', 'punch', 'serve', 'ping', 'big', 'wait', 'reboot'),
  ttl: fc.constantFrom(64, 64, 64, 1, 2, 3),
});
const links: fc.Arbitrary<Link> = fc
  .record({
    latencyUs: fc.constantFrom(500, 20_000),
    jitterUs: fc.constantFrom(0, 5000),
    lossPpm: fc.constantFrom(0, 200_000),
    duplicatePpm: fc.constantFrom(0, 100_000),
    mtu: fc.constantFrom(undefined, { bytes: 600, oversize: 'fragment' as const }),
  })
  .map((model) => ({ up: model, down: model }));

test('whatever the NATs, the links and the traffic: every packet ends as often as it began, and time never runs back', async () => {
  const worlds = fc.tuple(behaviours, behaviours, links, fc.array(step, { minLength: 5, maxLength: 60 }));
  await fc.assert(
    fc.asyncProperty(worlds, async ([aNat, bNat, link, steps]) => {
      const ledger = new Ledger();
      const world = new World({ seed: 'ledger', observers: [ledger] });
      const net = new Topology(world);
      const a = net.side('a', { nats: [resolveBehaviour(aNat)], link });
      const b = net.side('b', { nats: [resolveBehaviour(bNat), resolveBehaviour({})], link });
      const server = net.server('server', { link });
      const outside = (side: typeof a) => side.nats.at(-1)!.outside.addresses[0]!.address;
      const limits = { limitUs: 600_000_000, maxEvents: 100_000 };
      const { outcome } = await world.run(async () => {
        const echo = await server.udp.bind({ port: 7 });
        echo.onMessage = (data, from) => echo.send(data, from);
        const serverAddress = server.interfaces()[1]!.addresses[0]!.address;
        const sockets = { a: await a.host.udp.bind({ port: 5000 }), b: await b.host.udp.bind({ port: 5000 }) };
        const pings = { a: a.host.echo.open(), b: b.host.echo.open() };
        for (const { from, do: action, ttl } of steps) {
          const name = from as 'a' | 'b';
          const [own, peer] = name === 'a' ? [a, b] : [b, a];
          const data = Buffer.alloc(action === 'big' ? 2000 : 20);
          if (action === 'punch') sockets[name].send(data, { address: outside(peer), port: 5000 }, ttl);
          else if (action === 'ping') pings[name].send(serverAddress, 1, data, ttl);
          else if (action === 'reboot') own.nats[0]!.reboot();
          else if (action !== 'wait') sockets[name].send(data, { address: serverAddress, port: 7 }, ttl);
          await new Promise<void>((resolve) => own.host.clock.after(action === 'wait' ? 700 : 10, () => resolve()));
        }
        // Fragments of which one got lost wait for 30 s, unsolicited answers for less.
        await new Promise<void>((resolve) => a.host.clock.after(60_000, () => resolve()));
      }, limits);
      expect(outcome).toBe('done');
      expect(ledger.open).toBe(0);
    }),
    { seed: 4787, numRuns: 60 },
  );
});
