import { describe, expect, it } from 'vitest';
import { startInfrastructure } from '../../../lab-cli/trial/infrastructure.ts';
import { type SimHost, symmetricLink, Topology, World } from '../../../simulator/index.ts';
import { resolveBehaviour } from '../../nat/behaviour.ts';
import { PRESETS } from '../../nat/presets.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { ConnectError, Node, type Pipe } from '../../node/index.ts';
import type { TurnServerOptions } from '../../servers/turn/turn-options.ts';
import { type RunningTurnServer, startTurnServer } from '../../servers/turn/turn-server.ts';
import { TurnRelay } from './turn-relay.ts';

const USER = { username: 'lab', password: 'secret' };

interface Relay extends RunningTurnServer {
  readonly host: SimHost;
  readonly endpoint: Endpoint;
}

interface Stage {
  /** Starts a TURN server so far from the core. */
  relay(name: string, options?: Partial<TurnServerOptions>, latencyUs?: number): Promise<Relay>;
  /** Connects two nodes that know these relays, each its own, and says hello. */
  connect(relaysOfA: readonly Relay[], relaysOfB: readonly Relay[]): Promise<{ pipe: Pipe; heard: string }>;
  /** Why it did not. */
  failure(relaysOfA: readonly Relay[], relaysOfB: readonly Relay[]): Promise<string>;
  sleep(ms: number): Promise<void>;
}

/** Two hosts, each behind a NAT that nobody predicts, or both behind one, that have relays alone. */
async function onStage<T>(body: (stage: Stage) => Promise<T>, { together = false } = {}): Promise<T> {
  const world = new World({ seed: 'relays' });
  const topology = new Topology(world);
  const side = { nats: [resolveBehaviour(PRESETS.symmetric!.behaviour)], link: symmetricLink({ latencyUs: 20_000 }) };
  const first = topology.side('a', side);
  const hosts = [first.host, (together ? topology.neighbour('b', first, 'same') : topology.side('b', side)).host];
  const result = await world.run(async () => {
    const { stun, brokers } = await startInfrastructure(topology);
    const nodes: (Node | undefined)[] = [];
    const start = async (host: SimHost, index: number, relays: readonly Relay[]) => {
      const turn = relays.map(({ endpoint }) => ({ endpoint, ...USER }));
      const servers = { stun, turn, ...(brokers && { brokers }) };
      nodes[index] ??= await Node.start(host, { servers, plugins: [new TurnRelay()] });
      return nodes[index];
    };
    const dial = async (relays: readonly (readonly Relay[])[]) => {
      const [a, b] = await Promise.all(hosts.map((host, index) => start(host, index, relays[index]!)));
      const accepted = new Promise<Pipe>((resolve) => b!.onPipe(resolve));
      return { dialling: a!.connect(b!.addressText, { retry: false }), accepted };
    };
    const value = await body({
      relay: async (name, options = {}, latencyUs = 500) => {
        const host = topology.server(name, { link: symmetricLink({ latencyUs }), families: [4, 6] });
        const [own] = host.interfaces().flatMap((each) => (each.loopback ? [] : each.addresses));
        const endpoint = { address: own!.address, port: 3478 };
        const users = new Map([[USER.username, USER.password]]);
        const running = await startTurnServer(host, { endpoint, realm: 'lab', users, ...options });
        return Object.assign(running, { host, endpoint });
      },
      connect: async (...relays) => {
        const { dialling, accepted } = await dial(relays);
        const [pipe] = await dialling;
        const other = await accepted;
        const heard = new Promise<string>((resolve) =>
          other.onMessage((bytes) => resolve(Buffer.from(bytes).toString())),
        );
        await pipe.send(Buffer.from('hello'));
        return { pipe, heard: await heard };
      },
      failure: async (...relays) => {
        const error = await (await dial(relays)).dialling.catch((reason: unknown) => reason);
        if (!(error instanceof ConnectError)) throw new Error('they are connected');
        return error.attempts[0]!.reason;
      },
      sleep: (ms) => new Promise((resolve) => void hosts[0]!.clock.after(ms, resolve)),
    });
    await Promise.all(nodes.map((node) => node?.close()));
    return value;
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.value;
}

const both = ({ host }: Pick<Relay, 'host'>) =>
  host.interfaces().flatMap((each) => (each.loopback ? [] : each.addresses.map(({ address }) => address)));

describe('turn-relay', () => {
  it('connects two peers behind one public address', () =>
    onStage(
      async ({ relay, connect }) => {
        const one = await relay('one');
        const { pipe, heard } = await connect([one], [one]);
        expect([pipe.path, heard, one.allocations]).toEqual(['relayed', 'hello', 2]);
      },
      { together: true },
    ));

  it('goes over two servers where each end has its own', () =>
    onStage(async ({ relay, connect }) => {
      const [one, two] = [await relay('one'), await relay('two')];
      expect((await connect([one], [two])).heard).toBe('hello');
      expect([one.allocations, two.allocations]).toEqual([1, 1]);
    }));

  it.each([
    ['the responder’s', 0],
    ['the initiator’s', 1],
  ] as const)('moves to a server that both reach where %s does not lead to the other one', (_, whose) =>
    onStage(async ({ relay, connect, sleep }) => {
      const [open, closed] = [await relay('open'), await relay('closed', { allowPeer: () => false })];
      const lists = [[open], [closed, open]];
      const { heard } = await connect(lists[whose]!, lists[1 - whose]!);
      await sleep(3000);
      expect([heard, open.allocations, closed.allocations]).toEqual(['hello', 2, 0]);
    }),
  );

  it('asks for an address of the family that the other relay has', () =>
    onStage(async ({ relay, connect }) => {
      const six = await relay('six');
      six.close();
      const only6 = await startTurnServer(six.host, {
        endpoint: six.endpoint,
        realm: 'lab',
        users: new Map([[USER.username, USER.password]]),
        relayAddresses: both(six).filter((address) => address.includes(':')),
      });
      const plain = await relay('dual');
      plain.close();
      await startTurnServer(plain.host, {
        endpoint: plain.endpoint,
        realm: 'lab',
        users: new Map([[USER.username, USER.password]]),
        relayAddresses: both(plain),
      });
      const { pipe, heard } = await connect([plain], [six]);
      expect([heard, pipe.path, only6.allocations]).toEqual(['hello', 'relayed', 1]);
    }));

  it('gives up, and says why, where no server leads to another', () =>
    onStage(async ({ relay, failure, sleep }) => {
      const [one, two] = [
        await relay('one', { allowPeer: () => false }),
        await relay('two', { allowPeer: () => false }),
      ];
      expect(await failure([one], [two])).toMatch(/403 Forbidden/);
      await sleep(1000);
      expect([one.allocations, two.allocations]).toEqual([0, 0]);
    }));

  it('takes the near server once it knows which one is near, and none that is silent', () =>
    onStage(async ({ relay, connect, sleep }) => {
      const [far, near] = [await relay('far', {}, 90_000), await relay('near', {}, 500)];
      const first = await connect([far, near], [far, near]);
      expect([far.allocations, near.allocations]).toEqual([2, 0]);
      first.pipe.close();
      await sleep(10_000);
      await connect([far, near], [far, near]);
      expect([far.allocations, near.allocations]).toEqual([0, 2]);
    }));
});
