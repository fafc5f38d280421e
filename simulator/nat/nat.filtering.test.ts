import { describe, expect, test } from 'vitest';
import { Drive, type Row, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;

describe('filtering', () => {
  const opened: Row = ['out', 'a:5000', 's:1', 'x:5000'];
  rule('RFC 4787 REQ-8 who may send to a mapping', {
    'endpoint-independent: anybody': [
      { filtering: 'endpoint-independent' },
      [opened, ['in', 's:1', 'x:5000', 'a:5000'], ['in', 's:2', 'x:5000', 'a:5000'], ['in', 't:1', 'x:5000', 'a:5000']],
    ],
    'address-dependent: any port of an address that was sent to': [
      { filtering: 'address-dependent' },
      [
        opened,
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['in', 's:2', 'x:5000', 'a:5000'],
        ['in', 't:1', 'x:5000', 'filter: address-dependent'],
        ['out', 'a:5000', 't:9', 'x:5000'],
        ['in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
    'address-and-port-dependent: only what was sent to': [
      {},
      [
        opened,
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['in', 's:2', 'x:5000', 'filter: address-and-port-dependent'],
        ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['out', 'a:5000', 's:2', 'x:5000'],
        ['in', 's:2', 'x:5000', 'a:5000'],
      ],
    ],
    'nobody without a mapping': [
      { filtering: 'endpoint-independent' },
      [opened, ['in', 's:1', 'x:5001', 'nat: no mapping']],
    ],
  });

  rule('RFC 4787 section 5 filtering does not follow from mapping', {
    'endpoint-dependent mapping with endpoint-independent filtering': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' },
      [opened, ['in', 't:7', 'x:5000', 'a:5000']],
    ],
  });

  rule('RFC 4787 section 5 a permission ends on its own', {
    'while the mapping lives on': [
      {},
      [
        opened,
        ['wait', 60_000],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 59_999],
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 1],
        ['in', 's:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
    'address-dependent: with the last port that was sent to': [
      { filtering: 'address-dependent' },
      [
        opened,
        ['wait', 60_000],
        ['out', 'a:5000', 's:2', 'x:5000'],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 119_999],
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 1],
        ['in', 's:1', 'x:5000', 'filter: address-dependent'],
      ],
    ],
  });

  const twoMappings: Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'a:5001', 't:1', 'x:5001'],
  ];
  rule('filter scope', {
    'mapping: each has its own permissions': [
      {},
      [...twoMappings, ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent']],
    ],
    'host: all mappings of a host share them': [
      { filterScope: 'host' },
      [
        ...twoMappings,
        ['in', 't:1', 'x:5000', 'a:5000'],
        ['in', 's:1', 'x:5001', 'a:5001'],
        ['in', 't:2', 'x:5000', 'filter: address-and-port-dependent'],
        ['out', 'b:6000', 'u:1', 'x:6000'],
        ['in', 't:1', 'x:6000', 'filter: address-and-port-dependent'],
      ],
    ],
  });
});

describe('inbound session', () => {
  const random = { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: RANDOM } as const;
  rule('a reply to an admitted packet', {
    'none: takes the mapping of its own key': [
      random,
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '!$m'],
      ],
    ],
    'bind: leaves by the mapping that the packet came in on': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '$m'],
        ['out', 'a:5000', 't:2', '!$m'],
        ['count', 2],
      ],
    ],
    'bind: but not where the inside was first': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['out', 'a:5000', 't:1', '$own'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '$own'],
      ],
    ],
    'bind: ends with the timer': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['wait', 60_000],
        ['out', 'a:5000', 's:1', '$m'],
        ['wait', 60_000],
        ['out', 'a:5000', 't:1', '!$m'],
      ],
    ],
    'bind: opens no filter before the inside answers': [
      { ...random, filtering: 'address-dependent', inboundSession: 'bind', filterScope: 'host' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['out', 'a:6000', 't:1', '$n'],
        ['in', 't:9', '$m', 'a:5000'],
        ['wait', 119_000],
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:9', '$m', 'a:5000'],
        ['wait', 1_000],
        ['in', 't:9', '$m', 'filter: address-dependent'],
      ],
    ],
  });
});

describe('hairpin', () => {
  const bothOpen: Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'b:6000', 's:1', 'x:6000'],
  ];
  rule('RFC 4787 REQ-9 inside hosts reach each other by external endpoints', {
    'none breaks it': [{}, [...bothOpen, ['out', 'a:5000', 'x:6000', 'nat: hairpin off'], ['count', 2]]],
    'external-source, as REQ-9a wants': [
      { hairpin: 'external-source', filtering: 'endpoint-independent' },
      [...bothOpen, ['out', 'a:5000', 'x:6000', 'x:5000']],
    ],
    'internal-source breaks REQ-9a': [
      { hairpin: 'internal-source', filtering: 'endpoint-independent' },
      [...bothOpen, ['out', 'a:5000', 'x:6000', 'a:5000']],
    ],
    'through the filter, as any other packet': [
      { hairpin: 'external-source' },
      [
        ...bothOpen,
        ['out', 'a:5000', 'x:6000', 'filter: address-and-port-dependent'],
        ['out', 'b:6000', 'x:5000', 'x:6000'],
        ['out', 'a:5000', 'x:6000', 'x:5000'],
      ],
    ],
    'to nobody': [{ hairpin: 'external-source' }, [['out', 'a:5000', 'x:6000', 'nat: no mapping']]],
  });

  test('RFC 4787 REQ-9 the packet arrives inside, at the internal endpoint', () => {
    const drive = new Drive({ hairpin: 'external-source', filtering: 'endpoint-independent' });
    drive.play(bothOpen);
    const [event] = drive.udp('out', 'a:5000', 'x:6000');
    expect(event.kind).toBe('inside');
    expect(drive.nameOf(event.packet.destination, event.packet.destinationPort)).toBe('b:6000');
  });
});
