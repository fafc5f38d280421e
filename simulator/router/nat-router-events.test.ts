import { expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { symmetricLink } from '../link/link-model.ts';
import { type Side, Topology } from '../topology.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';

const link = symmetricLink({ latencyUs: 10_000 });

/** Where an echo server sees one socket of the host before and after something happens, and what it then hears. */
async function around(nats: NatDescription[], event: (side: Side) => void) {
  const log = new TraceLog();
  const world = new World({ seed: 'events', observers: [log] });
  const net = new Topology(world);
  const side = net.side('home', { nats: nats.map(resolveBehaviour), link });
  const server = net.server('server', { link });
  const run = await world.run(async () => {
    const echo = await server.udp.bind({ port: 7 });
    echo.onMessage = (_data, from) => echo.send(Buffer.from(`${from.address}:${from.port}`), from);
    const socket = await side.host.udp.bind({ port: 5000 });
    const to = { address: server.interfaces()[1]!.addresses[0]!.address, port: 7 };
    const heard: string[] = [];
    socket.onMessage = (data) => heard.push(String(data));
    const pause = (ms: number) => new Promise<void>((resolve) => side.host.clock.after(ms, resolve));
    socket.send(Buffer.alloc(1), to);
    await pause(100);
    event(side);
    const [before] = heard.splice(0);
    const [address = '', port] = before!.split(':');
    echo.send(Buffer.from('to the old endpoint'), { address, port: Number(port) });
    await pause(100);
    const stray = heard.splice(0);
    socket.send(Buffer.alloc(1), to);
    await pause(100);
    return { before, stray, after: heard[0] };
  });
  if (run.outcome !== 'done') throw new Error(JSON.stringify(run));
  return { ...run.value, lines: [...log.lines(world.addresses)] };
}

const has = (lines: readonly string[], text: string) => lines.some((line) => line.includes(text));

test('a reboot loses mappings and keeps the address', async () => {
  const random: NatDescription = { ports: { allocation: 'random' } };
  const { before, stray, after, lines } = await around([random], ({ nats }) => nats[0]!.reboot());
  expect(stray).toEqual([]);
  expect(after!.split(':')[0]).toBe(before!.split(':')[0]);
  expect(after).not.toBe(before);
  for (const text of ['home.nat1  reboot', 'mapping flushed', 'nat: no mapping']) expect(has(lines, text)).toBe(true);
});

test.each([
  ['a home router', [{}], 0],
  ['a carrier, behind which there is a home router', [{}, {}], 1],
] as const)('renumbering %s changes the address that others see', async (_name, nats, which) => {
  const { before, stray, after, lines } = await around([...nats], (side) => side.nats[which]!.renumber());
  expect(stray).toEqual([]);
  expect(after).toMatch(/^203\.0\.113\.\d+:5000$/);
  expect(after).not.toBe(before);
  for (const text of ['renumber addresses=203.0.113.', 'mapping flushed', 'link: no such neighbour']) {
    expect(has(lines, text)).toBe(true);
  }
});

test('renumbering a home router behind a carrier changes nothing that others see', async () => {
  const { before, stray, after, lines } = await around([{}, {}], (side) => side.nats[0]!.renumber());
  expect(stray).toEqual([]);
  expect(has(lines, 'renumber addresses=100.64.0.')).toBe(true);
  expect(after!.split(':')[0]).toBe(before!.split(':')[0]);
});

test('all addresses of a pool change', async () => {
  const { lines } = await around([{ addresses: 3 }], (side) => {
    const old = side.nats[0]!.outside.addresses.map(({ address }) => address);
    side.nats[0]!.renumber();
    const renewed = side.nats[0]!.outside.addresses.map(({ address }) => address);
    expect(new Set([...old, ...renewed]).size).toBe(6);
  });
  expect(has(lines, 'renumber addresses=')).toBe(true);
});

test('a router that does not translate keeps its address', async () => {
  await expect(around([{ translation: 'none' }], (side) => side.nats[0]!.renumber())).rejects.toThrow();
});
