import { describe, expect, it } from 'vitest';
import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import { compileNat } from './compile-nat.ts';
import { ADM, APDM, EIM, lines, SITE } from './rulesets.suite.ts';
import { UNSUPPORTED } from './unsupported-cases.suite.ts';

describe('what the kernel cannot do exactly is refused by its name', () => {
  it.each(UNSUPPORTED)('%s', (start, description, site = {}) => {
    const compiled = compileNat(resolveBehaviour(description), { ...SITE, ...site });
    expect(compiled.kind === 'unsupported' && compiled.reason).toMatch(new RegExp(`^${start}[:,]`));
  });

  it('even if the vocabulary has grown since', () => {
    const behaviour = resolveBehaviour({});
    const grown: [object, RegExp][] = [
      [{ novelty: 'on' }, /^novelty: on: /],
      [{ udp: { ...behaviour.udp, novelty: 3 } }, /^udp.novelty: 3: /],
      [{ ports: { ...behaviour.ports, allocation: 'lottery' } }, /^ports.allocation: lottery: /],
    ];
    for (const [change, reason] of grown) {
      const compiled = compileNat({ ...behaviour, ...change }, SITE);
      expect(compiled).toEqual({ kind: 'unsupported', reason: expect.stringMatching(reason) });
    }
  });

  it('but not a timer that no trial lives to see', () => {
    expect(lines({ udp: { timeoutMs: 120_000, refresh: 'outbound' } })).not.toEqual([]);
    expect(lines({ tcp: { unsolicited: 'icmp' } }, { lifeMs: 5000 }).join()).not.toContain('reject');
  });

  it('and answers elsewhere than by the mapping only where there is another one', () => {
    expect(lines({ mapping: APDM, filtering: EIM, inboundSession: 'bind' })).not.toEqual([]);
    expect(lines({ mapping: ADM, filtering: ADM })).not.toEqual([]);
  });
});
