import { expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { ACK, SYN, TCP, udpPacket } from '../packet.ts';
import { policyRefusal } from './policy.ts';

const udp = udpPacket(1, 1, 5000, 2, 53, 64, new Uint8Array(0));
const https = { ...udp, protocol: TCP, destinationPort: 443, flags: SYN } as const;
const answer = { ...https, flags: SYN | ACK };

test.each<[string, NatDescription, typeof udp, 'out' | 'in', string | undefined]>([
  ['nothing is refused by default', {}, udp, 'out', undefined],
  ['UDP both ways', { blocks: ['udp'] }, udp, 'out', 'policy: udp blocked'],
  ['UDP both ways', { blocks: ['udp'] }, udp, 'in', 'policy: udp blocked'],
  ['TCP both ways', { blocks: ['tcp'] }, https, 'out', 'policy: tcp blocked'],
  ['TCP both ways', { blocks: ['tcp'] }, answer, 'in', 'policy: tcp blocked'],
  ['a SYN from outside', { blocks: ['tcp-in'] }, https, 'in', 'policy: tcp-in blocked'],
  ['but no answer', { blocks: ['tcp-in'] }, answer, 'in', undefined],
  ['nor a SYN from inside', { blocks: ['tcp-in'] }, https, 'out', undefined],
  ['ports that are not listed', { allow: ['tcp/443'] }, udp, 'out', 'policy: port not allowed'],
  ['but none that is', { allow: ['tcp/443'] }, https, 'out', undefined],
  ['nor what comes in', { allow: ['tcp/443'] }, udp, 'in', undefined],
])('a router that does not translate refuses: %s', (_, description, packet, way, expected) => {
  expect(policyRefusal(resolveBehaviour(description), packet, way === 'in')).toBe(expected);
});
