import { LINKS } from './links.ts';
import type { Vocabulary } from './load-scenario.ts';
import type { PluginOption } from './scenario-shape.ts';

/** A small vocabulary, so that these tests do not depend on which presets and plugins there are. */
export const VOCABULARY: Vocabulary = {
  presets: new Map([
    ['open', { summary: 'no NAT', source: '', behaviour: { translation: 'none' } }],
    ['full-cone', { summary: 'filters nothing', source: '', behaviour: { filtering: 'endpoint-independent' } }],
    [
      'symmetric',
      {
        summary: 'a mapping for each destination',
        source: '',
        behaviour: { udp: { mapping: 'address-and-port-dependent' }, ports: { allocation: 'random' } },
      },
    ],
  ]),
  links: LINKS,
  plugins: new Map<string, Readonly<Record<string, PluginOption>>>([
    ['udp-punch', {}],
    ['random-probe', { sockets: { min: 1, max: 1024, summary: 'Sockets on the endpoint-dependent side' } }],
  ]),
};

/** A scenario that is correct but for what is put in place of its lines. */
export function scenarioText(...lines: readonly string[]): string {
  const keys = new Set(lines.map((line) => line.split(':')[0]));
  const base = ['schema: 1', 'name: test', 'axes: { a: [open], b: [full-cone] }'];
  return [...base.filter((line) => !keys.has(line.split(':')[0])), ...lines].join('\n');
}
