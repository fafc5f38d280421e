import { describe, expect, it } from 'vitest';
import {
  type Attempt,
  type Plan,
  type PlanInput,
  type Plugin,
  type ProvenTransport,
  registry,
} from '../../core/node/index.ts';
import { ConformanceError } from './check.ts';
import { CHECKS } from './checks.ts';

const TIMEOUT_MS = 180_000;

/** A good plugin, to be spoilt in one way at a time. */
class Good implements Plugin<unknown> {
  readonly name: string = 'spoilt';
  readonly path: 'direct' | 'relayed' = 'direct';
  readonly inner = registry.get('direct-connect')!;

  plan(input: PlanInput): Plan<unknown> {
    return this.inner.plan(input);
  }

  attempt(plan: unknown, attempt: Attempt): Promise<ProvenTransport> {
    return this.inner.attempt(plan, attempt);
  }
}

async function failures(plugin: Plugin): Promise<Record<string, string>> {
  const failed: Record<string, string> = {};
  for (const { title, run } of CHECKS) {
    try {
      await run(plugin);
    } catch (error) {
      if (!(error instanceof ConformanceError)) throw error;
      failed[title.split(/[:,]/)[0]!] = error.message;
    }
  }
  return failed;
}

describe('the conformance suite', { timeout: TIMEOUT_MS }, () => {
  it.each(registry.names())('is passed by %s', async (name) => {
    expect(await failures(registry.get(name)!)).toEqual({});
  });

  it('finds a plan that depends on more than its input', async () => {
    let calls = 0;
    class Moody extends Good {
      override plan(input: PlanInput): Plan<unknown> {
        const plan = super.plan(input);
        return plan.applicable ? plan : { applicable: false, reason: `no, for the ${++calls}th time` };
      }
    }
    expect((await failures(new Moody()))['plans purely']).toContain('one thing, then another');
  });

  it('finds a plan that throws where the peer shows no address', async () => {
    class Careless extends Good {
      override plan(input: PlanInput): Plan<unknown> {
        return input.remote!.interfaces.length > 0 ? super.plan(input) : super.plan(input);
      }
    }
    expect((await failures(new Careless()))['plans purely']).toContain('plan throws, given no address of the peer');
  });

  it('finds a reason that says nothing', async () => {
    class Silent extends Good {
      override plan(input: PlanInput): Plan<unknown> {
        const plan = super.plan(input);
        return plan.applicable ? plan : { applicable: false, reason: ' ' };
      }
    }
    expect((await failures(new Silent()))['plans purely']).toContain('its reason is no line of text');
  });

  it('finds a plugin that connects nobody', async () => {
    class Idle extends Good {
      override async attempt(): Promise<ProvenTransport> {
        throw new Error('too tired');
      }
    }
    expect(await failures(new Idle())).toEqual({ 'connects somewhere': expect.stringContaining('connects none') });
  });

  it('finds a path that is not what the plugin says', async () => {
    class Boaster extends Good {
      override readonly path = 'relayed';
    }
    const { 'connects somewhere': found } = await failures(new Boaster());
    expect(found).toContain('the pipe is direct, and the plugin says relayed');
  });

  it('finds state that outlives a trial', async () => {
    let attempts = 0;
    class Grudge extends Good {
      override async attempt(plan: unknown, attempt: Attempt): Promise<ProvenTransport> {
        await attempt.sleep(++attempts);
        return super.attempt(plan, attempt);
      }
    }
    expect(await failures(new Grudge())).toEqual({ 'does the same again with the same seed': expect.any(String) });
  });

  it('finds an exception that nobody catches', async () => {
    class Fragile extends Good {
      override async attempt(plan: unknown, attempt: Attempt): Promise<ProvenTransport> {
        void attempt.line.receive().then((message) => {
          if (message.length !== 1) throw new Error('what is this?');
        });
        return super.attempt(plan, attempt);
      }
    }
    const found = await failures(new Fragile());
    expect(found['survives a peer that talks nonsense']).toMatch(/ends as "crashed"/);
  });

  it('finds a flood', async () => {
    class Flood extends Good {
      override async attempt(plan: unknown, attempt: Attempt): Promise<ProvenTransport> {
        const socket = await attempt.host.udp.bind({});
        const spray = () => {
          for (let port = 1; port <= 100; port++) socket.send(Buffer.of(0), { address: '203.0.113.9', port });
          if (!attempt.signal.aborted) attempt.host.clock.after(10, spray);
        };
        if (attempt.role === 'initiator') spray();
        return super.attempt(plan, attempt);
      }
    }
    expect((await failures(new Flood())).ends).toMatch(/the two peers sent \d+ packets/);
  });
});
