import { describe, expect, test } from 'vitest';
import { Drive, type Row, rule } from './drive.suite.ts';

const MINUTE = 60_000;
const ESTABLISHED = 124 * MINUTE;

const opened: readonly Row[] = [['syn out', 'a:5000', 's:1', 'x:5000']];
const established: readonly Row[] = [
  ...opened,
  ['synack in', 's:1', 'x:5000', 'a:5000'],
  ['ack out', 'a:5000', 's:1', 'x:5000'],
];
const alive: readonly Row[] = [['ack in', 's:1', 'x:5000', 'a:5000']];
const gone: readonly Row[] = [
  ['ack in', 's:1', 'x:5000', 'nat: no mapping'],
  ['count', 0],
];

describe('timers', () => {
  rule('RFC 5382 REQ-5 an established connection may be idle for 2 h 4 min', {
    'established, as required': [
      {},
      [...established, ['wait', ESTABLISHED - 1], ...alive, ['wait', ESTABLISHED], ...gone],
    ],
    '15 min, too short': [
      { tcp: { establishedMs: 15 * MINUTE } },
      [...established, ['wait', 15 * MINUTE - 1], ...alive, ['wait', 15 * MINUTE], ...gone],
    ],
    'either side refreshes': [
      {},
      [
        ...established,
        ['wait', ESTABLISHED - 1],
        ['ack out', 'a:5000', 's:1', 'x:5000'],
        ['wait', ESTABLISHED - 1],
        ...alive,
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
    'not before both SYNs are acknowledged': [
      {},
      [...opened, ['synack in', 's:1', 'x:5000', 'a:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'nor by an acknowledgement of something else': [
      {},
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'a:5000'],
        ['ack in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
  });

  rule('RFC 5382 REQ-5 a transitory connection may be idle for 4 min', {
    'before it is established': [{}, [...opened, ['wait', 4 * MINUTE - 1], ['synack in', 's:1', 'x:5000', 'a:5000']]],
    'no longer': [{}, [...opened, ['wait', 4 * MINUTE], ...gone]],
    'after a FIN': [
      {},
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE - 1],
        ...alive,
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'after a FIN from outside': [
      {},
      [...established, ['fin in', 's:1', 'x:5000', 'a:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'after a FIN, however late that comes': [
      {},
      [
        ...established,
        ['wait', 10 * MINUTE],
        ...alive,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'after an RST, however late that comes': [
      {},
      [
        ...established,
        ['wait', 10 * MINUTE],
        ...alive,
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'again after an established one has gone': [
      {},
      [...established, ['wait', ESTABLISHED], ...gone, ...opened, ['wait', 4 * MINUTE], ...gone],
    ],
    'until the ports are used again': [
      {},
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['fin in', 's:1', 'x:5000', 'a:5000'],
        ...established,
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
  });

  rule('RFC 5382 REQ-5 a mapping lives as long as one of its sessions', {
    'the established one': [
      {},
      [
        ...established,
        ['syn out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ['synack in', 't:1', 'x:5000', 'tcp: no session'],
        ...alive,
        ['count', 1],
      ],
    ],
  });

  rule('RFC 7857 section 2.2 after an RST', {
    'hold: 4 min more': [
      {},
      [
        ...established,
        ['rst in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 4 * MINUTE - 1],
        ...alive,
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'hold: also from inside': [
      {},
      [...established, ['rst out', 'a:5000', 's:1', 'x:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'remove: at once': [
      { tcp: { afterReset: 'remove' } },
      [...established, ['rst in', 's:1', 'x:5000', 'a:5000'], ...gone],
    ],
    'remove: even before the SYN is answered': [
      { tcp: { afterReset: 'remove' } },
      [...opened, ['rstack in', 's:1', 'x:5000', 'a:5000'], ...gone],
    ],
    'remove: from inside too': [
      { tcp: { afterReset: 'remove' } },
      [...established, ['rst out', 'a:5000', 's:1', 'x:5000'], ...gone],
    ],
    'remove: only that session': [
      { tcp: { afterReset: 'remove' } },
      [
        ...established,
        ['syn out', 'a:5000', 't:1', 'x:5000'],
        ['rstack in', 't:1', 'x:5000', 'a:5000'],
        ['count', 1],
        ...alive,
        ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
  });

  rule('RFC 7857 section 7 an RST does not refresh', {
    'however many there are': [
      {},
      [
        ...established,
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 3 * MINUTE],
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['rst in', 's:1', 'x:5000', 'a:5000'],
        ['wait', MINUTE],
        ...gone,
      ],
    ],
  });

  test('a mapping that an RST ends says so', () => {
    const drive = new Drive({ tcp: { afterReset: 'remove' } });
    drive.play([...opened, ['rstack in', 's:1', 'x:5000', 'a:5000']]);
    expect(drive.removed.map(({ reason }) => reason)).toEqual(['reset']);
  });
});
