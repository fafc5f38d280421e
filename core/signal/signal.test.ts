import { expect } from 'vitest';
import type { Lab } from '../ports/lab.suite.ts';
import { createRealHost } from '../real/index.ts';
import { signalSuite } from './signal.suite.ts';
import { tcpStreamSuite } from './tcp-stream.suite.ts';

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((type) => type.startsWith('TCP')).length;
}

async function makeLab(): Promise<Lab> {
  const before = openSockets();
  return {
    hosts: [createRealHost(), createRealHost()],
    addresses: ['127.0.0.1', '127.0.0.1'],
    silent: () => Promise.reject(new Error('nothing here is silent')),
    run: (body) => body(),
    async close() {
      // Handles are closed by the event loop's next turns.
      for (let turn = 0; turn < 100 && openSockets() > before; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(openSockets()).toBe(before);
    },
  };
}

signalSuite('real sockets', makeLab);
tcpStreamSuite('real sockets', makeLab);
