import { expect, test } from 'vitest';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { InterfaceAddress, TcpConnection } from './index.ts';
import { expectNetError, inLab, type MakeLab } from './lab.suite.ts';
import { Acceptor, closeBoth, freePort, record } from './tcp-helpers.suite.ts';

/** Who may dial from, and listen on, which port; and how a dial ends. */
export function tcpPortCases(makeLab: MakeLab): void {
  outcomes(makeLab);
  giveUp(makeLab);
  onePort(makeLab);
  listening(makeLab);
}

function outcomes(makeLab: MakeLab): void {
  test(
    'both ends agree on their endpoints',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const acceptor = await Acceptor.listen(far.tcp, { address: unspecifiedAddress(familyOf(farAddress)), port: 0 });
      const { port } = acceptor.local;
      expect(port).toBeGreaterThan(0);
      const dialled = await near.tcp.dial({ address: farAddress, port });
      const accepted = await acceptor.next();
      expect(dialled.remote).toEqual({ address: farAddress, port });
      expect(dialled.local.address).toBe(nearAddress);
      expect(accepted.local).toEqual(dialled.remote);
      expect(accepted.remote).toEqual(dialled.local);
      acceptor.close();
      await closeBoth([dialled, record(dialled)], [accepted, record(accepted)]);
    }),
  );

  test(
    'a port without a listener refuses',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [, farAddress] }) => {
      const port = await freePort(far, farAddress);
      await expectNetError('ECONNREFUSED', near.tcp.dial({ address: farAddress, port }));
    }),
  );

  test(
    'a socket that dials itself connects: simultaneous open (RFC 9293 section 3.5, figure 7)',
    inLab(makeLab, async ({ hosts: [near], addresses: [address] }) => {
      const self = { address, port: await freePort(near, address) };
      const loop = await near.tcp.dial(self, { localAddress: address, localPort: self.port });
      expect([loop.local, loop.remote]).toEqual([self, self]);
      const heard = record(loop);
      loop.send(Buffer.from('echo'));
      loop.end();
      await heard.until(() => heard.isClosed);
      expect(heard.text).toBe('echo');
      expect(heard.log).toEqual(['data', 'end', 'closed']);
    }),
  );

  test(
    '50 dials at once are all accepted',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [, farAddress] }) => {
      const acceptor = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const dialled = await Promise.all(Array.from({ length: 50 }, () => near.tcp.dial(acceptor.local)));
      const accepted: TcpConnection[] = [];
      while (accepted.length < dialled.length) accepted.push(await acceptor.next());
      const ports = (connections: TcpConnection[], end: 'local' | 'remote') =>
        connections.map((connection) => connection[end].port).sort();
      expect(ports(accepted, 'remote')).toEqual(ports(dialled, 'local'));
      acceptor.close();
      for (const connection of [...dialled, ...accepted]) connection.reset();
    }),
  );
}

function giveUp(makeLab: MakeLab): void {
  test(
    'gives up after its timeout',
    inLab(makeLab, async (lab) => {
      const remote = await lab.silent();
      await expectNetError('ETIMEDOUT', lab.hosts[0].tcp.dial(remote, { timeoutMs: 100 }));
    }),
  );

  test(
    'gives up when it is aborted, before and while it dials',
    inLab(makeLab, async (lab) => {
      const remote = await lab.silent();
      const controller = new AbortController();
      const dial = lab.hosts[0].tcp.dial(remote, { signal: controller.signal, timeoutMs: 20_000 });
      lab.hosts[0].clock.after(10, () => controller.abort());
      await expectNetError('ECANCELED', dial);
      await expectNetError('ECANCELED', lab.hosts[0].tcp.dial(remote, { signal: controller.signal }));
    }),
  );

  test(
    'an abort after the connection is made changes nothing',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [, farAddress] }) => {
      const acceptor = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const controller = new AbortController();
      const dialled = await near.tcp.dial(acceptor.local, { signal: controller.signal, timeoutMs: 1000 });
      const accepted = await acceptor.next();
      controller.abort();
      acceptor.close();
      await closeBoth([dialled, record(dialled)], [accepted, record(accepted)]);
    }),
  );

  test(
    'a dial that gave up leaves its port free',
    inLab(makeLab, async (lab) => {
      const [{ tcp, clock }] = lab.hosts;
      const remote = await lab.silent();
      const localPort = await freePort(lab.hosts[0], lab.addresses[0]);
      for (let round = 0; round < 3; round++) {
        await expectNetError('ETIMEDOUT', tcp.dial(remote, { localPort, timeoutMs: 10 }));
        const controller = new AbortController();
        const dial = tcp.dial(remote, { localPort, signal: controller.signal });
        clock.after(10, () => controller.abort());
        await expectNetError('ECANCELED', dial);
      }
    }),
  );
}

function onePort(makeLab: MakeLab): void {
  test(
    'one local port dials several remotes at once',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const localPort = await freePort(near, nearAddress);
      const acceptors: Acceptor[] = [];
      for (let count = 0; count < 3; count++) {
        acceptors.push(await Acceptor.listen(far.tcp, { address: farAddress, port: 0 }));
      }
      const dialled = await Promise.all(acceptors.map(({ local }) => near.tcp.dial(local, { localPort })));
      for (const [index, acceptor] of acceptors.entries()) {
        const accepted = await acceptor.next();
        expect(accepted.remote).toEqual({ address: nearAddress, port: localPort });
        acceptor.close();
        await closeBoth([dialled[index]!, record(dialled[index]!)], [accepted, record(accepted)]);
      }
    }),
  );

  test(
    'so does a port that the first dial got without asking',
    inLab(makeLab, async (lab) => {
      const acceptor = await Acceptor.listen(lab.hosts[1].tcp, { address: lab.addresses[1], port: 0 });
      const dialled = await lab.hosts[0].tcp.dial(acceptor.local);
      const accepted = await acceptor.next();
      const port = await freePort(lab.hosts[1], lab.addresses[1]);
      const other = { address: lab.addresses[1], port };
      await expectNetError('ECONNREFUSED', lab.hosts[0].tcp.dial(other, { localPort: dialled.local.port }));
      acceptor.close();
      await closeBoth([dialled, record(dialled)], [accepted, record(accepted)]);
    }),
  );

  test(
    'the same pair of endpoints is one connection: a second dial is EADDRNOTAVAIL',
    inLab(makeLab, async (lab) => {
      const { tcp } = lab.hosts[0];
      const acceptor = await Acceptor.listen(lab.hosts[1].tcp, { address: lab.addresses[1], port: 0 });
      const local = { localAddress: lab.addresses[0], localPort: await freePort(lab.hosts[0], lab.addresses[0]) };
      const dialled = await tcp.dial(acceptor.local, local);
      const accepted = await acceptor.next();
      await expectNetError('EADDRNOTAVAIL', tcp.dial(acceptor.local, local));
      acceptor.close();
      await closeBoth([dialled, record(dialled)], [accepted, record(accepted)]);
    }),
  );

  test(
    'that holds while the first dial is still unanswered',
    inLab(makeLab, async (lab) => {
      const { tcp } = lab.hosts[0];
      const silent = await lab.silent();
      const local = { localAddress: lab.addresses[0], localPort: await freePort(lab.hosts[0], lab.addresses[0]) };
      const controller = new AbortController();
      const unanswered = tcp.dial(silent, { ...local, signal: controller.signal });
      const cancelled = expectNetError('ECANCELED', unanswered);
      await expectNetError('EADDRNOTAVAIL', tcp.dial(silent, local));
      controller.abort();
      await cancelled;
    }),
  );

  test(
    'refuses to dial from an address that the host does not have',
    inLab(makeLab, async ({ hosts: [near], addresses: [address] }) => {
      const localAddress = familyOf(address) === 4 ? '203.0.113.77' : '2001:db8::77';
      await expectNetError('EADDRNOTAVAIL', near.tcp.dial({ address, port: 9 }, { localAddress }));
    }),
  );
}

function listening(makeLab: MakeLab): void {
  test(
    'refuses a port that listens already, and an address that the host does not have',
    inLab(makeLab, async ({ hosts: [host], addresses: [address] }) => {
      const acceptor = await Acceptor.listen(host.tcp, { address, port: 0 });
      const { port } = acceptor.local;
      await expectNetError(
        'EADDRINUSE',
        host.tcp.listen({ address, port }, () => {}),
      );
      await expectNetError(
        'EADDRINUSE',
        host.tcp.listen({ family: familyOf(address), port }, () => {}),
      );
      acceptor.close();
      acceptor.close();
      const foreign = familyOf(address) === 4 ? '203.0.113.77' : '2001:db8::77';
      await expectNetError(
        'EADDRNOTAVAIL',
        host.tcp.listen({ address: foreign }, () => {}),
      );
    }),
  );

  test(
    'dial first, listen second: one port does both',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const remote = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const localPort = await freePort(near, nearAddress);
      const outbound = await near.tcp.dial(remote.local, { localPort });
      const local = await Acceptor.listen(near.tcp, { address: nearAddress, port: localPort });
      const inbound = await far.tcp.dial(local.local);
      const accepted = [await remote.next(), await local.next()];
      expect(accepted[1]!.remote).toEqual(inbound.local);
      const third = near.tcp.dial(remote.local, { localPort, localAddress: nearAddress });
      await expectNetError('EADDRINUSE', third);
      remote.close();
      local.close();
      for (const connection of [outbound, inbound, ...accepted]) connection.reset();
    }),
  );

  test(
    'a port that listens can not dial: EADDRINUSE',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const remote = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const local = await Acceptor.listen(near.tcp, { address: nearAddress, port: 0 });
      const localPort = local.local.port;
      await expectNetError('EADDRINUSE', near.tcp.dial(remote.local, { localPort }));
      await expectNetError('EADDRINUSE', near.tcp.dial(remote.local, { localPort, localAddress: nearAddress }));
      remote.close();
      local.close();
    }),
  );

  test(
    'a listener on another address of the host is in no dial’s way',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const own = near.interfaces().flatMap(({ addresses }) => addresses);
      const isOther = (each: InterfaceAddress) => each.address !== nearAddress && each.family === familyOf(nearAddress);
      const other = own.find(isOther);
      if (!other) return; // A machine with nothing but its loopback interface has no other address.
      const remote = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const local = await Acceptor.listen(near.tcp, { address: other.address, port: 0 });
      const dialled = await near.tcp.dial(remote.local, { localPort: local.local.port });
      expect(dialled.local).toEqual({ address: nearAddress, port: local.local.port });
      const accepted = await remote.next();
      remote.close();
      local.close();
      for (const connection of [dialled, accepted]) connection.reset();
    }),
  );

  test(
    'the toggle: close the listener, dial, and listen again, without a pause',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const remote = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const first = await Acceptor.listen(near.tcp, { address: nearAddress, port: 0 });
      const here = first.local;
      first.close();
      const dialling = near.tcp.dial(remote.local, { localAddress: here.address, localPort: here.port });
      const second = await Acceptor.listen(near.tcp, here);
      const outbound = await dialling;
      expect(outbound.local).toEqual(here);
      const inbound = await far.tcp.dial(here);
      const accepted = [await remote.next(), await second.next()];
      expect(accepted[1]!.remote).toEqual(inbound.local);
      remote.close();
      second.close();
      for (const connection of [outbound, inbound, ...accepted]) connection.reset();
    }),
  );

  test(
    'a listener that closes refuses dials, and keeps what it accepted',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [, farAddress] }) => {
      const acceptor = await Acceptor.listen(far.tcp, { address: farAddress, port: 0 });
      const dialled = await near.tcp.dial(acceptor.local);
      const accepted = await acceptor.next();
      acceptor.close();
      await expectNetError('ECONNREFUSED', near.tcp.dial(acceptor.local));
      const [atNear, atFar] = [record(dialled), record(accepted)];
      dialled.send(Buffer.from('still here'));
      await atFar.until(() => atFar.text === 'still here');
      await closeBoth([dialled, atNear], [accepted, atFar]);
    }),
  );
}
