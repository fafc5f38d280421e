import { describe, expect, it } from 'vitest';
import { judgeMapping } from './mapping-verdict.ts';

/** `1:3478 5000` is what port 3478 of the first address saw. */
function verdict(...seen: readonly string[]): string {
  const samples = seen.map((text) => {
    const [, address, port, mapped] = /^(\d):(\d+) (\d+)$/.exec(text)!;
    return {
      destination: { address: `192.0.2.${address}`, port: Number(port) },
      mapped: { address: '203.0.113.1', port: Number(mapped) },
    };
  });
  return judgeMapping(samples).value;
}

describe('judgeMapping', () => {
  it.each<[string, string, ...string[]]>([
    ['endpoint-independent', 'one for all', '1:1 5000', '2:1 5000', '2:2 5000'],
    ['address-dependent', 'one for each address', '1:1 5000', '2:1 6000', '2:2 6000'],
    ['address-and-port-dependent', 'one for each', '1:1 5000', '2:1 6000', '2:2 7000'],
    ['endpoint-independent', 'one for two plain servers', '1:1 5000', '2:1 5000'],
    ['endpoint-independent', 'one where address and port differ', '1:1 5000', '2:2 5000'],
    ['endpoint-dependent', 'one for each of two plain servers', '1:1 5000', '2:1 6000'],
    ['endpoint-dependent', 'one for each of three plain servers', '1:1 5000', '2:1 6000', '3:1 7000'],
    ['address-and-port-dependent', 'one for each port of a server', '1:1 5000', '1:2 6000'],
    ['unknown', 'one for both ports of a server', '1:1 5000', '1:2 5000'],
    ['unknown', 'one server', '1:1 5000'],
    ['unknown', 'one server that is asked twice', '1:1 5000', '1:1 5000'],
    ['unknown', 'no server'],
    ['unknown', 'one that comes back', '1:1 5000', '2:1 6000', '3:1 5000'],
    ['unknown', 'one for the port alone', '1:1 5000', '2:1 5000', '2:2 6000'],
    ['unknown', 'ports that matter here but not there', '1:1 5000', '1:2 5000', '2:1 6000', '2:2 7000'],
  ])('%s: %s', (value, _name, ...seen) => {
    expect(verdict(...seen)).toBe(value);
  });

  it('shows what it goes by', () => {
    const destination = { address: '192.0.2.1', port: 1 };
    const mapped = { address: '203.0.113.1', port: 5000 };
    expect(judgeMapping([{ destination, mapped }])).toEqual({
      value: 'unknown',
      why: 'one destination tells nothing: 192.0.2.1:1 sees 203.0.113.1:5000',
    });
  });
});
