import {
  type Attempt,
  firstSuccess,
  type Plan,
  type PlanInput,
  type Plugin,
  type ProvenTransport,
  register,
  StreamTransport,
} from 'punchlab';

/** Ports that systems leave to whoever asks (RFC 6335 section 6). */
const FIRST_PORT = 49_152;
const PORTS = 16_384;
const PUNCH_MS = 5000;

/**
 * TCP hole punching without a server: both ends draw the same port from the secret that only they share, and dial each
 * other there, from there. It takes NATs that keep the port of the inside host on the outside (RFC 4787 section 4.2.1).
 */
@register
export class AgreedPort implements Plugin<readonly string[]> {
  readonly name = 'agreed-port';
  readonly path = 'direct';

  /** Pure: it looks at the two addresses and says whom to dial, or why there is no point. */
  plan({ remote }: PlanInput): Plan<readonly string[]> {
    const addresses = remote?.interfaces.map(({ external }) => external).filter((address) => address !== undefined);
    if (!addresses?.length) return { applicable: false, reason: 'the peer does not know its external address' };
    return { applicable: true, plan: addresses };
  }

  /** All I/O goes through `attempt.host`, so that the lab can run it in virtual time and close what is left open. */
  attempt(addresses: readonly string[], attempt: Attempt): Promise<ProvenTransport> {
    const port = FIRST_PORT + (Buffer.from(attempt.secret).readUInt16BE(0) % PORTS);
    const dial = (address: string, signal: AbortSignal) => punch(attempt, { address, port }, signal);
    return firstSuccess(addresses, dial, 'address to dial', attempt.signal);
  }
}

async function punch(
  attempt: Attempt,
  target: { address: string; port: number },
  signal: AbortSignal,
): Promise<ProvenTransport> {
  const { host, bindAddress } = attempt;
  const endUs = host.clock.now() + PUNCH_MS * 1000;
  for (;;) {
    try {
      const connection = await host.tcp.dial(target, {
        localPort: target.port,
        timeoutMs: 1000,
        signal,
        ...(bindAddress !== undefined && { localAddress: bindAddress }),
      });
      return await attempt.prove(new StreamTransport(connection));
    } catch (error) {
      if (signal.aborted || host.clock.now() >= endUs) throw error;
    }
    await attempt.sleep(host.random.below(100)); // A fixed gap could keep the two out of step for good.
  }
}
