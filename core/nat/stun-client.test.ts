import { describe, expect, it } from 'vitest';
import { symmetricLink } from '../../simulator/link/link-model.ts';
import { Topology } from '../../simulator/topology.ts';
import { World } from '../../simulator/world/world.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import type { Attribute } from '../wire/stun/attribute.ts';
import { decodeMessage, type ReceivedMessage } from '../wire/stun/decode-message.ts';
import { encodeMessage } from '../wire/stun/encode-message.ts';
import type { MessageClass } from '../wire/stun/message.ts';
import { type BindingResult, StunClient } from './stun-client.ts';

const LATENCY_US = 10_000;
const PORT = 3478;

interface Scene {
  readonly world: World;
  readonly client: Host;
  readonly server: UdpSocket;
  readonly socket: UdpSocket;
  readonly stun: StunClient;
  /** Of the server. */
  readonly there: Endpoint;
  /** Of the client. */
  readonly here: Endpoint;
}

/** Two hosts 20 ms apart; `play` runs in virtual time. */
async function scene<T>(play: (scene: Scene) => Promise<T>): Promise<T> {
  const world = new World({ seed: 'stun client' });
  const net = new Topology(world);
  const link = symmetricLink({ latencyUs: LATENCY_US });
  const client = net.server('client', { link });
  const serverHost = net.server('server', { link });
  const result = await world.run(async () => {
    const server = await serverHost.udp.bind({ port: PORT });
    const socket = await client.udp.bind();
    const there = { address: addressOf(serverHost), port: PORT };
    const here = { address: addressOf(client), port: socket.local.port };
    return play({ world, client, server, socket, stun: new StunClient(client, socket), there, here });
  });
  if (result.outcome !== 'done') throw new Error(`the world ended with ${JSON.stringify(result)}`);
  expect(world.audit()).toMatchObject({ events: 0, udpSockets: 0 });
  return result.value;
}

function addressOf(host: Host): string {
  return host.interfaces().find(({ loopback }) => !loopback)!.addresses[0]!.address;
}

function answer(request: ReceivedMessage, messageClass: MessageClass, attributes: Attribute[]): Buffer {
  const { method, transactionId } = request;
  return encodeMessage({ messageClass, method, transactionId, attributes });
}

const mapped = (endpoint: Endpoint): Attribute => ({ type: 'xor-mapped-address', value: endpoint });

/** Answers every request as a plain STUN server does. */
function serve(server: UdpSocket, extra: Attribute[] = []): void {
  server.onMessage = (data, from) => {
    server.send(answer(decodeMessage(data), 'success', [mapped(from), ...extra]), from);
  };
}

describe('StunClient', () => {
  it('learns the mapped address, the server’s other address, and the round-trip time', async () => {
    const other = { address: '192.0.2.9', port: 3479 };
    const result = await scene(async ({ server, stun, here, there }) => {
      serve(server, [
        { type: 'response-origin', value: there },
        { type: 'other-address', value: other },
      ]);
      return { here, there, found: await stun.binding(there) };
    });
    expect(result.found).toEqual<BindingResult>({
      outcome: 'response',
      mapped: result.here,
      from: result.there,
      origin: result.there,
      other,
      rttUs: 4 * LATENCY_US,
      requests: 1,
    });
  });

  it('sends at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms and fails at 39500 ms (RFC 8489 section 6.2.1)', async () => {
    const { arrivals, distinct, result, endedUs } = await scene(async ({ world, server, stun, there }) => {
      const startUs = world.now;
      const arrivals: number[] = [];
      const transactions = new Set<string>();
      server.onMessage = (data) => {
        arrivals.push((world.now - startUs - 2 * LATENCY_US) / 1000);
        transactions.add(Buffer.from(data).toString('hex'));
      };
      const result = await stun.binding(there);
      return { arrivals, distinct: transactions.size, result, endedUs: world.now - startUs };
    });
    expect(arrivals).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(distinct).toBe(1);
    expect(result).toEqual({ outcome: 'timeout', requests: 7 });
    expect(endedUs).toBe(39_500_000);
  });

  it('stops retransmitting when the answer comes', async () => {
    const { arrivals, result } = await scene(async ({ client, server, stun, there }) => {
      let arrivals = 0;
      server.onMessage = (data, from) => {
        if (++arrivals === 3) server.send(answer(decodeMessage(data), 'success', [mapped(from)]), from);
      };
      const result = await stun.binding(there);
      await new Promise<void>((resolve) => client.clock.after(60_000, resolve));
      return { arrivals, result };
    });
    expect(arrivals).toBe(3);
    expect(result).toMatchObject({ outcome: 'response', requests: 3, rttUs: 1_500_000 + 4 * LATENCY_US });
  });

  it('gives up at its deadline, and ignores the answer that comes later', async () => {
    const { result, tookUs, passedOn } = await scene(async ({ world, client, server, stun, there }) => {
      let passedOn = 0;
      stun.onMessage = () => passedOn++;
      server.onMessage = (data, from) => {
        const late = answer(decodeMessage(data), 'success', [mapped(from)]);
        client.clock.after(1000, () => server.send(late, from));
      };
      const startUs = world.now;
      const result = await stun.binding(there, { deadlineMs: 700 });
      const tookUs = world.now - startUs;
      await new Promise<void>((resolve) => client.clock.after(5000, resolve));
      return { result, tookUs, passedOn };
    });
    expect(result).toEqual({ outcome: 'timeout', requests: 2 });
    expect(tookUs).toBe(700_000);
    expect(passedOn).toBe(2);
  });

  it('ignores forgeries: another transaction, another source, another method, no address', async () => {
    const { result, here } = await scene(async ({ server, stun, there, here }) => {
      server.onMessage = (data, from) => {
        const request = decodeMessage(data);
        const lie = [mapped({ address: '198.51.100.66', port: 666 })];
        server.send(answer({ ...request, transactionId: Buffer.alloc(12) }, 'success', lie), from);
        server.send(answer({ ...request, method: 3 }, 'success', lie), from);
        server.send(answer(request, 'indication', lie), from);
        server.send(answer(request, 'success', []), from);
        server.send(answer(request, 'success', [mapped(from)]), from);
      };
      return { here, result: await stun.binding(there) };
    });
    expect(result).toMatchObject({ outcome: 'response', mapped: here });
  });

  it('ignores an answer from where the request did not go', async () => {
    const result = await scene(async ({ client, server, stun, there }) => {
      const forger = await client.udp.bind();
      server.onMessage = (data, from) => forger.send(answer(decodeMessage(data), 'success', [mapped(from)]), from);
      return stun.binding(there, { deadlineMs: 600 });
    });
    expect(result.outcome).toBe('timeout');
  });

  it('takes the answer to a change request from elsewhere', async () => {
    const result = await scene(async ({ client, server, stun, there }) => {
      const elsewhere = await client.udp.bind();
      let asked: unknown;
      server.onMessage = (data, from) => {
        asked = decodeMessage(data).attributes;
        elsewhere.send(answer(decodeMessage(data), 'success', [mapped(from)]), from);
      };
      return { result: await stun.binding(there, { changePort: true }), origin: elsewhere.local.port, asked };
    });
    expect(result.asked).toEqual([{ type: 'change-request', value: { address: false, port: true } }]);
    expect(result.result).toMatchObject({ outcome: 'response', from: { port: result.origin } });
  });

  it('reports an error answer, and one that it may not act on', async () => {
    const results = await scene(async ({ server, stun, there }) => {
      const answers: [MessageClass, (from: Endpoint) => Attribute[]][] = [
        ['error', () => [{ type: 'error-code', value: { code: 420, reason: 'Unknown Attribute' } }]],
        ['success', (from) => [mapped(from), { type: 'unknown', code: 0x7ffe, value: Buffer.alloc(0) }]],
        ['success', (from) => [mapped(from), { type: 'unknown', code: 0x0004, value: Buffer.alloc(8) }]],
      ];
      server.onMessage = (data, from) => {
        const [messageClass, attributes] = answers.shift()!;
        server.send(answer(decodeMessage(data), messageClass, attributes(from)), from);
      };
      return [await stun.binding(there), await stun.binding(there), await stun.binding(there)];
    });
    expect(results[0]).toEqual({ outcome: 'error', code: 420, reason: 'Unknown Attribute' });
    expect(results[1]).toMatchObject({ outcome: 'error', code: 420 });
    expect(results[2]).toMatchObject({ outcome: 'response' });
  });

  it('keeps transactions apart, and hands everything else on', async () => {
    const { results, heard } = await scene(async ({ server, stun, client, there, here }) => {
      const heard: string[] = [];
      stun.onMessage = (data) => heard.push(Buffer.from(data).toString());
      let count = 0;
      server.onMessage = (data, from) => {
        const request = decodeMessage(data);
        const port = ++count;
        // The first request is answered last.
        client.clock.after(port === 1 ? 100 : 0, () => {
          server.send(answer(request, 'success', [mapped({ ...from, port })]), from);
        });
        server.send(Buffer.from(`other ${port}`), from);
      };
      const results = await Promise.all([stun.binding(there), stun.binding(there)]);
      stun.close();
      server.send(Buffer.from('after'), here);
      await new Promise<void>((resolve) => client.clock.after(100, resolve));
      return { results, heard };
    });
    expect(results).toMatchObject([{ mapped: { port: 1 } }, { mapped: { port: 2 } }]);
    expect(heard).toEqual(['other 1', 'other 2', 'after']);
  });

  it('is cancelled by its signal and by close, before and during', async () => {
    const results = await scene(async ({ stun, client, there }) => {
      const abort = new AbortController();
      client.clock.after(700, () => abort.abort());
      const during = await stun.binding(there, { signal: abort.signal });
      const before = await stun.binding(there, { signal: abort.signal });
      client.clock.after(100, () => stun.close());
      const closed = await stun.binding(there);
      return [during, before, closed];
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it('hears on a connected socket that there is no server', async () => {
    const { result, tookUs } = await scene(async ({ world, client, server, there }) => {
      server.close();
      const socket = await client.udp.bind({ remote: there });
      const startUs = world.now;
      const result = await new StunClient(client, socket).binding(there);
      return { result, tookUs: world.now - startUs };
    });
    expect(result).toMatchObject({ outcome: 'unreachable', error: { code: 'ECONNREFUSED' } });
    expect(tookUs).toBe(4 * LATENCY_US);
  });

  it('has a limit on what waits', async () => {
    const results = await scene(async ({ stun, there }) => {
      const many = Array.from({ length: 257 }, () => stun.binding(there, { deadlineMs: 10 }));
      return Promise.all(many);
    });
    expect(results.filter(({ outcome }) => outcome === 'timeout')).toHaveLength(256);
    expect(results[256]).toMatchObject({ outcome: 'unreachable', error: { code: 'ENOBUFS' } });
  });
});
