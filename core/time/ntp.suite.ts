import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import { inLab, type Lab, type MakeLab, pause } from '../ports/lab.suite.ts';
import { type NtpServerOptions, startNtpServer } from '../servers/ntp/ntp-server.ts';
import { decodeNtpPacket, encodeNtpPacket, type NtpPacket } from '../wire/ntp/packet.ts';
import { NtpClient } from './ntp-client.ts';

const start = ({ hosts, addresses }: Lab, options: NtpServerOptions = {}) =>
  startNtpServer(hosts[1], { address: addresses[1], port: 0, ...options });

/** A server that answers with whatever is made of a good answer. */
async function startLiar({ hosts, addresses }: Lab, lies: ((good: NtpPacket) => NtpPacket | Uint8Array)[]) {
  const socket = await hosts[1].udp.bind({ address: addresses[1] });
  let asked = 0;
  socket.onMessage = (data, from: Endpoint) => {
    asked++;
    const { transmit } = decodeNtpPacket(data);
    const now = 0xe900_0000_0000_0000n;
    const good: NtpPacket = {
      ...decodeNtpPacket(data),
      mode: 'server',
      stratum: 2,
      precision: -20,
      origin: transmit,
      receive: now,
      transmit: now,
    };
    for (const lie of lies) {
      const answer = lie(good);
      socket.send(answer instanceof Uint8Array ? answer : encodeNtpPacket(answer), from);
    }
  };
  return { local: socket.local, close: () => socket.close(), asked: () => asked };
}

/** NTP, client against server, in any world. */
export function ntpSuite(world: string, makeLab: MakeLab): void {
  describe(`NTP: ${world}`, () => {
    quorumTests(makeLab);
    refusalTests(makeLab);
  });
}

function quorumTests(makeLab: MakeLab): void {
  test(
    'most servers outvote one that is an hour off, and one that is silent',
    inLab(makeLab, async (lab) => {
      const silent = await lab.hosts[1].udp.bind({ address: lab.addresses[1] });
      const offsets = [5000, 5000, 5003, 3_600_000];
      const servers = await Promise.all(offsets.map((offsetMs) => start(lab, { offsetMs })));
      const client = new NtpClient(lab.hosts[0], {
        servers: [...servers.map(({ local }) => local), silent.local],
        timeoutMs: 500,
      });
      const { clock, accounts } = await client.read();
      const truthMs = lab.hosts[1].clock.wallMs() - lab.hosts[0].clock.wallMs() + 5000;
      expect(clock!.agreeing).toBe(3);
      expect(Math.abs(clock!.offsetMs - truthMs)).toBeLessThanOrEqual(clock!.errorMs + 2);
      expect(accounts[4]!.result).toBe('silent');
      // Two of five are not enough.
      servers[0]!.close();
      servers[1]!.close();
      expect((await client.read()).clock).toBeUndefined();
      for (const server of servers) server.close();
      silent.close();
    }),
  );

  test(
    'who asks too often is told so, once a second, and listens',
    inLab(makeLab, async (lab) => {
      const server = await start(lab, { rate: { burst: 3, perSecond: 0.1 } });
      const client = new NtpClient(lab.hosts[0], { servers: [server.local], timeoutMs: 500, samples: 4 });
      expect((await client.read()).accounts[0]!.result).toBe('kiss RATE');
      expect((await client.read()).accounts[0]!.result).toBe('kiss RATE');
      // Even a flood gets fewer bytes back than it sends, and one kiss a second.
      const socket = await lab.hosts[0].udp.bind({ remote: server.local });
      let answers = 0;
      socket.onMessage = () => answers++;
      const question = Buffer.alloc(48);
      question[0] = 0x23;
      question[47] = 1;
      for (let count = 0; count < 200; count++) socket.send(question, server.local);
      await pause(lab.hosts[0].clock, 300);
      expect(answers).toBeLessThanOrEqual(2);
      socket.close();
      server.close();
    }),
  );
}

function refusalTests(makeLab: MakeLab): void {
  test.each<[string, (good: NtpPacket) => NtpPacket | Uint8Array, string]>([
    ['another origin', (good) => ({ ...good, origin: good.origin + 1n }), 'silent'],
    ['no origin', (good) => ({ ...good, origin: 0n }), 'silent'],
    ['no time', (good) => ({ ...good, transmit: 0n }), 'silent'],
    ['another mode', (good) => ({ ...good, mode: 'client' }), 'silent'],
    ['a time before it was asked', (good) => ({ ...good, receive: good.transmit + (5n << 32n) }), 'silent'],
    ['half a packet', (good) => encodeNtpPacket(good).subarray(0, 30), 'silent'],
    ['a clock that is not set', (good) => ({ ...good, leap: 'unsynchronised' }), 'unsynchronised'],
    ['stratum 16', (good) => ({ ...good, stratum: 16 }), 'unsynchronised'],
    ['a source too far away', (good) => ({ ...good, rootDispersionS: 2 }), 'distant'],
    ['a kiss', (good) => ({ ...good, stratum: 0, referenceId: Buffer.from('DENY') }), 'kiss DENY'],
  ])('an answer with %s does not count', (_name, lie, refusal) =>
    inLab(makeLab, async (lab) => {
      const liar = await startLiar(lab, [lie]);
      const client = new NtpClient(lab.hosts[0], { servers: [liar.local], timeoutMs: 100, samples: 1 });
      const reading = await client.read();
      expect(reading.accounts[0]!.result).toBe(refusal);
      expect(reading.clock).toBeUndefined();
      await client.read();
      // Who said DENY is left alone for good.
      expect(liar.asked()).toBe(refusal === 'kiss DENY' ? 1 : 2);
      liar.close();
    })(),
  );

  test(
    'forgeries do not keep the true answer out',
    inLab(makeLab, async (lab) => {
      const forgeries = [
        () => Buffer.alloc(48),
        () => Buffer.alloc(3),
        (good: NtpPacket) => ({ ...good, origin: 5n }),
        (good: NtpPacket) => ({ ...good, origin: 7n, stratum: 0, referenceId: Buffer.from('DENY') }),
      ];
      const liar = await startLiar(lab, [...forgeries, (good) => good]);
      const client = new NtpClient(lab.hosts[0], { servers: [liar.local], timeoutMs: 500 });
      expect((await client.read()).clock).toMatchObject({ agreeing: 1 });
      liar.close();
    }),
  );
}
