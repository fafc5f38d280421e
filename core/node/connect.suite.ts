import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../ports/index.ts';
import { createAddress } from '../wire/address/address.ts';
import { autoConnect, ConnectError, Identity, Node, type NodeServers, type Pipe, registry, SUB_ALL } from './index.ts';

/** A world with two hosts and servers that both can reach. */
export interface ConnectLab {
  readonly hosts: readonly [Host, Host];
  /** Where each node binds; undefined: everywhere. */
  readonly bind: readonly [string | undefined, string | undefined];
  /** Do two SYNs that are sent at about the same time meet on the way? On a loopback each arrives at once. */
  readonly synsCross: boolean;
  /** Starts STUN, TURN and MQTT. Called within {@link run}. */
  start(): Promise<NodeServers>;
  /** Runs a test's body in the world. */
  run<T>(body: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const NEED_A_NAT = new Set(['random-probe', 'port-mapping']);

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** Two nodes that do what the README promises, in any world. */
export function connectSuite(world: string, makeLab: () => Promise<ConnectLab>): void {
  describe(`two nodes, ${world}`, () => {
    let lab: ConnectLab;
    beforeEach(async () => {
      lab = await makeLab();
    });
    afterEach(() => lab.close());

    /** Starts alice and bob, runs the body in the world, and closes them. */
    function withNodes<T>(body: (alice: Node, bob: Node, servers: NodeServers) => Promise<T>): Promise<T> {
      return lab.run(async () => {
        const servers = await lab.start();
        const start = (index: 0 | 1) => {
          const address = lab.bind[index];
          return Node.start(lab.hosts[index], { servers, ...(address !== undefined && { listen: { address } }) });
        };
        const [alice, bob] = await Promise.all([start(0), start(1)]);
        try {
          return await body(alice, bob, servers);
        } finally {
          await Promise.all([alice.close(), bob.close()]);
        }
      });
    }

    it('connect by some plugin and say which, and carry messages both ways', () =>
      withNodes(async (alice, bob) => {
        const accepted = new Promise<Pipe>((resolve) => bob.onPipe(resolve));
        const [pipe, plugin] = await autoConnect(alice, bob.addressText);
        expect(registry.names()).toContain(plugin);
        expect(pipe.plugin).toBe(plugin);
        expect(pipe.peerId).toBe(bob.id);
        await pipe.send(Buffer.from('hello bob'));
        const other = await accepted;
        expect([other.plugin, other.peerId]).toEqual([plugin, alice.id]);
        expect(text(await other.recv(SUB_ALL))).toBe('hello bob');
        await other.send(Buffer.from('hello alice'));
        expect(text(await pipe.recv(SUB_ALL))).toBe('hello alice');
        expect(pipe.attempts.filter(({ outcome }) => outcome === 'won').map((attempt) => attempt.plugin)).toEqual([
          plugin,
        ]);
      }));

    for (const name of registry.names()) {
      it(`connect by ${name} alone`, async (context) => {
        if (NEED_A_NAT.has(name)) context.skip('there is no NAT to search or to ask for a port');
        if (name === 'tcp-punch' && !lab.synsCross) context.skip('SYNs do not cross on a loopback: each finds no one');
        await withNodes(async (alice, bob) => {
          bob.onMessage((message, pipe) => void pipe.send(Buffer.concat([Buffer.from('re: '), message])));
          const connected = await alice.connect(bob.address, { plugins: [name] }).catch((error: unknown) => {
            const [report] = error instanceof ConnectError ? error.attempts : [];
            if (report?.outcome === 'not-applicable') context.skip(`it has nothing to do here: ${report.reason}`);
            throw error;
          });
          const [pipe, plugin] = connected;
          expect(plugin).toBe(name);
          await pipe.send(Buffer.from(name));
          expect(text(await pipe.recv(SUB_ALL, { timeoutMs: 5000 }))).toBe(`re: ${name}`);
        });
      });
    }

    it('take nobody for the peer who does not hold the key of the address', () =>
      withNodes(async (alice, bob) => {
        const mallory = Identity.generate(lab.hosts[0]);
        const { interfaces, brokers, issuedAtMs } = bob.address;
        const forged = createAddress({ interfaces, brokers, issuedAtMs }, mallory);
        const failure = alice.connect(forged, { plugins: ['direct-connect'], timeoutMs: 8000 });
        await expect(failure).rejects.toBeInstanceOf(ConnectError);
      }));

    it('tell each other why a pipe was closed', () =>
      withNodes(async (alice, bob) => {
        const accepted = new Promise<Pipe>((resolve) => bob.onPipe(resolve));
        const [pipe] = await alice.connect(bob.address);
        const other = await accepted;
        pipe.close('that was all');
        expect(await pipe.closed).toEqual({ by: 'us', text: 'that was all' });
        expect(await other.closed).toEqual({ by: 'peer', text: 'that was all' });
      }));

    it('give up when the signal fires, and by the account of every plugin when nothing works', () =>
      withNodes(async (alice, bob) => {
        const address = bob.address;
        await bob.close();
        const abort = new AbortController();
        const given = alice.connect(address, { signal: abort.signal });
        alice.host.clock.after(50, () => abort.abort(new Error('enough')));
        await expect(given).rejects.toThrow('enough');
        const failure = await alice.connect(address, { timeoutMs: 1500 }).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ConnectError);
        const { attempts } = failure as ConnectError;
        expect(attempts.map(({ plugin }) => plugin).sort()).toEqual(registry.names().sort());
        for (const { outcome, reason } of attempts)
          expect([outcome !== 'won', reason.length > 0]).toEqual([true, true]);
      }));

    it('refuse plugins that do not exist, and their own address', () =>
      withNodes(async (alice, bob) => {
        await expect(alice.connect(bob.address, { plugins: ['telepathy'] })).rejects.toThrow(
          'no plugin named telepathy',
        );
        await expect(alice.connect(alice.addressText)).rejects.toThrow('our own');
      }));
  });
}
