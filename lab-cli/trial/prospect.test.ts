import { describe, expect, it } from 'vitest';
import { shipped } from '../../test/outcomes/shipped.ts';
import { prospectOf } from './prospect.ts';

describe('prospectOf', () => {
  it('takes the best that any plugin can do', () => {
    const scenario = shipped('race-grid');
    const of = (id: string) => {
      const cell = scenario.cells.find((each) => each.id === `${id},broadband`)!;
      return prospectOf(scenario, cell, null);
    };
    expect(of('eim-eif,apdm-apdf')).toEqual({ kind: 'certain' });
    expect(of('eim-apdf,apdm-apdf')).toMatchObject({ kind: 'chance', chance: expect.closeTo(0.9997, 4) });
    expect(of('apdm-apdf,apdm-apdf')).toEqual({ kind: 'impossible' });
  });
});
