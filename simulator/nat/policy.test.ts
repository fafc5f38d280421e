import { describe, expect, test } from 'vitest';
import { Drive, rule } from './drive.suite.ts';

describe('outbound policies', () => {
  rule('a list of ports', {
    'lets out what goes to one of them, and its answers in': [
      { allow: ['udp/53', 'udp/443'] },
      [
        ['out', 'a:5000', 's:53', '$dns'],
        ['in', 's:53', '$dns', 'a:5000'],
        ['out', 'a:5000', 't:443', '$dns'],
        ['out', 'a:5000', 's:3478', 'policy: port not allowed'],
        ['count', 1],
      ],
    ],
    'is of one transport': [
      { allow: ['tcp/443'] },
      [
        ['out', 'a:5000', 's:443', 'policy: port not allowed'],
        ['syn out', 'a:5000', 's:443', '$https'],
        ['synack in', 's:443', '$https', 'a:5000'],
        ['ack out', 'a:5000', 's:443', '$https'],
        ['syn out', 'a:5001', 's:80', 'policy: port not allowed'],
      ],
    ],
    'keeps answers in, too': [
      { allow: ['udp/53'], filtering: 'endpoint-independent' },
      [
        ['out', 'a:5000', 's:53', '$dns'],
        ['in', 't:4000', '$dns', 'a:5000'],
        ['out', 'a:5000', 't:4000', 'policy: port not allowed'],
      ],
    ],
    'holds for what would be turned round': [
      { allow: ['udp/53'], hairpin: 'external-source', filtering: 'endpoint-independent' },
      [
        ['out', 'b:6000', 's:53', '$b'],
        ['out', 'a:5000', '$b', 'policy: port not allowed'],
      ],
    ],
    'may be empty: nothing leaves': [
      { allow: [] },
      [
        ['out', 'a:5000', 's:53', 'policy: port not allowed'],
        ['syn out', 'a:5000', 's:443', 'policy: port not allowed'],
        ['count', 0],
      ],
    ],
    'comes after what is blocked': [
      { allow: ['udp/53', 'tcp/443'], blocks: ['udp'] },
      [
        ['out', 'a:5000', 's:53', 'policy: udp blocked'],
        ['syn out', 'a:5000', 's:443', '$https'],
      ],
    ],
  });

  test('an ICMP error leaves if it is about a packet from an allowed port', () => {
    const drive = new Drive({ allow: ['udp/53'], filtering: 'endpoint-independent' });
    drive.play([['out', 'a:5000', 's:53', '$a']]);
    const fate = (source: string) => {
      const [arrived] = drive.udp('in', source, '$a');
      return drive.icmp('out', 'a', 'port-unreachable', arrived!.packet)[0]!;
    };
    expect(fate('s:53').kind).toBe('outside');
    expect(fate('t:4000').reason).toBe('policy: port not allowed');
  });
});
