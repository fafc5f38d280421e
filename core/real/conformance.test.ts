import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import { clockSuite } from '../ports/clock.suite.ts';
import type { Lab } from '../ports/lab.suite.ts';
import { tcpSuite } from '../ports/tcp.suite.ts';
import { udpSuite } from '../ports/udp.suite.ts';
import { createRealHost } from './index.ts';

/** Listens, says where, and never comes back to its event loop, so that nothing is ever accepted. */
const DEAF_LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  require('node:net').createServer().listen({ host: workerData, port: 0, backlog: 1 }, function () {
    parentPort.postMessage(this.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** A system queues the backlog and one more; what comes then is dropped. More than enough to fill the queue. */
const FILLERS = 8;

/** The machine itself, over its loopback interface. */
class LoopbackLab implements Lab {
  readonly hosts = [createRealHost(), createRealHost()] as const;
  readonly addresses: readonly [string, string];
  readonly #before = openSockets();
  #deaf: Worker | undefined;
  #fillers: Socket[] = [];

  constructor(address: string) {
    this.addresses = [address, address];
  }

  async silent(): Promise<Endpoint> {
    const host = this.addresses[1];
    const deaf = new Worker(DEAF_LISTENER, { eval: true, workerData: host });
    this.#deaf = deaf;
    const port = await new Promise<number>((resolve) => deaf.once('message', resolve));
    await new Promise<void>((resolve) => {
      let connected = 0;
      this.#fillers = Array.from({ length: FILLERS }, () =>
        connect({ host, port }, () => {
          if (++connected === 2) resolve();
        }),
      );
    });
    return { address: host, port };
  }

  run<T>(body: () => Promise<T>): Promise<T> {
    return body();
  }

  async close(): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    await this.#deaf?.terminate();
    // Handles are closed by the event loop's next turns.
    for (let turn = 0; turn < 100 && openSockets() > this.#before; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(openSockets()).toBeLessThanOrEqual(this.#before);
  }
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((type) => /^(TCP|UDP)/.test(type)).length;
}

function loopbackSuites(address: string): void {
  const makeLab = async (): Promise<Lab> => new LoopbackLab(address);
  udpSuite(`real sockets on ${address}`, makeLab);
  tcpSuite(`real sockets on ${address}`, makeLab);
}

const hasIpv6 = Object.values(networkInterfaces()).some((infos) => infos?.some(({ address }) => address === '::1'));

loopbackSuites('127.0.0.1');
clockSuite('real time', async () => new LoopbackLab('127.0.0.1'));

describe.skipIf(!hasIpv6)('with IPv6 (skipped on a machine without ::1)', () => loopbackSuites('::1'));

test('the loopback interface is listed, with its prefix', () => {
  const loopback = createRealHost()
    .interfaces()
    .filter((each) => each.loopback)
    .flatMap((each) => each.addresses);
  expect(loopback).toContainEqual({ address: '127.0.0.1', family: 4, prefixLength: 8 });
});
