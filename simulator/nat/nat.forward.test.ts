import { describe, expect, it } from 'vitest';
import { Drive } from './drive.suite.ts';

/** A NAT whose owner has led x:7000 to a:5000. */
function forwarding(description: ConstructorParameters<typeof Drive>[0], protocol: 'udp' | 'tcp') {
  const drive = new Drive(description);
  expect(drive.nat.forward(protocol, 7000, drive.addressOf('a'), 5000)).toBe(true);
  return drive;
}

const STRICT = { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' } as const;

describe('a port that the NAT’s owner leads inside', () => {
  it.each([{}, STRICT, { ...STRICT, ports: { overlapping: true } }, { inboundSession: 'bind' as const }])(
    'is open to everybody for UDP, and answers leave by it, with %j',
    (description) => {
      forwarding(description, 'udp').play([
        ['in', 's:1', 'x:7000', 'a:5000'],
        ['in', 't:9', 'x:7000', 'a:5000'],
        ['out', 'a:5000', 's:1', 'x:7000'],
        ['out', 'a:5000', 'u:3', 'x:7000'],
        ['wait', 3_600_000],
        ['in', 'u:8', 'x:7000', 'a:5000'],
        ['in', 's:1', 'x:7001', 'nat: no mapping'],
      ]);
    },
  );

  it.each([{}, STRICT, { tcp: { afterReset: 'remove' as const } }])('the same for TCP, with %j', (description) => {
    forwarding(description, 'tcp').play([
      ['syn in', 's:1', 'x:7000', 'a:5000'],
      ['synack out', 'a:5000', 's:1', 'x:7000'],
      ['ack in', 's:1', 'x:7000', 'a:5000'],
      ['rst in', 's:1', 'x:7000', 'a:5000'],
      ['wait', 30_000_000],
      ['syn in', 't:2', 'x:7000', 'a:5000'],
      ['ack in', 'u:2', 'x:7000', 'tcp: no session'],
    ]);
  });

  it('leaves alone what its host has open elsewhere', () => {
    const drive = new Drive();
    drive.play([['out', 'a:5000', 's:1', 'x:5000']]);
    drive.nat.forward('udp', 7000, drive.addressOf('a'), 5000);
    drive.play([
      ['out', 'a:5000', 's:1', 'x:5000'],
      ['in', 's:1', 'x:5000', 'a:5000'],
      ['out', 'a:5000', 't:1', 'x:7000'],
    ]);
  });

  it('is nobody else’s, and free again once it is withdrawn', () => {
    const drive = forwarding({}, 'udp');
    const b = drive.addressOf('b');
    expect(drive.nat.forward('udp', 7000, b, 1)).toBe(false);
    expect(drive.nat.forward('tcp', 7000, b, 1)).toBe(true);
    expect(drive.nat.forward('udp', 7001, drive.addressOf('a'), 5000)).toBe(false);
    drive.play([['out', 'b:7000', 's:1', '!x:7000']]);
    drive.nat.withdraw('udp', 7000);
    drive.nat.withdraw('udp', 7000);
    drive.play([['in', 's:1', 'x:7000', 'nat: no mapping']]);
    expect(drive.removed.at(-1)).toMatchObject({ reason: 'withdrawn' });
    drive.wait(200_000); // RFC 6888 REQ-8
    expect(drive.nat.forward('udp', 7000, b, 1)).toBe(true);
  });

  it('is not to be had where a host has a mapping already', () => {
    const drive = new Drive();
    drive.play([['out', 'a:7000', 's:1', 'x:7000']]);
    expect(drive.nat.forward('udp', 7000, drive.addressOf('b'), 1)).toBe(false);
  });

  it('outlives ICMP errors, but no reboot', () => {
    const drive = forwarding({ icmp: { errorEndsMapping: true } }, 'udp');
    expect(drive.nat.mappings()).toHaveLength(1);
    drive.play([['flush'], ['in', 's:1', 'x:7000', 'nat: no mapping']]);
    expect(drive.nat.mappings()).toEqual([]);
  });

  it('counts against no quota', () => {
    const drive = forwarding({ limits: { perHost: 1, mappings: 1 } }, 'udp');
    drive.play([
      ['out', 'a:1', 's:1', 'x:1'],
      ['out', 'a:2', 's:1', 'nat: mapping limit'],
    ]);
    drive.nat.withdraw('udp', 7000);
    drive.play([['out', 'a:2', 's:1', 'nat: mapping limit']]);
  });
});
