import { describe, expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { symmetricLink } from './link/link-model.ts';
import { Topology } from './topology.ts';
import { World } from './world/world.ts';

const link = symmetricLink({ latencyUs: 10_000 });
const NAT = resolveBehaviour({ mapping: 'endpoint-independent', filtering: 'endpoint-independent' });

describe('Topology', () => {
  it('punches through two NATs', async () => {
    const world = new World({ seed: 'x' });
    const net = new Topology(world);
    const server = net.server('s', { link });
    const a = net.side('a', { nats: [NAT, NAT], link });
    const result = await world.run(async () => {
      const echo = await server.udp.bind({ port: 3478 });
      echo.onMessage = (_data, from) => echo.send(Buffer.from(`${from.address}:${from.port}`), from);
      const client = await a.host.udp.bind({ port: 5000 });
      const seen = new Promise<string>((resolve) => {
        client.onMessage = (data) => resolve(String(data));
      });
      client.send(Buffer.from('hello'), { address: server.network.interfaces[0]!.addresses[0]!.address, port: 3478 });
      return await seen;
    });
    expect(result).toEqual({ outcome: 'done', value: '203.0.113.1:5000' });
  });
});
