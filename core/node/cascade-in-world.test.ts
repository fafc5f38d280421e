import { describe, expect, it } from 'vitest';
import { startInfrastructure } from '../../lab-cli/trial/infrastructure.ts';
import { symmetricLink, Topology, World } from '../../simulator/index.ts';
import { resolveBehaviour } from '../nat/behaviour.ts';
import { PRESETS } from '../nat/presets.ts';
import { UdpPunch } from '../plugins/udp-punch/udp-punch.ts';
import { sleep } from '../ports/sleep.ts';
import { type Attempt, ConnectError, type ConnectOptions, Node, type Pipe, type Plugin, registry } from './index.ts';

interface Stage {
  readonly a: Node;
  readonly b: Node;
  /** The pipe that a opens next, at b. */
  accepted(): Promise<Pipe>;
  sleep(ms: number): Promise<void>;
}

interface Setting {
  readonly nats: readonly [string, string];
  readonly plugins?: readonly Plugin[];
  /** How far each host's idea of the date is off. */
  readonly offMs?: readonly [number, number];
  readonly lossPercent?: number;
}

/** Two nodes 40 ms apart, each behind a NAT of this name. */
async function onStage<T>(
  { nats, plugins, offMs = [0, 0], lossPercent = 0 }: Setting,
  body: (stage: Stage) => Promise<T>,
) {
  const world = new World({ seed: `stage ${nats}` });
  const topology = new Topology(world);
  const link = symmetricLink({
    latencyUs: 20_000,
    lossPpm: lossPercent * 10_000,
  });
  const hosts = nats.map((name, index) => {
    const behaviour = resolveBehaviour(PRESETS[name]!.behaviour);
    return topology.side(`side${index}`, { nats: [behaviour], link, wallOffsetMs: offMs[index]! }).host;
  });
  const result = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    const options = { servers, ...(plugins && { plugins }) };
    const [a, b] = await Promise.all([Node.start(hosts[0]!, options), Node.start(hosts[1]!, options)]);
    const accepted = () => new Promise<Pipe>((resolve) => b.onPipe(resolve));
    return body({ a, b, accepted, sleep: (ms) => sleep(hosts[0]!.clock, ms) });
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.value;
}

/** Punches, but not before the relay has long been there. */
class SlowPunch extends UdpPunch {
  override async attempt(plan: Parameters<UdpPunch['attempt']>[0], attempt: Attempt) {
    await attempt.sleep(2500);
    return super.attempt(plan, attempt);
  }
}

const relayed = registry.get('turn-relay')!;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const took = async <T>(stage: Stage, task: Promise<T>): Promise<[T, number]> => {
  const { clock } = stage.a.host;
  const startUs = clock.now();
  return [await task, (clock.now() - startUs) / 1000];
};

describe('a relay', () => {
  it('is in hand within 0.30 s where it is asked for at once', () =>
    onStage({ nats: ['symmetric', 'symmetric'] }, async (stage) => {
      const [[pipe], ms] = await took(stage, stage.a.connect(stage.b.addressText, { relay: 'at-once' }));
      expect([pipe.path, pipe.plugin]).toEqual(['relayed', 'turn-relay']);
      expect(ms).toBeLessThan(300);
    }));

  it.each([false, true])(
    'gives way to a direct path while messages flow, and loses and swaps none of them (reliable: %s)',
    (reliable) =>
      onStage(
        { nats: ['port-restricted-cone', 'port-restricted-cone'], plugins: [new SlowPunch(), relayed] },
        async (stage) => {
          const accepting = stage.accepted();
          const [[pipe, plugin], ms] = await took(
            stage,
            stage.a.connect(stage.b.addressText, { relay: 'at-once', reliable }),
          );
          const other = await accepting;
          expect([plugin, pipe.path, pipe.reliable, other.reliable]).toEqual([
            'turn-relay',
            'relayed',
            reliable,
            reliable,
          ]);
          expect(ms).toBeLessThan(300); // A direct path is likely here, but the relay was asked for at once.
          const heard: [string[], string[]] = [[], []];
          pipe.onMessage((message) => heard[0].push(text(message)));
          other.onMessage((message) => heard[1].push(text(message)));
          const sent = Array.from({ length: 500 }, (_, index) => `${index}`);
          for (const each of sent) {
            await Promise.all([pipe.send(Buffer.from(each)), other.send(Buffer.from(each))]);
            await stage.sleep(10);
          }
          await pipe.settled;
          await stage.sleep(4000);
          expect([pipe.path, pipe.plugin, other.path, other.plugin]).toEqual([
            'direct',
            'udp-punch',
            'direct',
            'udp-punch',
          ]);
          expect(heard).toEqual([sent, sent]);
          const outcomes = pipe.attempts.map((attempt) => `${attempt.plugin}: ${attempt.outcome}: ${attempt.reason}`);
          expect(outcomes).toEqual([
            'udp-punch: won: both ends proved their keys',
            'turn-relay: cancelled: carried the pipe until udp-punch took over',
          ]);
        },
      ),
  );

  it('is kept where no direct path is found, and then for good', () =>
    onStage({ nats: ['symmetric', 'symmetric'] }, async (stage) => {
      const [pipe] = await stage.a.connect(stage.b.addressText);
      await pipe.settled;
      expect(pipe.path).toBe('relayed');
      expect(pipe.attempts.filter(({ outcome }) => outcome === 'won').map(({ plugin }) => plugin)).toEqual([
        'turn-relay',
      ]);
    }));
});

describe('a reliable pipe', () => {
  it('brings all of it, in order, though the network loses some', () =>
    onStage(
      { nats: ['full-cone', 'restricted-cone'], plugins: [registry.get('udp-punch')!], lossPercent: 2 },
      async (stage) => {
        const accepting = stage.accepted();
        const [pipe] = await stage.a.connect(stage.b.addressText, { reliable: true });
        const other = await accepting;
        expect([pipe.protocol, pipe.reliable]).toEqual(['udp', true]);
        const messages = Array.from({ length: 40 }, (_, index) => Buffer.alloc(1 + index * 700, index));
        const heard: Uint8Array[] = [];
        other.onMessage((message) => heard.push(message));
        for (const message of messages) await pipe.send(message);
        pipe.close('that was all');
        expect(await other.closed).toEqual({ by: 'peer', text: 'that was all' });
        expect(heard.map((message) => Buffer.from(message).equals(messages[heard.indexOf(message)]!))).toEqual(
          messages.map(() => true),
        );
      },
    ));
});

describe('connecting', () => {
  it('works with clocks that are minutes apart', () =>
    onStage({ nats: ['port-restricted-cone', 'restricted-cone'], offMs: [-5 * 60_000, 4 * 60_000] }, async (stage) => {
      for (const plugin of ['udp-punch', 'tcp-punch', 'turn-relay']) {
        const [pipe] = await stage.a.connect(stage.b.addressText, { plugins: [plugin] });
        expect(pipe.plugin).toBe(plugin);
        pipe.close();
      }
    }));

  it('is given up in less than 20 s where there is no way, with an account of every attempt', () =>
    onStage({ nats: ['symmetric', 'symmetric'] }, async (stage) => {
      const plugins = registry.names().filter((name) => name !== 'turn-relay');
      const [failure, ms] = await took(
        stage,
        stage.a.connect(stage.b.addressText, { plugins }).catch((error: unknown) => error),
      );
      expect(failure).toBeInstanceOf(ConnectError);
      expect(ms).toBeLessThan(20_000);
      const { attempts } = failure as ConnectError;
      expect(attempts.map(({ plugin }) => plugin).sort()).toEqual([...plugins].sort());
      for (const { outcome, reason, tries } of attempts) {
        expect(['failed', 'cancelled', 'not-applicable']).toContain(outcome);
        expect([reason.length > 0, tries >= 1]).toEqual([true, true]);
      }
      // What fails early is tried again, with fresh observations.
      expect(Math.max(...attempts.map(({ tries }) => tries))).toBe(2);
    }));

  it.each<[ConnectOptions, (pipe: Pipe) => boolean]>([
    [{ transport: 'stream' }, (pipe) => pipe.protocol === 'tcp' && pipe.reliable],
    [{ transport: 'datagram' }, (pipe) => pipe.protocol === 'udp' && !pipe.reliable],
    [{ plugins: ['tcp-punch'] }, (pipe) => pipe.plugin === 'tcp-punch'],
    [{ family: 4 }, () => true],
  ])('by %j gives such a pipe', (options, fits) =>
    onStage({ nats: ['full-cone', 'restricted-cone'] }, async ({ a, b }) => {
      const [pipe] = await a.connect(b.addressText, options);
      expect(fits(pipe)).toBe(true);
    }),
  );

  it('by a family that nobody has says so, at once', () =>
    onStage({ nats: ['full-cone', 'restricted-cone'] }, async (stage) => {
      const [failure, ms] = await took(
        stage,
        stage.a.connect(stage.b.addressText, { family: 6 }).catch((error: unknown) => error),
      );
      expect(failure).toBeInstanceOf(ConnectError);
      expect(ms).toBeLessThan(1000);
    }));

  it('is over when the signal fires, even with a relay in hand', () =>
    onStage({ nats: ['port-restricted-cone', 'symmetric'] }, async (stage) => {
      const abort = new AbortController();
      const given = stage.a.connect(stage.b.addressText, { signal: abort.signal });
      stage.a.host.clock.after(600, () => abort.abort(new Error('enough')));
      await expect(given).rejects.toThrow('enough');
    }));
});
