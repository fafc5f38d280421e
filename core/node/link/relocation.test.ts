import { beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../simulator/world/random.ts';
import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import { Relocation } from './relocation.ts';

const OLD: Endpoint = { address: '203.0.113.1', port: 1000 };
const NEW: Endpoint = { address: '203.0.113.1', port: 2000 };
const OTHER: Endpoint = { address: '203.0.113.9', port: 3000 };
/** A question takes as much. */
const PING = 31;

describe('Relocation', () => {
  let nowMs: number;
  let place: Endpoint;
  let asked: { token: Uint8Array; place: Endpoint }[];
  let moves: string[];
  let timers: { atMs: number; task: () => void }[];
  let relocation: Relocation;
  beforeEach(() => {
    [nowMs, place, asked, moves, timers] = [0, OLD, [], [], []];
    const clock = {
      now: () => nowMs * 1000,
      wallMs: () => 0,
      after: (ms: number, task: () => void) => {
        const timer = { atMs: nowMs + ms, task };
        timers.push(timer);
        return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
      },
    };
    relocation = new Relocation({
      host: { clock, random: SeededRandom.fromText('relocation') },
      place: () => place,
      ask: (token, to) => asked.push({ token, place: to }),
      moved: (to) => {
        place = to;
        moves.push(formatEndpoint(to));
      },
    });
  });

  const wait = (ms: number) => {
    nowMs += ms;
    for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.task();
    }
  };
  const tokenFor = (to: Endpoint) => asked.findLast((each) => each.place === to)!.token;

  it('goes along once the new place has answered and the old one has had its time', () => {
    relocation.seen(NEW, PING);
    expect(asked.map((each) => each.place)).toEqual([OLD, NEW]);
    wait(80);
    relocation.answered(tokenFor(NEW), NEW);
    wait(159);
    expect(moves).toEqual([]);
    wait(1);
    expect(moves).toEqual(['203.0.113.1:2000']);
  });

  it('stays where the old place still leads to the peer, whatever way the answer takes', () => {
    for (const from of [undefined, NEW, OTHER]) {
      relocation.seen(NEW, PING);
      wait(5);
      relocation.answered(tokenFor(NEW), NEW);
      wait(60);
      relocation.answered(tokenFor(OLD), from);
      wait(5000);
    }
    expect(moves).toEqual([]);
  });

  it('goes back when the old place answers after all', () => {
    relocation.seen(NEW, PING);
    relocation.answered(tokenFor(NEW), NEW);
    wait(100);
    relocation.answered(tokenFor(OLD), undefined);
    expect(moves).toEqual(['203.0.113.1:2000', '203.0.113.1:1000']);
  });

  it('believes only the token that it has sent there, and only from there', () => {
    relocation.seen(NEW, PING);
    relocation.answered(tokenFor(NEW), undefined);
    relocation.answered(tokenFor(NEW), OTHER);
    relocation.answered(Buffer.alloc(8), NEW);
    relocation.answered(tokenFor(NEW).subarray(1), NEW);
    wait(2000);
    expect(moves).toEqual([]);
  });

  it('sends no more bytes to a place than came from there, and asks one at a time, five times a second', () => {
    relocation.seen(NEW, PING - 1);
    expect(asked).toEqual([]);
    relocation.seen(NEW, 1);
    expect(asked).toHaveLength(2);
    for (let ms = 0; ms < 1000; ms += 10) {
      relocation.seen(NEW, PING);
      relocation.seen(OTHER, PING);
      wait(10);
    }
    expect(asked.filter((each) => each.place === NEW)).toHaveLength(5);
    expect(asked.filter((each) => each.place === OTHER)).toEqual([]);
  });

  it('rests after a place that was none', () => {
    relocation.seen(OTHER, PING);
    wait(3000);
    for (let ms = 0; ms < 1990; ms += 10) {
      relocation.seen(NEW, PING);
      wait(10);
    }
    expect(asked).toHaveLength(2);
    wait(10);
    relocation.seen(NEW, PING);
    expect(asked.slice(2).map((each) => each.place)).toEqual([OLD, NEW]);
  });

  it('does nothing more once it is stopped', () => {
    relocation.seen(NEW, PING);
    relocation.answered(tokenFor(NEW), NEW);
    relocation.stop();
    wait(5000);
    expect([moves, timers]).toEqual([[], []]);
  });
});
