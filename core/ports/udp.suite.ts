import { describe, expect, test } from 'vitest';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import { Inbox } from './inbox.suite.ts';
import { expectNetError, inLab, type MakeLab, settle } from './lab.suite.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A documentation address (RFC 5737, RFC 3849), which no host of a lab has. */
const foreignAddress = (beside: string): string => (familyOf(beside) === 4 ? '203.0.113.77' : '2001:db8::77');

/** What every Udp must do. */
export function udpSuite(world: string, makeLab: MakeLab): void {
  describe(`udp, ${world}`, () => {
    binding(makeLab);
    exchange(makeLab);
    connected(makeLab);
  });
}

function binding(makeLab: MakeLab): void {
  test(
    'binds an ephemeral port of the unspecified address unless told otherwise',
    inLab(makeLab, async ({ hosts: [host], addresses: [address] }) => {
      const family = familyOf(address);
      const one = await host.udp.bind({ family });
      const two = await host.udp.bind({ family });
      expect(one.local.address).toBe(unspecifiedAddress(family));
      expect(one.local.port).toBeGreaterThan(0);
      expect(two.local.port).not.toBe(one.local.port);
      one.close();
      two.close();
    }),
  );

  test(
    'refuses a port that is in use, on the address or on every address',
    inLab(makeLab, async ({ hosts: [host], addresses: [address] }) => {
      const first = await host.udp.bind({ address });
      const { port } = first.local;
      await expectNetError('EADDRINUSE', host.udp.bind({ address, port }));
      await expectNetError('EADDRINUSE', host.udp.bind({ family: familyOf(address), port }));
      first.close();
    }),
  );

  test(
    'refuses an address that the host does not have',
    inLab(makeLab, async ({ hosts: [host], addresses: [address] }) => {
      await expectNetError('EADDRNOTAVAIL', host.udp.bind({ address: foreignAddress(address) }));
    }),
  );

  test(
    'frees the port at once, and closing twice does nothing',
    inLab(makeLab, async ({ hosts: [host], addresses: [address] }) => {
      const first = await host.udp.bind({ address });
      const { port } = first.local;
      first.close();
      const second = await host.udp.bind({ address, port });
      first.close();
      await expectNetError('EADDRINUSE', host.udp.bind({ address, port }));
      second.close();
    }),
  );

  test(
    '500 sockets of one host each hear their own datagrams',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const hub = await near.udp.bind({ address: nearAddress });
      const replies = new Inbox(hub);
      const sockets = await Promise.all(Array.from({ length: 500 }, () => far.udp.bind({ address: farAddress })));
      for (const [index, socket] of sockets.entries()) {
        const inbox = new Inbox(socket);
        hub.send(bytes(`to ${index}`), socket.local);
        expect(await inbox.next()).toEqual({ text: `to ${index}`, from: hub.local });
        socket.send(bytes(`from ${index}`), hub.local);
        expect(await replies.next()).toEqual({ text: `from ${index}`, from: socket.local });
      }
      hub.close();
      for (const socket of sockets) socket.close();
    }),
  );
}

function exchange(makeLab: MakeLab): void {
  test(
    'carries datagrams both ways and tells where they came from',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      const [atOne, atTwo] = [new Inbox(one), new Inbox(two)];
      one.send(bytes('question'), two.local);
      expect(await atTwo.next()).toEqual({ text: 'question', from: one.local });
      two.send(bytes('answer'), one.local);
      expect(await atOne.next()).toEqual({ text: 'answer', from: two.local });
      one.close();
      two.close();
    }),
  );

  test(
    'sends from the address of the route when bound to the unspecified address',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ family: familyOf(nearAddress) });
      const two = await far.udp.bind({ family: familyOf(farAddress) });
      const atTwo = new Inbox(two);
      one.send(bytes('hello'), { address: farAddress, port: two.local.port });
      expect((await atTwo.next()).from).toEqual({ address: nearAddress, port: one.local.port });
      one.close();
      two.close();
    }),
  );

  test(
    'keeps the edges of datagrams, empty ones too, and loses what no datagram can hold',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      const atTwo = new Inbox(two);
      one.send(new Uint8Array(65_536), two.local);
      for (const length of [0, 1, 512, 1200, 1400]) {
        one.send(Buffer.alloc(length, 'x'), two.local);
        expect((await atTwo.next()).text).toBe('x'.repeat(length));
      }
      one.close();
      two.close();
    }),
  );

  test(
    'takes the bytes at once, and hands over bytes that are the receiver’s own',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      const received: Uint8Array[] = [];
      const buffer = Buffer.from('first!');
      const done = new Promise<void>((resolve) => {
        two.onMessage = (data) => {
          received.push(data);
          if (received.length === 2) resolve();
        };
      });
      one.send(buffer, two.local);
      buffer.write('second');
      one.send(buffer, two.local);
      buffer.fill(0);
      await done;
      received[1]!.fill(120);
      expect(received.map((data) => Buffer.from(data).toString())).toEqual(['first!', 'xxxxxx']);
      one.close();
      two.close();
    }),
  );

  test(
    'a hop limit holds for one datagram',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      const atTwo = new Inbox(two);
      for (const ttl of [undefined, 30, 255, undefined]) {
        one.send(bytes(`ttl ${ttl}`), two.local, ttl);
        expect((await atTwo.next()).text).toBe(`ttl ${ttl}`);
      }
      one.close();
      two.close();
    }),
  );

  test(
    'a closed socket sends nothing, and nobody sends to port 0',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const closed = await near.udp.bind({ address: nearAddress });
      const open = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      const atTwo = new Inbox(two);
      closed.close();
      closed.send(bytes('from the grave'), two.local);
      open.send(bytes('to nowhere'), { address: farAddress, port: 0 });
      open.send(bytes('alive'), two.local);
      expect((await atTwo.next()).text).toBe('alive');
      open.close();
      two.close();
    }),
  );

  test(
    'without a handler datagrams are lost, not kept',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const two = await far.udp.bind({ address: farAddress });
      one.send(bytes('early'), two.local);
      await settle(near.clock);
      const atTwo = new Inbox(two);
      one.send(bytes('late'), two.local);
      expect((await atTwo.next()).text).toBe('late');
      one.close();
      two.close();
    }),
  );

  test(
    'an unconnected socket hears no ICMP error (RFC 1122 section 4.1.3.3, as Linux reads it)',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const one = await near.udp.bind({ address: nearAddress });
      const shut = await far.udp.bind({ address: farAddress });
      shut.close();
      let errors = 0;
      one.onError = () => errors++;
      one.send(bytes('knock'), shut.local);
      await settle(near.clock);
      one.send(bytes('knock'), shut.local);
      await settle(near.clock);
      expect(errors).toBe(0);
      one.close();
    }),
  );
}

function connected(makeLab: MakeLab): void {
  test(
    'a connected socket has the address of the route, and hears and reaches its peer only',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const peer = await far.udp.bind({ address: farAddress });
      const stranger = await far.udp.bind({ address: farAddress });
      const socket = await near.udp.bind({ family: familyOf(nearAddress), remote: peer.local });
      const [atSocket, atPeer, atStranger] = [new Inbox(socket), new Inbox(peer), new Inbox(stranger)];
      expect(socket.local.address).toBe(nearAddress);
      stranger.send(bytes('who?'), socket.local);
      peer.send(bytes('me'), socket.local);
      expect(await atSocket.next()).toEqual({ text: 'me', from: peer.local });
      socket.send(bytes('astray'), stranger.local);
      socket.send(bytes('yes'), peer.local);
      expect(await atPeer.next()).toEqual({ text: 'yes', from: socket.local });
      peer.send(bytes('marker'), stranger.local);
      expect((await atStranger.next()).text).toBe('marker');
      for (const each of [peer, stranger, socket]) each.close();
    }),
  );

  test(
    'a connected socket hears that the port is closed, and works once it is open',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const shut = await far.udp.bind({ address: farAddress });
      shut.close();
      const socket = await near.udp.bind({ address: nearAddress, remote: shut.local });
      for (let round = 0; round < 2; round++) {
        const code = new Promise<string>((resolve) => {
          socket.onError = (error) => resolve(error.code);
        });
        socket.send(bytes('knock'), shut.local);
        expect(await code).toBe('ECONNREFUSED');
      }
      const opened = await far.udp.bind({ address: farAddress, port: shut.local.port });
      const atOpened = new Inbox(opened);
      socket.send(bytes('knock'), opened.local);
      expect((await atOpened.next()).text).toBe('knock');
      socket.close();
      opened.close();
    }),
  );

  test(
    'an error that waits costs no datagram',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const shut = await far.udp.bind({ address: farAddress });
      shut.close();
      const socket = await near.udp.bind({ address: nearAddress, remote: shut.local });
      socket.send(bytes('knock'), shut.local);
      const opened = await far.udp.bind({ address: farAddress, port: shut.local.port });
      const atOpened = new Inbox(opened);
      socket.send(bytes('again'), opened.local);
      // In a world with latency the first one finds the port open as well.
      const first = (await atOpened.next()).text;
      expect(first === 'knock' ? (await atOpened.next()).text : first).toBe('again');
      socket.close();
      opened.close();
    }),
  );
}
