import { describe, expect, it } from 'vitest';
import { symmetricLink, Topology, World } from '../../simulator/index.ts';
import { resolveBehaviour } from '../nat/behaviour.ts';
import { checkConnectOptions } from './check-options.ts';
import { type ConnectOptions, Node, type NodeOptions } from './index.ts';

describe('options that make no sense', () => {
  it.each([
    { keepAliveMs: 0 },
    { keepAliveMs: -5 },
    { keepAliveMs: Number.NaN },
    { keepAliveMs: 'measurd' },
    { addressLifetimeMs: -1 },
  ])('start no node: %j', async (options) => {
    const world = new World({ seed: 'options' });
    const link = symmetricLink({ latencyUs: 1000 });
    const { host } = new Topology(world).side('alone', { nats: [resolveBehaviour({ translation: 'none' })], link });
    const [name] = Object.keys(options);
    const result = await world.run(async () => {
      const error = await Node.start(host, options as NodeOptions).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(`${name}: expected`);
    });
    expect(result.outcome === 'crashed' ? result.error : result.outcome).toBe('done');
  });

  it.each([{ timeoutMs: -1 }, { timeoutMs: Number.NaN }, { family: 5 }, { transport: 'tcp' }, { relay: 'never' }])(
    'start no connection: %j',
    (options) => expect(() => checkConnectOptions(options as ConnectOptions)).toThrow(RangeError),
  );

  it('are told from those that are left out', () => {
    checkConnectOptions({});
    checkConnectOptions({ timeoutMs: 500, family: 6, transport: 'stream', relay: 'hold' });
  });
});
