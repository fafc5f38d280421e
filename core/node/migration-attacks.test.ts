import { describe, expect, it } from 'vitest';
import { UDP, udpPacket } from '../../simulator/packet.ts';
import type { UdpSocket } from '../ports/index.ts';
import { FRAME, frameKind, isFrame } from '../wire/proof.ts';
import { PipeStage, type Seen } from './pipe-stage.suite.ts';

const SETTING = { nats: ['full-cone', 'full-cone'] as const, connect: { plugins: ['udp-punch'] } };
const VICTIM = '198.51.100.77';

interface Scene {
  readonly stage: PipeStage;
  readonly thief: UdpSocket;
  readonly thiefs: string;
  /** Frames that the responder sends to the initiator, as they leave its NAT. */
  onFrame(told: (frame: Seen) => void): void;
  /** What the initiator's end has sent to this address: frames, and bytes of them. */
  sentTo(address: string): { frames: number; bytes: number };
}

/** A pipe, and a machine nearer to its initiator than the responder that sees what the responder sends. */
function withThief(body: (scene: Scene) => Promise<void>): Promise<void> {
  return PipeStage.run(SETTING, async (stage) => {
    const { host, address } = stage.server('thief');
    const thief = await host.udp.bind();
    const sent = new Map<string, { frames: number; bytes: number }>();
    stage.watch('a', ({ to, payload }) => {
      const [where] = to.split(':') as [string];
      const { frames, bytes } = sent.get(where) ?? { frames: 0, bytes: 0 };
      sent.set(where, { frames: frames + 1, bytes: bytes + payload.length });
    });
    await body({
      stage,
      thief,
      thiefs: address,
      onFrame: (told) =>
        stage.watch('b.nat1', (packet) => {
          if (packet.protocol === UDP && isFrame(packet.payload)) told(packet);
        }),
      sentTo: (where) => sent.get(where) ?? { frames: 0, bytes: 0 },
    });
    thief.close();
  });
}

const endpoint = (text: string) => {
  const [address, port] = text.split(':') as [string, string];
  return { address, port: Number(port) };
};

describe('somebody who sees the frames of a pipe and sends copies of them from elsewhere', () => {
  it('later, gets nothing for it', () =>
    withThief(async ({ stage, thief, thiefs, onFrame, sentTo }) => {
      const frames: Seen[] = [];
      onFrame((frame) => frames.push(frame));
      const talk = stage.listen();
      await stage.chat(talk, 2000, 50);
      for (const { payload, to } of [...frames]) thief.send(payload, endpoint(to));
      await stage.chat(talk, 2000, 50);
      await stage.sleep(1000);
      expect(frames.length).toBeGreaterThan(40);
      expect(sentTo(thiefs)).toEqual({ frames: 0, bytes: 0 });
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
    }));

  it.each([
    ['all frames', () => true],
    ['all but answers', (kind: number) => kind !== FRAME.response],
    ['data alone', (kind: number) => kind === FRAME.data],
  ])('sooner than the original, %s, and passes on what comes back: does not become the path', (_, passes) =>
    withThief(async ({ stage, thief, thiefs, onFrame, sentTo }) => {
      let places: { a: string; b: string } | undefined;
      let copied = 0;
      onFrame(({ payload, from, to }) => {
        places ??= { a: to, b: from };
        if (!passes(frameKind(payload))) return;
        copied += payload.length;
        const copy = Uint8Array.from(payload);
        // The original takes 20 ms to the core and as much again: the copy is there first.
        stage.world.scheduler.schedule(0, () => thief.send(copy, endpoint(to)));
      });
      thief.onMessage = (data) => thief.send(data, endpoint(places!.b));
      const talk = stage.listen();
      await stage.chat(talk, 20_000, 20);
      await stage.sleep(1000);
      // Whatever the thief does, the two understand each other, and he gets questions and no more.
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
      const got = sentTo(thiefs);
      expect(got.frames).toBeGreaterThan(0);
      expect(got.frames).toBeLessThan(60);
      expect(got.bytes).toBe(got.frames * 31);
      expect(got.bytes).toBeLessThan(copied);
    }),
  );

  it('in the name of a third place, has that place hear less than he has sent', () =>
    withThief(async ({ stage, onFrame, sentTo }) => {
      const { world } = stage;
      const { host } = stage.server('spoofer');
      let copied = 0;
      onFrame(({ payload, to }) => {
        const { address, port } = endpoint(to);
        const { addresses } = world;
        const ids = [addresses.id(VICTIM), addresses.id(address)] as const;
        const packet = udpPacket(world.nextPacketId(), ids[0], 53, ids[1], port, 64, Uint8Array.from(payload));
        copied += payload.length;
        world.scheduler.schedule(0, () => host.send(packet));
      });
      const talk = stage.listen();
      await stage.chat(talk, 20_000, 20);
      await stage.sleep(1000);
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
      const got = sentTo(VICTIM);
      expect(got.frames).toBeGreaterThan(0);
      expect(got.frames).toBeLessThan(60);
      expect(got.bytes).toBeLessThan(copied / 10);
    }));
});

describe('what a node makes of bytes from anywhere at the socket of a pipe', () => {
  it('is nothing, unless the peer has sealed them', () =>
    withThief(async ({ stage, thief, thiefs, onFrame, sentTo }) => {
      let to: string | undefined;
      onFrame((frame) => {
        to = frame.to;
      });
      const talk = stage.listen();
      await stage.chat(talk, 200, 50);
      const { random } = stage.nodes[0].host;
      for (const kind of Object.values(FRAME)) {
        for (let length = 0; length < 100; length += 7) {
          thief.send(Buffer.concat([Buffer.of(kind), random.bytes(length)]), endpoint(to!));
        }
      }
      await stage.chat(talk, 2000, 50);
      await stage.sleep(500);
      expect(sentTo(thiefs)).toEqual({ frames: 0, bytes: 0 });
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
    }));
});
