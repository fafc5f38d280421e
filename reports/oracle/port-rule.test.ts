import { describe, expect, it } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { portRule, searchRoom } from './port-rule.ts';

type Ports = NonNullable<NatDescription['ports']>;

const nats = (...layers: readonly Ports[]) => layers.map((ports) => resolveBehaviour({ ports }));

describe('what can be told of the next ports', () => {
  it.each<[string, readonly Ports[], string]>([
    ['a constant', [{ allocation: 'offset' }], 'follow'],
    ['a constant, and others map', [{ allocation: 'offset', contention: 2 }], 'chance'],
    ['ports that are kept, and others map', [{ allocation: 'preserving', contention: 2 }], 'chance'],
    ['a constant in a range too short for all local ports', [{ allocation: 'offset', range: [1024, 9000] }], 'chance'],
    ['an odd constant, parity kept', [{ allocation: 'offset', offset: 7, parity: true }], 'random'],
    ['a count along with local ports', [{ allocation: 'local-sequential', step: 3 }], 'follow'],
    ['the same with an even step, parity kept', [{ allocation: 'local-sequential', step: 2, parity: true }], 'random'],
    ['the same, and others map', [{ allocation: 'local-sequential', contention: 9 }], 'chance'],
    ['a count along with a constant', [{ allocation: 'offset' }, { allocation: 'local-sequential' }], 'follow'],
    ['a count along with a count', [{ allocation: 'sequential' }, { allocation: 'local-sequential' }], 'follow'],
    ['along with one in twos', [{ allocation: 'sequential', step: 2 }, { allocation: 'local-sequential' }], 'random'],
    ['along with random ports', [{ allocation: 'random' }, { allocation: 'local-sequential' }], 'random'],
    ['a constant after random ports', [{ allocation: 'random' }, { allocation: 'offset' }], 'random'],
    [
      'a count after random ports, parity kept',
      [{ allocation: 'random' }, { allocation: 'sequential', parity: true }],
      'chance',
    ],
    [
      'a count along with a count, parity kept',
      [{ allocation: 'sequential' }, { allocation: 'sequential', parity: true }],
      'follow',
    ],
    ['a count after random ports', [{ allocation: 'random' }, { allocation: 'sequential' }], 'follow'],
  ])('%s', (_, layers, expected) => {
    expect(portRule(nats(...layers))).toBe(expected);
  });
});

it('where any of several addresses may be next (RFC 4787 REQ-2), a count is that of one of them', () => {
  const anyOf = (allocation: 'sequential' | 'random' | 'preserving') =>
    resolveBehaviour({ ports: { allocation }, addresses: 3, pooling: 'arbitrary' });
  const kept = resolveBehaviour({ ports: { allocation: 'preserving' } });
  expect(portRule([anyOf('sequential')])).toBe('chance');
  expect(portRule([anyOf('preserving')])).toBe('chance');
  expect(portRule([anyOf('random')])).toBe('random');
  expect(portRule([anyOf('preserving'), kept])).toBe('follow');
  expect(portRule([anyOf('sequential'), kept])).toBe('chance');
});

describe('where a search has to look', () => {
  it.each<[string, Ports, number]>([
    ['a constant', { allocation: 'offset', offset: -10_000 }, 16_384],
    ['a constant that leads round the end of the range', { allocation: 'offset', offset: 1000 }, 64_512],
    ['local ports that do not follow each other', { allocation: 'local-sequential' }, 64_512],
  ])('%s', (_, ports, expected) => {
    expect(searchRoom(nats(ports)).range).toBe(expected);
  });
});
