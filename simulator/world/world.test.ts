import { describe, expect, it } from 'vitest';
import { symmetricLink } from '../link/link-model.ts';
import { Topology } from '../topology.ts';
import { World } from './world.ts';

describe('World', () => {
  it('carries datagrams in virtual time', async () => {
    const world = new World({ seed: 'x' });
    const net = new Topology(world);
    const link = symmetricLink({ latencyUs: 10_000, jitterUs: 3000 });
    const a = net.server('a', { link });
    const b = net.server('b', { link });
    const result = await world.run(async () => {
      const server = await b.udp.bind({ port: 3478 });
      server.onMessage = (data, from) => server.send(data, from);
      const client = await a.udp.bind();
      const echo = new Promise<string>((resolve) => {
        client.onMessage = (data, from) => resolve(`${Buffer.from(data)} ${from.address}:${from.port}`);
      });
      client.send(Buffer.from('hello'), { address: '192.0.2.3', port: 3478 });
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [await echo, world.now > 40_000, new Date().getUTCFullYear()];
    });
    expect(result).toEqual({ outcome: 'done', value: ['hello 192.0.2.3:3478', true, 2030] });
    expect(world.audit()).toEqual({ events: 0, udpSockets: 0, tcpSockets: 0 });
  });
});
