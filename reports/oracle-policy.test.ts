import { describe, expect, it } from 'vitest';
import { type NatBehaviour, type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import { oracle } from './oracle.ts';

const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];
const nat = (description: NatDescription = {}): NatBehaviour => resolveBehaviour(description);
const router = nat({ translation: 'none' });

function possible(a: NatBehaviour, b: NatBehaviour): string {
  return oracle({ a: [a], b: [b], topology: 'separate', plugins: PLUGINS }).possible.join(' ');
}

describe('outbound policies', () => {
  it.each([
    ['only TCP to 443', nat({ allow: ['tcp/443'] }), 'turn-relay'],
    ['only DNS, HTTPS and QUIC', nat({ allow: ['udp/53', 'tcp/53', 'udp/443', 'tcp/443'] }), 'turn-relay'],
    ['only DNS: the broker is out of reach', nat({ allow: ['udp/53', 'tcp/53'] }), ''],
    ['only UDP to 443: a relay is in reach, but no broker', nat({ allow: ['udp/443'] }), ''],
    ['nothing at all', nat({ allow: [] }), ''],
    ['no NAT, but only TCP to 443', nat({ translation: 'none', allow: ['tcp/443'] }), 'turn-relay'],
    ['443 on a list, but TCP blocked', nat({ allow: ['tcp/443'], blocks: ['tcp'] }), ''],
  ])('%s, against a host that anybody can reach', (_, policy, expected) => {
    expect(possible(policy, router)).toBe(expected);
    expect(possible(router, policy)).toBe(expected);
  });

  it('says what is let out', () => {
    const { why } = oracle({
      a: [nat({ allow: ['tcp/443'] })],
      b: [nat({ allow: [] })],
      topology: 'separate',
      plugins: [],
    });
    expect(why).toContain('only tcp/443 let out');
    expect(why).toContain('nothing let out');
  });

  it('who lets in answers only can still be sent answers', () => {
    const guarded = nat({ blocks: ['tcp-in'] });
    expect(possible(guarded, nat())).toBe('tcp-punch udp-punch turn-relay');
    expect(possible(guarded, guarded)).toBe('udp-punch turn-relay');
  });
});
