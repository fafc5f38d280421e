import * as net from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it, test } from 'vitest';
import { expectNetError } from '../ports/lab.suite.ts';
import { Acceptor } from '../ports/tcp-helpers.suite.ts';
import { createRealHost } from './index.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((infos) => infos?.some(({ address }) => address === '::1'));

test.skipIf(!hasIpv6)('a port that listens on IPv4 dials on IPv6 (skipped on a machine without ::1)', async () => {
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

describe('a port that is shared', () => {
  const missing = 'BoundSocket' in net ? undefined : `skipped: Node ${process.versions.node} has no net.BoundSocket`;
  const address = '127.0.0.1';

  it('dials while it listens, again and again', async (context) => {
    if (missing) return context.skip(missing);
    const { tcp } = createRealHost();
    const [one, other] = [await Acceptor.listen(tcp, { address }), await Acceptor.listen(tcp, { address })];
    const early = await tcp.dial(one.local); // Before anybody listens, without a thought of sharing.
    const { port } = early.local;
    const here = await Acceptor.listen(tcp, { address, port, shared: true });
    expect(here.shared).toBe(true);
    const late = await tcp.dial(other.local, { localPort: port });
    expect(late.local).toEqual({ address, port });
    const inbound = await tcp.dial({ address, port });
    const accepted = [await one.next(), await other.next(), await here.next()];
    expect(accepted.map(({ remote }) => remote.port)).toEqual([port, port, inbound.local.port]);
    await expectNetError('EADDRNOTAVAIL', tcp.dial(other.local, { localPort: port })); // There is that connection already.
    for (const connection of [early, late, inbound, ...accepted]) connection.reset();
    for (const each of [one, other, here]) each.close();
  });

  it('is nobody else’s', async (context) => {
    if (missing) return context.skip(missing);
    const { tcp } = createRealHost();
    const here = await Acceptor.listen(tcp, { address, shared: true });
    const { port } = here.local;
    await expectNetError(
      'EADDRINUSE',
      tcp.listen({ address, port }, () => {}),
    );
    here.close();
    const taken = await Acceptor.listen(tcp, { address });
    await expectNetError(
      'EADDRINUSE',
      tcp.listen({ address, port: taken.local.port, shared: true }, () => {}),
    );
    await expectNetError('EADDRINUSE', tcp.dial(here.local, { localPort: taken.local.port }));
    taken.close();
  });

  it('listens all the same where the system can’t', async () => {
    const { tcp } = createRealHost();
    const here = await tcp.listen({ address, shared: true }, () => {});
    expect(here.shared).toBe(missing === undefined);
    here.close();
  });
});
