import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { expectNetError } from '../ports/lab.suite.ts';
import { Acceptor } from '../ports/tcp-helpers.suite.ts';
import { createRealHost } from './index.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((infos) => infos?.some(({ address }) => address === '::1'));

test.skipIf(!hasIpv6)('a port that listens on IPv4 dials on IPv6', async () => {
  const { tcp } = createRealHost();
  const remote = await Acceptor.listen(tcp, { address: '::1', port: 0 });
  const local = await tcp.listen({ address: '127.0.0.1' }, () => {});
  const connection = await tcp.dial(remote.local, { localPort: local.local.port });
  expect(connection.local).toEqual({ address: '::1', port: local.local.port });
  const accepted = await remote.next();
  connection.reset();
  accepted.reset();
  remote.close();
  local.close();
});

test('a name is no address: nothing is asked of the DNS', async () => {
  const { tcp, udp } = createRealHost();
  await expectNetError('EINVAL', tcp.dial({ address: 'localhost', port: 1 }));
  await expectNetError(
    'EINVAL',
    tcp.listen({ address: 'localhost' }, () => {}),
  );
  await expectNetError('EINVAL', udp.bind({ address: 'localhost' }));
});

test('what is no port is EINVAL', async () => {
  const { tcp, udp } = createRealHost();
  const address = '127.0.0.1';
  await expectNetError('EINVAL', tcp.dial({ address, port: 65_536 }));
  await expectNetError('EINVAL', tcp.dial({ address, port: 1 }, { localPort: -1 }));
  await expectNetError(
    'EINVAL',
    tcp.listen({ address, port: 65_536 }, () => {}),
  );
  await expectNetError('EINVAL', udp.bind({ address, port: 65_536 }));
});
