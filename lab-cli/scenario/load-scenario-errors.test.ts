import { describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.ts';
import { FileError } from './problem.ts';
import { choice } from './shapes.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

function complaints(yaml: string): string[] {
  try {
    loadScenario(yaml, 'm.yaml', VOCABULARY);
  } catch (error) {
    if (error instanceof FileError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const AXIS = 'a list of 1 to 1000 NATs or chains of NATs';
const DURATION = 'with its unit, such as 20ms, 2m or 2h4m';
const LINK = `one of the links ${choice([...VOCABULARY.links.keys()])}`;
const PORT_RANGE = 'two ports, the first not above the last, such as [1024, 65535]';

describe('says what is wrong, where, what was expected and what may have been meant', () => {
  // The first three lines are `schema`, `name` and `axes`, unless the fragment has its own.
  it.each<[string[], string[]]>([
    [
      ['trails: 5'],
      [
        '4:1: unknown key "trails", expected schema, name, seed, trials, nats, axes, topology, plugins, mode, limits, events, clocks, population or expect; did you mean "trials"?',
      ],
    ],
    [
      ['events: [{ at: 2, side: c, do: reboo }]'],
      [
        '4:16: events[0].at is 2, expected a duration of 0ms to 720h in whole us, with its unit, such as 20ms, 2m or 2h4m',
        '4:25: events[0].side is "c", expected a or b; did you mean "a"?',
        '4:32: events[0].do is "reboo", expected reboot or renumber; did you mean "reboot"?',
      ],
    ],
    [
      ['events: [{ at: 2s, side: b, nat: 2, do: renumber }]'],
      ['4:34: value "full-cone" of axis b has no NAT 2 that translates, expected one that every value of the axis has'],
    ],
    [
      ['events: [{ at: 2s, side: a, do: reboot }]'],
      [
        '4:10: value "open" of axis a has no NAT 1 that translates or filters, expected one that every value of the axis has',
      ],
    ],
    [
      ['axes: { a: [{ ipv5: open }], b: [{ ipv6: open, wifi: open }] }'],
      [
        '3:15: unknown key "ipv5" in axes.a[0], expected ipv4, ipv6, ethernet, wifi or cellular; did you mean "ipv4"?',
        '3:34: axes.b[0] is a mapping, expected either ipv4 and ipv6, or interfaces: ethernet, wifi and cellular',
      ],
    ],
    [
      ['axes: { a: [open], b: [{ ipv6: full-cone }] }'],
      [
        '3:24: "full-cone" stands in front of IPv6, but translates ports of IPv4, expected translation: none, nptv6 or nat64, such as ipv6-firewall',
      ],
    ],
    [
      ['events: [{ at: 2s, side: b, do: reboot, for: 1s }]'],
      ['4:41: unknown key "for" in events[0], expected at, side, nat or do'],
    ],
    [
      ['clocks: { a: { ahead: 5m, behind: 5m }, b: { fast: 5m } }'],
      [
        '4:14: clocks.a is a mapping, expected either ahead or behind, with a duration',
        '4:46: unknown key "fast" in clocks.b, expected ahead or behind',
      ],
    ],
    [
      ['clocks: { a: { ahead: -5m } }'],
      [
        '4:23: clocks.a.ahead is "-5m", expected a duration of 1ms to 24h in whole ms, with its unit, such as 20ms, 2m or 2h4m',
      ],
    ],
    [['trials: 0'], ['4:9: trials is 0, expected a whole number from 1 to 1000000']],
    [['trials: many'], ['4:9: trials is "many", expected a whole number from 1 to 1000000']],
    [['seed: 1.5'], ['4:7: seed is 1.5, expected a whole number from 0 to 9007199254740991']],
    [['seed:'], ['4:6: seed is empty, expected a whole number from 0 to 9007199254740991']],
    [['schema: 2'], ['3:9: schema is 2, expected 1']],
    [['mode: rase'], ['4:7: mode is "rase", expected race or each; did you mean "race"?']],
    [
      ['nats: { n: { allow: [tcp/443, udp/65536] } }'],
      [
        '4:31: nats.n.allow[1] is "udp/65536", expected everything, or a list of at most 100 ports such as tcp/443 or udp/53',
      ],
    ],
    [
      ['nats: { n: { allow: nothing } }'],
      [
        '4:21: nats.n.allow is "nothing", expected everything, or a list of at most 100 ports such as tcp/443 or udp/53',
      ],
    ],
    [
      ['topology: same-lam'],
      ['4:11: topology is "same-lam", expected separate, same-lan, same-nat or shared-cgn; did you mean "same-lan"?'],
    ],
    [['topology: [same-lan]'], ['4:11: topology is a list, expected separate, same-lan, same-nat or shared-cgn']],
    [
      ['topology: { shared-cgn: {}, same-nat: {} }'],
      ['4:11: topology is a mapping, expected one topology and its options'],
    ],
    [
      ['topology: { same-nat: { isolatd: true } }'],
      ['4:25: unknown key "isolatd" in topology.same-nat, expected isolated; did you mean "isolated"?'],
    ],
    [
      ['topology: { shared-cgn: { subscribers: 501 } }'],
      ['4:40: topology.shared-cgn.subscribers is 501, expected a whole number from 0 to 500'],
    ],
    [
      ['topology: same-nat'],
      ['3:23: axes has a key "b", expected none, since with same-nat b is behind the NATs of a'],
    ],
    [
      ['axes: { a: [open, [open, symmetric]], b: [full-cone, symmetric] }', 'topology: shared-cgn'],
      [
        '3:13: axes.a has "open", expected an outermost NAT that is also one of axis b',
        '3:43: axes.b has "full-cone", expected an outermost NAT that is also one of axis a',
      ],
    ],
    [
      ['name: ../x'],
      [
        '3:7: name is "../x", expected lower-case letters, digits, dots, dashes and underscores, a letter or digit first, at most 64',
      ],
    ],
    [
      ['limits: { time: 60 }'],
      [`4:17: limits.time is 60, expected a duration of 1ms to 720h in whole ms, ${DURATION}`],
    ],
    [
      ['limits: { time: 0s }'],
      [`4:17: limits.time is "0s", expected a duration of 1ms to 720h in whole ms, ${DURATION}`],
    ],
    [['limits: { tme: 1s }'], ['4:11: unknown key "tme" in limits, expected time; did you mean "time"?']],
    [['axes: { a: [open] }'], [`3:7: axes has no key "b", expected ${AXIS}`]],
    [['axes: { a: [], b: [open] }'], [`3:12: axes.a is an empty list, expected ${AXIS}`]],
    [['axes: { a: open, b: [open] }'], [`3:12: axes.a is "open", expected ${AXIS}`]],
    [
      ['axes: { a: [ful-cone], b: [open] }'],
      [
        '3:13: unknown NAT "ful-cone", expected a preset (`lab list nats`) or an entry of nats; did you mean "full-cone"?',
      ],
    ],
    [
      ['axes: { a: [[open, symetric]], b: [open] }'],
      [
        '3:20: unknown NAT "symetric", expected a preset (`lab list nats`) or an entry of nats; did you mean "symmetric"?',
      ],
    ],
    [
      ['axes: { a: [5], b: [open] }'],
      ['3:13: axes.a[0] is 5, expected the name of a NAT, or a list of them: a chain, host side first'],
    ],
    [['axes: { a: [open, open], b: [open] }'], ['3:19: axes.a has "open" twice']],
    [
      ['axes: { a: [open], b: [open], link: [broadbnd] }'],
      [`3:38: unknown link "broadbnd", expected ${LINK}; did you mean "broadband"?`],
    ],
    [
      ['axes: { a: [open], b: [open], link: [fibre, { up: fibr, down: fibre }] }'],
      [`3:51: unknown link "fibr", expected ${LINK}; did you mean "fibre"?`],
    ],
    [
      ['axes: { a: [open], b: [open], link: [{ latency: 20ms }, { latency: 0.02s }] }'],
      ['3:57: axes.link has "20ms" twice'],
    ],
    [
      ['plugins: [udp-pnch]'],
      ['4:11: unknown plugin "udp-pnch", expected a plugin (`lab list plugins`); did you mean "udp-punch"?'],
    ],
    [['plugins: [udp-punch, udp-punch]'], ['4:22: plugins has "udp-punch" twice']],
    [
      ['plugins: [{ random-prob: { sockets: 5 } }]'],
      [
        '4:13: unknown key "random-prob" in plugins[0], expected udp-punch or random-probe; did you mean "random-probe"?',
      ],
    ],
    [
      ['plugins: [{ random-probe: { socks: 5 } }]'],
      [
        '4:29: unknown key "socks" in plugins[0].random-probe, expected sockets, wait or order; did you mean "sockets"?',
      ],
    ],
    [
      ['plugins: [{ random-probe: { sockets: 0 } }]'],
      ['4:38: plugins[0].random-probe.sockets is 0, expected a whole number from 1 to 1024'],
    ],
    [
      ['plugins: [{ random-probe: { wait: 9s } }]'],
      [
        '4:35: plugins[0].random-probe.wait is "9s", expected a duration of 0ms to 8s in whole ms, with its unit, such as 20ms, 2m or 2h4m',
      ],
    ],
    [
      ['plugins: [{ random-probe: { order: risin } }]'],
      ['4:36: plugins[0].random-probe.order is "risin", expected random or rising; did you mean "rising"?'],
    ],
    [['plugins: [{ udp-punch: { x: 0 } }]'], ['4:26: unknown key "x" in plugins[0].udp-punch, expected no keys']],
    [
      ['plugins: [{ udp-punch: {}, random-probe: {} }]'],
      ['4:11: plugins[0] is a mapping, expected one plugin and its options'],
    ],
    [
      ['nats: { my nat: {} }'],
      [
        '4:9: "my nat" in nats is no name, expected lower-case letters, digits, dots, dashes and underscores, a letter or digit first, at most 64',
      ],
    ],
    [
      ['nats: { n: { extends: symetric } }'],
      [
        '4:23: unknown NAT "symetric", expected a preset (`lab list nats`) or an entry of nats; did you mean "symmetric"?',
      ],
    ],
    [['nats: { n: { extends: n } }'], ['4:23: n extends n, which never ends']],
    [
      ['nats: { x: { extends: y }, y: { extends: z }, z: { extends: y } }'],
      [
        '4:23: x extends y extends z extends y, which never ends',
        '4:42: y extends z extends y, which never ends',
        '4:61: z extends y extends z, which never ends',
      ],
    ],
    [
      ['nats: { open: { mapping: address-dependent } }'],
      ['4:15: "open" is the name of a preset, expected another name, with `extends` to build on the preset'],
    ],
    [
      ['nats: { n: { mappin: address-dependent } }'],
      [
        '4:14: unknown key "mappin" in nats.n, expected extends, translation, firewall, mapping, filtering, ports, secondary, pooling, addresses, hairpin, inboundSession, inboundFirst, filterScope, udp, tcp, icmp, limits, scanGuard, blocks, allow or portMapping; did you mean "mapping"?',
      ],
    ],
    [
      ['nats: { n: { mapping: adress-dependent } }'],
      [
        '4:23: nats.n.mapping is "adress-dependent", expected endpoint-independent, address-dependent or address-and-port-dependent; did you mean "address-dependent"?',
      ],
    ],
    [['nats: { n: { ports: { range: [5, 4] } } }'], [`4:30: nats.n.ports.range is a list, expected ${PORT_RANGE}`]],
    [['nats: { n: { ports: { range: [5] } } }'], [`4:30: nats.n.ports.range is a list, expected ${PORT_RANGE}`]],
    [['nats: { n: { ports: { step: 0 } } }'], ['4:29: nats.n.ports.step is 0, expected a whole number other than 0']],
    [
      ['nats: { n: { ports: { allocation: block, range: [1, 100] } } }'],
      ['4:21: blocks of 512 ports do not fit into 1 to 100'],
    ],
    [['nats: { n: { ports: { parity: yes } } }'], ['4:31: nats.n.ports.parity is "yes", expected true or false']],
    [
      ['nats: { n: { udp: { timeout: 0.5ms } } }'],
      [`4:30: nats.n.udp.timeout is "0.5ms", expected a duration of 1ms to 720h in whole ms, ${DURATION}`],
    ],
    [
      ['nats: { n: { blocks: [udp, tpc] } }'],
      ['4:28: nats.n.blocks[1] is "tpc", expected udp, tcp, tcp-in or icmp; did you mean "tcp"?'],
    ],
    [['expect: [{ where: { a: opn } }]'], ['4:24: axis a has no value "opn", expected open; did you mean "open"?']],
    [['expect: [{ where: { b: [full-cone, x] } }]'], ['4:36: axis b has no value "x", expected full-cone']],
    [
      ['expect: [{ connected: 0.99 }]'],
      [
        '4:23: expect[0].connected is 0.99, expected a comparison with a share in quotes, such as ">= 0.99", ">= 99%" or "= 0"',
      ],
    ],
    [
      ['expect: [{ connected: ">= 2" }]'],
      [
        '4:23: expect[0].connected is ">= 2", expected a comparison with a share in quotes, such as ">= 0.99", ">= 99%" or "= 0"',
      ],
    ],
    [
      ['expect: [{ path: relay }]'],
      ['4:18: expect[0].path is "relay", expected lan, hairpin, direct or relayed; did you mean "relayed"?'],
    ],
    [
      ['plugins: [udp-punch]', 'expect: [{ plugin: random-probe }]'],
      ['5:20: plugin "random-probe" takes no part, expected udp-punch'],
    ],
  ])('%j', (lines, expected) => {
    expect(complaints(scenarioText(...lines))).toEqual(expected.map((line) => `m.yaml:${line}`));
  });

  it('all at once, in the order of the file', () => {
    const yaml = scenarioText('trials: 0', 'mode: rase', 'nats: { n: { mappin: 1 } }', 'seed: x', 'seed: 1');
    expect(complaints(yaml).map((line) => line.split(' ', 2).join(' '))).toEqual([
      'm.yaml:4:9: trials',
      'm.yaml:5:7: mode',
      'm.yaml:6:14: unknown',
      'm.yaml:7:7: seed',
      'm.yaml:8:1: the',
    ]);
  });

  it('but no more than fifty', () => {
    const yaml = scenarioText(...Array.from({ length: 70 }, (_, index) => `key${index}: 1`));
    const lines = complaints(yaml);
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('… and 20 more');
  });

  it.each(['just text', '- a list', '5'])('what is no scenario at all: %s', (yaml) => {
    expect(complaints(yaml)).toEqual([
      'm.yaml:1:1: this is no scenario, expected a mapping that starts with "schema: 1"',
    ]);
  });

  it('too many cells', () => {
    const nats = Array.from({ length: 400 }, (_, index) => `n${index}`);
    const entries = nats.map((name) => `${name}: {}`).join(', ');
    const yaml = scenarioText(`axes: { a: [${nats}], b: [${nats}] }`, `nats: { ${entries} }`);
    expect(complaints(yaml)).toEqual(['m.yaml:3:7: the axes span 160000 cells, expected at most 100000']);
  });
});
