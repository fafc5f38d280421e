import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { PRESETS, type Preset } from '../../core/nat/presets.ts';
import { writeNat } from '../scenario/nat-shape.ts';
import { table } from './table.ts';

/** The NAT presets: what they do, and who says so. */
export function natTables(): string {
  const heads = ['Name', 'What it is', 'Mapping', 'Filtering', 'TCP', 'Ports', 'Hairpin', 'UDP timer', 'Lets out'];
  const overview = table(heads, Object.entries(PRESETS).map(overviewRow));
  const sources = Object.entries(PRESETS).map(([name, preset]) => `### \`${name}\`\n\n${sourceList(preset)}`);
  return `${overview}\n\n## Sources\n\n${sources.join('\n\n')}`;
}

function overviewRow([name, { summary, behaviour }]: [string, Preset]): string[] {
  const nat = resolveBehaviour(behaviour);
  const { translation, ports, udp, tcp, hairpin, blocks, allow } = nat;
  const words = [
    short(udp.mapping),
    short(udp.filtering),
    `${short(tcp.mapping)} / ${short(tcp.filtering)}`,
    ports.allocation,
    hairpin,
    String(writeNat(nat).udp?.timeout),
  ];
  const policy = allow === 'everything' ? blocks.map((block) => `no ${block}`) : allow;
  return [
    `\`${name}\``,
    summary,
    ...(translation === 'none' && !nat.firewall ? words.map(() => '') : words),
    policy.join(', '),
  ];
}

/** EI, AD and APD are what the papers write. */
function short(dependence: string): string {
  return { 'endpoint-independent': 'EI', 'address-dependent': 'AD' }[dependence] ?? 'APD';
}

function sourceList({ behaviour, fields }: Preset): string {
  const written: unknown = writeNat(resolveBehaviour(behaviour));
  return fields
    .map(({ says, confidence, source }) => {
      const settings = settingsOf(says, written).map((setting) => `\`${setting}\``);
      return `- ${confidence}: ${settings.join(', ')}. ${source}.`;
    })
    .join('\n');
}

/** The fields that a description speaks of, as a scenario would write them. */
function settingsOf(says: NatDescription, written: unknown): string[] {
  return Object.entries(says).flatMap(([name, value]) => {
    if (name === 'mapping' || name === 'filtering') return [`${name}: ${value}`];
    const own = (written as Record<string, unknown>)[name];
    if (typeof value !== 'object' || Array.isArray(value)) return [`${name}: ${text(own)}`];
    return Object.keys(value).map((field) => {
      const key = field.replace(/Ms$/, '');
      return `${name}.${key}: ${text((own as Record<string, unknown>)[key])}`;
    });
  });
}

function text(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
