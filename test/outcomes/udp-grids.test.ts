import { beforeAll, describe, expect, it } from 'vitest';
import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { oracle } from '../../reports/oracle.ts';
import { punch } from '../../reports/testdata/punch-model.ts';
import { checkBlock, columns } from './document.ts';
import { natExcerpt } from './excerpt.ts';
import { KeyedBindingLayer } from './keyed-binding-layer.ts';
import { type Ran, replay, run, shipped, withOptions } from './shipped.ts';

const KINDS = 'eim-eif eim-adf eim-apdf adm-eif adm-adf adm-apdf apdm-eif apdm-adf apdm-apdf'.split(' ');
const EXCERPT_LINES = 9;

/** Whoever sends first: it connects, it connects if a or b does, it does not. */
type Letter = 'D' | 'a' | 'b' | '.';

interface Grid {
  readonly knobs: string;
  readonly aFirst: readonly Ran[];
  readonly bFirst: readonly Ran[];
}

const grids = new Map<string, Grid>();

/** All 81 cells in both orders. Without binding the scenario leaves the order to the signalling, by which b is first. */
async function runGrid(knobs: string): Promise<Grid> {
  if (knobs.startsWith('none')) {
    const scenario = shipped(`grid-${knobs}`);
    return { knobs, aFirst: await run(withOptions(scenario, { first: 'initiator' })), bFirst: await run(scenario) };
  }
  const [aFirst, bFirst] = ['initiator', 'responder'].map((first) => shipped(`grid-${knobs}-${first}-first`));
  return { knobs, aFirst: await run(aFirst!), bFirst: await run(bFirst!) };
}

function letters({ aFirst, bFirst }: Grid): Letter[] {
  return aFirst.map(({ connected }, index) => {
    if (connected && bFirst[index]!.connected) return 'D';
    if (connected) return 'a';
    return bFirst[index]!.connected ? 'b' : '.';
  });
}

const count = (grid: Grid, wanted: string) => letters(grid).filter((letter) => wanted.includes(letter)).length;

beforeAll(async () => {
  for (const knobs of ['none-mapping', 'none-host', 'bind-mapping', 'bind-host']) {
    grids.set(knobs, await runGrid(knobs));
  }
}, 300_000);

describe('udp-punch over all 81 pairs of mapping and filtering', () => {
  it.each([
    ['none-mapping', 45, 45, 45, 45],
    ['none-host', 49, 49, 49, 49],
    ['bind-mapping', 55, 55, 53, 57],
    ['bind-host', 67, 67, 65, 69],
  ])('%s: %i connect if a is first, %i if b is, %i in both orders, %i in one of them', (knobs, a, b, both, any) => {
    const grid = grids.get(knobs)!;
    expect(grid.aFirst.map(({ cell }) => cell.axes.a)).toEqual(KINDS.flatMap((kind) => KINDS.map(() => kind)));
    expect([count(grid, 'Da'), count(grid, 'Db'), count(grid, 'D'), count(grid, 'Dab')]).toEqual([a, b, both, any]);
  });

  it('the oracle says always, sometimes and never of the cells that connect always, in one order, and never', () => {
    const expected = { always: 'D', sometimes: 'ab', never: '.' } as const;
    for (const grid of grids.values()) {
      for (const [index, letter] of letters(grid).entries()) {
        const { cell } = grid.aFirst[index]!;
        const nats = { a: cell.a.map(({ behaviour }) => behaviour), b: cell.b.map(({ behaviour }) => behaviour) };
        const [verdict] = oracle({ ...nats, topology: 'separate', plugins: ['udp-punch'] }).perPlugin;
        expect(expected[verdict!.expected as keyof typeof expected], `${grid.knobs} ${cell.id}`).toContain(letter);
      }
    }
  });

  it('docs/outcomes.md has the grids', () => {
    const heads = ['inboundSession', 'filterScope', 'a first', 'b first', 'both orders', 'either order'];
    const rows = [...grids.values()].map((grid) => {
      return [...grid.knobs.split('-'), ...['Da', 'Db', 'D', 'Dab'].map((wanted) => `${count(grid, wanted)}`)];
    });
    checkBlock('counts', columns([heads, ...rows]));
    for (const grid of grids.values()) {
      const cells = letters(grid);
      const table = KINDS.map((kind, row) => [kind, ...cells.slice(9 * row, 9 * row + 9)]);
      checkBlock(`grid-${grid.knobs}`, columns([['a \\ b', ...KINDS], ...table]));
    }
  });
});

it('bind, mapping: what connects in one order or the other is what the rule of eduP2P calls direct', () => {
  const rule = (a: string, b: string) => {
    const [eif, eim, adf] = [/-eif$/, /^eim-/, /^eim-adf$/].map(
      (kind) => [a, b].filter((side) => kind.test(side)).length,
    );
    return eif! > 0 || eim === 2 || adf! > 0;
  };
  const grid = grids.get('bind-mapping')!;
  const possible = letters(grid).map((letter) => letter !== '.');
  expect(possible).toEqual(KINDS.flatMap((a) => KINDS.map((b) => rule(a, b))));
});

describe('the cells in which the order decides', () => {
  const CELLS = ['eim-apdf,adm-eif', 'eim-apdf,apdm-eif', 'adm-eif,eim-apdf', 'apdm-eif,eim-apdf'];

  it('are these four, with either scope of the filter, and the scope changes not one packet', () => {
    const [mapping, host] = ['bind-mapping', 'bind-host'].map((knobs) => grids.get(knobs)!);
    const dependent = letters(mapping!).flatMap((letter, index) => {
      const { a, b } = mapping!.aFirst[index]!.cell.axes;
      return 'ab'.includes(letter) ? [`${a},${b}`] : [];
    });
    expect(dependent).toEqual([...CELLS]);
    expect(letters(host!).filter((letter) => 'ab'.includes(letter))).toHaveLength(CELLS.length);
    for (const order of ['aFirst', 'bFirst'] as const) {
      for (const [index, { cell, result }] of mapping![order].entries()) {
        if (!CELLS.includes(`${cell.axes.a},${cell.axes.b}`)) continue;
        expect(host![order][index]!.result.traceHash, cell.id).toBe(result.traceHash);
      }
    }
  });

  it.each(CELLS)('docs/outcomes.md shows how %s goes in either order', async (axes) => {
    for (const [first, name] of [
      ['initiator', 'a'],
      ['responder', 'b'],
    ]) {
      const { timeline } = await replay(shipped(`grid-bind-mapping-${first}-first`), `${axes},broadband`);
      checkBlock(`trace-${axes.replace(',', '-')}-${name}-first`, natExcerpt(timeline, 'UDP', EXCERPT_LINES));
    }
  });
});

describe('the published 53 and 61', () => {
  const nat = (knobs: string, kind: string): NatBehaviour => {
    const { cell } = grids.get(knobs)!.aFirst.find(({ cell: { axes } }) => axes.a === kind && axes.b === kind)!;
    return cell.a[0]!.behaviour;
  };
  const model = (knobs: string, ...layer: [] | [(nat: NatBehaviour) => KeyedBindingLayer]) => {
    return KINDS.flatMap((a) =>
      KINDS.filter((b) => {
        const chains = { a: [nat(knobs, a)], b: [nat(knobs, b)] };
        return punch(chains, 'a-first', ...layer) !== 'closed';
      }).map((b) => `${a},${b}`),
    );
  };
  const connected = (knobs: string) =>
    grids.get(knobs)!.aFirst.flatMap(({ cell: { axes }, connected: yes }) => (yes ? [`${axes.a},${axes.b}`] : []));

  it.each(['none-mapping', 'none-host', 'bind-mapping', 'bind-host'])(
    '%s: the model agrees with the engine',
    (knobs) => {
      expect(model(knobs)).toEqual(connected(knobs));
    },
  );

  it('are what the model gives if replies are bound for all that a mapping does not tell apart', () => {
    const keyed = (behaviour: NatBehaviour) => new KeyedBindingLayer(behaviour);
    const lost = ['bind-mapping', 'bind-host'].map((knobs) => {
      const left = model(knobs, keyed);
      return [left.length, connected(knobs).filter((cell) => !left.includes(cell))];
    });
    expect(lost).toEqual([
      [53, ['adm-eif,adm-apdf', 'adm-eif,apdm-apdf']],
      [
        61,
        [
          'adm-eif,adm-apdf',
          'adm-eif,apdm-apdf',
          'adm-adf,adm-apdf',
          'adm-adf,apdm-apdf',
          'adm-apdf,adm-adf',
          'apdm-apdf,adm-adf',
        ],
      ],
    ]);
  });

  it('docs/outcomes.md shows a bound session beside an address-dependent mapping', async () => {
    const scenario = shipped('grid-bind-host-initiator-first');
    const { timeline } = await replay(scenario, 'adm-adf,apdm-apdf,broadband');
    checkBlock('trace-adm-adf-apdm-apdf', natExcerpt(timeline, 'UDP', EXCERPT_LINES));
  });
});
