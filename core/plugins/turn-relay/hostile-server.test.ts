import { Segment, SimHost, World } from '../../../simulator/index.ts';
import type { Lab } from '../../ports/lab.suite.ts';
import { createRealHost } from '../../real/index.ts';
import { hostileServerSuite } from './hostile-server.suite.ts';

const silent = () => Promise.reject(new Error('nothing here is silent'));

hostileServerSuite('over loopback sockets', async (): Promise<Lab> => {
  const hosts = [createRealHost(), createRealHost()] as const;
  return { hosts, addresses: ['127.0.0.1', '127.0.0.1'], silent, run: (body) => body(), close: async () => {} };
});

hostileServerSuite('in the simulator', async (): Promise<Lab> => {
  const world = new World({ seed: 'hostile server' });
  const segment = new Segment(world);
  const addresses = ['192.0.2.1', '192.0.2.2'] as const;
  const hosts = addresses.map((address) => {
    const host = new SimHost(world, address);
    host.attach(segment, { addresses: [`${address}/24`], link: { up: { latencyUs: 200 }, down: { latencyUs: 0 } } });
    return host;
  }) as [SimHost, SimHost];
  return {
    hosts,
    addresses,
    silent,
    run: async (body) => {
      const result = await world.run(body);
      if (result.outcome === 'crashed') throw result.error;
      if (result.outcome !== 'done') throw new Error(result.outcome);
      return result.value;
    },
    close: async () => {},
  };
});
