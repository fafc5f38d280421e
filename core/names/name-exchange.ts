import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { Host } from '../ports/index.ts';
import { frameNameMessage, NameFramer } from '../wire/names/frames.ts';
import { decodeNameReply, type NameReply } from '../wire/names/messages.ts';

export interface NameServerConfig {
  readonly endpoint: Endpoint;
  /** 33 bytes: its replies are signed by this key, so nobody on the way can make one up. */
  readonly publicKey: Uint8Array;
}

/**
 * Asks one server one thing.
 *
 * @throws NetError; WireError if the reply is not the server's
 */
export async function askNameServer(
  host: Pick<Host, 'tcp' | 'clock' | 'signer'>,
  { endpoint, publicKey }: NameServerConfig,
  request: Uint8Array,
  timeoutMs: number,
): Promise<NameReply> {
  const { clock, signer } = host;
  const deadlineUs = clock.now() + timeoutMs * 1000;
  const connection = await host.tcp.dial(endpoint, { timeoutMs });
  const reply = await new Promise<Uint8Array>((resolve, reject) => {
    const framer = new NameFramer();
    const late = () => reject(new NetError('ETIMEDOUT', `no reply within ${timeoutMs} ms`));
    const timer = clock.after((deadlineUs - clock.now()) / 1000, late);
    connection.start({
      data: (bytes) => {
        const messages = framer.push(bytes);
        if (!messages) reject(new NetError('EPROTO', 'the server sends what is no reply'));
        else if (messages.length > 0) resolve(messages[0]!);
      },
      end: () => reject(new NetError('ECONNRESET', 'the server hung up')),
      drained: () => {},
      closed: (error) => {
        timer.cancel();
        reject(error ?? new NetError('ECONNRESET', 'the server hung up'));
      },
    });
    connection.send(frameNameMessage(request));
  }).finally(() => connection.reset());
  return decodeNameReply(request, reply, publicKey, signer);
}
