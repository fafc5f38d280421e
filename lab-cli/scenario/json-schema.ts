import { z } from 'zod';
import { type Vocabulary, wordsOf } from './load-scenario.ts';
import { scenarioSections } from './scenario-shape.ts';
import { strictMap } from './shapes.ts';

/**
 * The JSON schema of scenario files, for completion and checks in editors. The command itself checks more: names that
 * must exist, cycles, repeats.
 */
export function scenarioJsonSchema(vocabulary: Vocabulary): Record<string, unknown> {
  const words = wordsOf(vocabulary, new Set(vocabulary.presets.keys()));
  // Draft 7 is what editors' YAML support understands best. `input`: durations and percentages are text in a file.
  const { $schema, ...schema } = z.toJSONSchema(strictMap(scenarioSections(words)), { target: 'draft-7', io: 'input' });
  return { $schema, title: 'Punchlab scenario', ...schema };
}
