import { extendDescription, type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Preset } from '../../core/nat/presets.ts';
import { describeNat, type WrittenNat } from './nat-shape.ts';
import type { NatSpec } from './types.ts';

/** An entry of `nats`. */
export interface NatEntry {
  readonly extends: string | undefined;
  readonly written: WrittenNat;
  /** The same as it stands in the file. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface NatProblem {
  readonly name: string;
  readonly key: 'extends' | 'ports' | undefined;
  readonly what: string;
  readonly expected?: string;
}

/** Follows every `extends`, completes what was left out, and adds the presets. */
export function resolveNats(
  presets: ReadonlyMap<string, Preset>,
  entries: ReadonlyMap<string, NatEntry>,
): { nats: ReadonlyMap<string, NatSpec>; problems: readonly NatProblem[] } {
  const nats = new Map<string, NatSpec>();
  const problems: NatProblem[] = [];
  for (const [name, { summary, behaviour }] of presets) {
    nats.set(name, { name, summary, behaviour: resolveBehaviour(behaviour) });
  }
  for (const [name, entry] of entries) {
    if (presets.has(name)) {
      const what = `"${name}" is the name of a preset`;
      problems.push({ name, key: undefined, what, expected: 'another name, with `extends` to build on the preset' });
      continue;
    }
    const lineage = lineageOf(name, entries);
    if (lineage.cyclic) {
      const what = `${lineage.names.join(' extends ')}, which never ends`;
      problems.push({ name, key: 'extends', what });
      continue;
    }
    const behaviour = resolveBehaviour(describe(lineage.names, presets, entries));
    const [first, last] = behaviour.ports.range;
    if (behaviour.ports.allocation === 'block' && behaviour.ports.blockSize > last - first + 1) {
      const what = `blocks of ${behaviour.ports.blockSize} ports do not fit into ${first} to ${last}`;
      problems.push({ name, key: 'ports', what });
    }
    nats.set(name, { name, summary: summarise(entry), behaviour });
  }
  return { nats, problems };
}

/** The names from `name` up to what extends nothing; in a cycle, up to the first name that comes again. */
function lineageOf(name: string, entries: ReadonlyMap<string, NatEntry>): { names: string[]; cyclic: boolean } {
  const names = new Set([name]);
  for (let next = entries.get(name)?.extends; next !== undefined; next = entries.get(next)?.extends) {
    if (names.has(next)) return { names: [...names, next], cyclic: true };
    names.add(next);
  }
  return { names: [...names], cyclic: false };
}

function describe(
  names: readonly string[],
  presets: ReadonlyMap<string, Preset>,
  entries: ReadonlyMap<string, NatEntry>,
): NatDescription {
  return names.reduceRight<NatDescription>((base, name) => {
    const entry = entries.get(name);
    const upper = entry ? describeNat(entry.written) : (presets.get(name)?.behaviour ?? {});
    return extendDescription(base, upper);
  }, {});
}

function summarise({ extends: base, raw }: NatEntry): string {
  const changes = Object.entries(raw)
    .filter(([key]) => key !== 'extends')
    .flatMap(([key, value]) =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).map(([inner, setting]) => `${key}.${inner} ${JSON.stringify(setting)}`)
        : [`${key} ${JSON.stringify(value)}`],
    );
  const what = changes.length > 0 ? ` with ${changes.join(', ')}` : '';
  return `${base ?? 'the default NAT'}${what}`.replaceAll('"', '');
}
