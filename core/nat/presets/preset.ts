import { extendDescription, type NatDescription } from '../behaviour.ts';

/**
 * How well a field is known. `measured`: somebody measured it on such devices, and the source says who. `documented`: its
 * maker, or the standard that it follows, says so. `assumed`: nobody says so; the source tells why it was chosen.
 */
export type Confidence = 'measured' | 'documented' | 'assumed';

/** Fields of a behaviour that have one source. */
export interface SourcedFields {
  readonly says: NatDescription;
  readonly confidence: Confidence;
  /** Document and section. */
  readonly source: string;
}

/** A named point in the space of behaviours. The name is only a label: nothing may depend on it. */
export interface Preset {
  /** One plain sentence for a report's legend. */
  readonly summary: string;
  readonly behaviour: NatDescription;
  /** Where each field of the behaviour is from. What no source speaks of has its default. */
  readonly fields: readonly SourcedFields[];
}

/** A preset is what its sources say: so no field can be without one. */
export function preset(summary: string, ...fields: readonly SourcedFields[]): Preset {
  const behaviour = fields.reduce<NatDescription>((base, { says }) => extendDescription(base, says), {});
  return { summary, behaviour, fields };
}

export function measured(source: string, says: NatDescription): SourcedFields {
  return { says, confidence: 'measured', source };
}

export function documented(source: string, says: NatDescription): SourcedFields {
  return { says, confidence: 'documented', source };
}

export function assumed(source: string, says: NatDescription): SourcedFields {
  return { says, confidence: 'assumed', source };
}

/** The fields that a description speaks of, such as `udp.mapping`. A shorthand for UDP and TCP is both of them. */
export function fieldsOf(description: NatDescription): string[] {
  return Object.entries(extendDescription({}, description)).flatMap(([name, value]) => {
    const isGroup = typeof value === 'object' && !Array.isArray(value);
    return isGroup ? Object.keys(value).map((field) => `${name}.${field}`) : [name];
  });
}
