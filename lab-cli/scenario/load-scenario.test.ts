import { describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

function load(...lines: string[]) {
  return loadScenario(scenarioText(...lines), 'm.yaml', VOCABULARY);
}

describe('fills in', () => {
  it('every default', () => {
    const { cells, ...rest } = load();
    expect(rest).toEqual({
      name: 'test',
      seed: 1,
      trials: 20,
      mode: 'race',
      topology: { name: 'separate', isolated: false, subscribers: 0 },
      timeLimitMs: 60_000,
      plugins: [
        { name: 'udp-punch', options: {} },
        { name: 'random-probe', options: {} },
      ],
      expectations: [],
    });
    expect(cells.map(({ id }) => id)).toEqual(['open,full-cone,broadband']);
  });

  it('a list of plugins in its order, with options', () => {
    expect(load('plugins: [random-probe: { sockets: 9, wait: 1.5s, order: rising }, udp-punch]').plugins).toEqual([
      { name: 'random-probe', options: { sockets: 9, waitMs: 1500, order: 'rising' } },
      { name: 'udp-punch', options: {} },
    ]);
  });

  it('expectations, as they are written', () => {
    const [expectation, everywhere] = load(
      'expect:',
      '  - where: { a: open, b: [full-cone] }',
      '    connected: "> 50%"',
      '    path: direct',
      '  - {}',
    ).expectations;
    expect(expectation).toEqual({
      text: '{ where: { a: open, b: [ full-cone ] }, connected: "> 50%", path: direct }',
      where: { a: ['open'], b: ['full-cone'] },
      connected: { operator: '>', ppm: 500_000 },
      path: 'direct',
      plugin: undefined,
    });
    expect(everywhere).toMatchObject({ where: {}, connected: { operator: '>=', ppm: 1_000_000 } });
  });
});

describe('cells', () => {
  it('come in the order a, b, link; every ordered pair is one', () => {
    const both = '[open, [full-cone, symmetric]]';
    const { cells } = load(`axes: { a: ${both}, b: ${both}, link: [lan, { latency: 20ms, jitter: 5ms, loss: 1% }] }`);
    expect(cells.map(({ id }) => id)).toEqual([
      'open,open,lan',
      'open,open,20ms-jitter-5ms-loss-1%',
      'open,full-cone+symmetric,lan',
      'open,full-cone+symmetric,20ms-jitter-5ms-loss-1%',
      'full-cone+symmetric,open,lan',
      'full-cone+symmetric,open,20ms-jitter-5ms-loss-1%',
      'full-cone+symmetric,full-cone+symmetric,lan',
      'full-cone+symmetric,full-cone+symmetric,20ms-jitter-5ms-loss-1%',
    ]);
    expect(cells[2]!.b.map(({ name }) => name)).toEqual(['full-cone', 'symmetric']);
    expect(cells[1]!.link).toEqual({
      name: '20ms-jitter-5ms-loss-1%',
      up: { latencyUs: 20_000, jitterUs: 5_000, lossPpm: 10_000 },
      down: { latencyUs: 20_000, jitterUs: 5_000, lossPpm: 10_000 },
    });
  });

  it('may have a link that differs by direction', () => {
    const { cells } = load('axes: { a: [open], b: [open], link: [{ up: { latency: 1ms }, down: satellite }] }');
    expect(cells[0]!.link.name).toBe('up-1ms-down-satellite');
    expect(cells[0]!.link.up.latencyUs).toBe(1_000);
    expect(cells[0]!.link.down.latencyUs).toBe(280_000);
  });
});

describe('topologies', () => {
  it('come with options or without', () => {
    const spec = (text: string) => load('axes: { a: [open], b: [open] }', `topology: ${text}`).topology;
    expect(spec('shared-cgn')).toEqual({ name: 'shared-cgn', isolated: false, subscribers: 0 });
    expect(spec('{ shared-cgn: { subscribers: 20 } }')).toEqual({
      name: 'shared-cgn',
      isolated: false,
      subscribers: 20,
    });
    const sameNat = load('axes: { a: [open] }', 'topology: { same-nat: { isolated: true } }').topology;
    expect(sameNat).toEqual({ name: 'same-nat', isolated: true, subscribers: 0 });
  });

  it.each(['same-lan', 'same-nat'])('%s puts b behind the NATs of a', (topology) => {
    const { cells, expectations } = load(
      'axes: { a: [full-cone, [open, symmetric]], link: [lan, fibre] }',
      `topology: ${topology}`,
      'expect: [{ where: { b: open+symmetric } }]',
    );
    expect(cells.map(({ id }) => id)).toEqual([
      'full-cone,full-cone,lan',
      'full-cone,full-cone,fibre',
      'open+symmetric,open+symmetric,lan',
      'open+symmetric,open+symmetric,fibre',
    ]);
    expect(cells[2]!.b).toEqual(cells[2]!.a);
    expect(expectations[0]!.where).toEqual({ b: ['open+symmetric'] });
  });

  it('shared-cgn pairs what has the same outermost NAT', () => {
    const { cells } = load(
      'axes: { a: [symmetric, [open, symmetric], full-cone], b: [full-cone, [full-cone, symmetric]] }',
      'topology: shared-cgn',
    );
    expect(cells.map(({ id }) => id)).toEqual([
      'symmetric,full-cone+symmetric,broadband',
      'open+symmetric,full-cone+symmetric,broadband',
      'full-cone,full-cone,broadband',
    ]);
  });
});
