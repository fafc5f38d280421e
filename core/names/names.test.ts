import type { Lab } from '../ports/lab.suite.ts';
import { createRealHost } from '../real/index.ts';
import { namesSuite } from './names.suite.ts';

namesSuite(
  'real sockets',
  async (): Promise<Lab> => ({
    hosts: [createRealHost(), createRealHost()],
    addresses: ['127.0.0.1', '127.0.0.1'],
    silent: () => Promise.reject(new Error('nothing here is silent')),
    run: (body) => body(),
    close: async () => {},
  }),
);
