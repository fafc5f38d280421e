import { describe } from 'vitest';
import { type Row, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;
const MINUTE = 60_000;
const ESTABLISHED = 124 * MINUTE;

const opened: readonly Row[] = [['syn out', 'a:5000', 's:1', 'x:5000']];
const established: readonly Row[] = [
  ...opened,
  ['synack in', 's:1', 'x:5000', 'a:5000'],
  ['ack out', 'a:5000', 's:1', 'x:5000'],
];
const alive: readonly Row[] = [['ack in', 's:1', 'x:5000', 'a:5000']];

describe('mapping and filtering', () => {
  const aim: readonly Row[] = [
    ['syn out', 'a:5000', 's:1', '$m'],
    ['syn out', 'a:5000', 's:2', '$m'],
    ['syn out', 'a:5000', 't:1', '$m'],
    ['count', 1],
  ];
  rule('RFC 5382 REQ-1 one external endpoint whatever the destination', {
    'endpoint-independent keeps it': [{ ports: RANDOM }, aim],
    'address-and-port-dependent breaks it': [
      { mapping: 'address-and-port-dependent', ports: RANDOM },
      [
        ['syn out', 'a:5000', 's:1', '$m'],
        ['syn out', 'a:5000', 's:2', '!$m'],
        ['count', 2],
      ],
    ],
  });

  rule('RFC 5382 REQ-3 who may open a connection to a mapping', {
    'endpoint-independent: anybody': [
      { filtering: 'endpoint-independent' },
      [...opened, ['syn in', 's:2', 'x:5000', 'a:5000'], ['syn in', 't:1', 'x:5000', 'a:5000']],
    ],
    'address-dependent: any port of an address that was sent to': [
      { filtering: 'address-dependent' },
      [...opened, ['syn in', 's:2', 'x:5000', 'a:5000'], ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn']],
    ],
    'address-and-port-dependent: only what was sent to': [
      {},
      [...opened, ['syn in', 's:1', 'x:5000', 'a:5000'], ['syn in', 's:2', 'x:5000', 'tcp: unsolicited syn']],
    ],
    'may differ from UDP (REQ-3b)': [
      { filtering: 'endpoint-independent', tcp: { filtering: 'address-and-port-dependent' } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['in', 't:1', 'x:5000', 'a:5000'],
        ...opened,
        ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
    'an accepted connection runs': [
      { filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'x:5000'],
        ['ack in', 't:1', 'x:5000', 'a:5000'],
        ['ack out', 'a:5000', 't:1', 'x:5000'],
      ],
    ],
    'an answered connection opens the filter, a refused one does not': [
      { filtering: 'address-dependent', filterScope: 'host' },
      [
        ...opened,
        ['syn out', 'a:5001', 't:1', 'x:5001'],
        ['syn in', 't:2', 'x:5000', 'a:5000'],
        ['rstack out', 'a:5000', 't:2', 'x:5000'],
        ['wait', 3 * MINUTE],
        ...opened,
        ['syn in', 't:2', 'x:5000', 'a:5000'],
        ['rstack out', 'a:5000', 't:2', 'x:5000'],
        ['wait', MINUTE],
        ['syn in', 't:3', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
  });

  rule('only a SYN opens a session', {
    outbound: [
      {},
      [
        ['ack out', 'a:5000', 's:1', 'tcp: no session'],
        ['rst out', 'a:5000', 's:1', 'tcp: no session'],
        ['synack out', 'a:5000', 's:1', 'tcp: no session'],
        ['count', 0],
        ...opened,
        ['ack out', 'a:5000', 't:1', 'tcp: no session'],
      ],
    ],
    inbound: [
      { filtering: 'endpoint-independent' },
      [
        ['ack in', 's:1', 'x:5000', 'nat: no mapping'],
        ...opened,
        ['ack in', 't:1', 'x:5000', 'tcp: no session'],
        ['rst in', 't:1', 'x:5000', 'tcp: no session'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
  });

  rule('inbound session: the SYN-ACK to an admitted SYN', {
    'none: has no session of its own': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'tcp: no session'],
        ['ack in', 't:1', 'x:5000', 'tcp: no session'],
      ],
    ],
    'bind: leaves by the mapping that the SYN came in on': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', inboundSession: 'bind' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'x:5000'],
        ['ack in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
  });

  rule('inbound session: a SYN to another mapping than the one in use with that remote', {
    'passes, and the connection that was there goes on': [
      {
        mapping: 'address-and-port-dependent',
        filtering: 'endpoint-independent',
        inboundSession: 'bind',
        ports: RANDOM,
      },
      [
        ['syn out', 'a:5000', 's:1', '$m'],
        ['syn out', 'a:5000', 't:1', '$own'],
        ['syn in', 't:1', '$m', 'a:5000'],
        ['ack in', 't:1', '$m', 'tcp: no session'],
        ['synack in', 't:1', '$own', 'a:5000'],
        ['ack out', 'a:5000', 't:1', '$own'],
        ['wait', 4 * MINUTE],
        ['count', 1],
        ['ack in', 't:1', '$own', 'a:5000'],
      ],
    ],
  });

  rule('policy', {
    'tcp-in refuses every inbound SYN, mapped or not': [
      { blocks: ['tcp-in'], filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'policy: tcp-in blocked'],
        ['syn in', 's:1', 'x:9', 'policy: tcp-in blocked'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
  });
});

describe('simultaneous open', () => {
  rule('RFC 5382 REQ-2 an inbound SYN while the own SYN is unanswered', {
    'passes, and the connection is established': [
      {},
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 's:1', 'x:5000'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
    'is refused': [
      { tcp: { simultaneousOpen: false } },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'tcp: simultaneous open refused'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'is refused, but not that of a later connection on the same ports': [
      { tcp: { simultaneousOpen: false } },
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['fin in', 's:1', 'x:5000', 'a:5000'],
        ['syn in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'is refused, even where anybody else may connect': [
      { filtering: 'endpoint-independent', tcp: { simultaneousOpen: false } },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'tcp: simultaneous open refused'],
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['syn in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
  });
});
