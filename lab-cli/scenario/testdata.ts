import type { PluginOptions } from '../../core/plugins/plugin-options.ts';
import { LINKS } from './links.ts';
import type { Vocabulary } from './load-scenario.ts';

/** A small vocabulary, so that these tests do not depend on which presets and plugins there are. */
export const VOCABULARY: Vocabulary = {
  presets: new Map([
    ['open', { summary: 'no NAT', fields: [], behaviour: { translation: 'none' } }],
    ['full-cone', { summary: 'filters nothing', fields: [], behaviour: { filtering: 'endpoint-independent' } }],
    [
      'symmetric',
      {
        summary: 'a mapping for each destination',
        fields: [],
        behaviour: { udp: { mapping: 'address-and-port-dependent' }, ports: { allocation: 'random' } },
      },
    ],
  ]),
  links: LINKS,
  populations: new Map([
    [
      'mostly-open',
      {
        summary: '',
        source: 'nowhere',
        weightsPpm: new Map([
          ['open', 900_000],
          ['full-cone', 100_000],
        ]),
      },
    ],
  ]),
  plugins: new Map<string, PluginOptions>([
    ['udp-punch', {}],
    [
      'random-probe',
      {
        sockets: { kind: 'number', min: 1, max: 1024, default: 256, meaning: 'How many sockets it opens' },
        waitMs: { kind: 'duration', min: 0, max: 8000, default: 100, meaning: 'How long it waits' },
        order: { kind: 'choice', choices: ['random', 'rising'], default: 'random', meaning: 'How it goes on' },
      },
    ],
  ]),
};

/** A scenario that is correct but for what is put in place of its lines. */
export function scenarioText(...lines: readonly string[]): string {
  const keys = new Set(lines.map((line) => line.split(':')[0]));
  const base = ['schema: 1', 'name: test', 'axes: { a: [open], b: [full-cone] }'];
  return [...base.filter((line) => !keys.has(line.split(':')[0])), ...lines].join('\n');
}
