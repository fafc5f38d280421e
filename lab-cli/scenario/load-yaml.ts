import type { z } from 'zod';
import { explain, text } from './explain.ts';
import { FileError } from './problem.ts';
import { readYaml } from './yaml-source.ts';

/**
 * Reads a YAML file of one schema.
 *
 * @param what the file should be, such as `a field plan`
 * @throws FileError with every problem of the text
 */
export function loadYaml<Shape extends z.ZodType>(
  yaml: string,
  file: string,
  shape: Shape,
  what: string,
): z.output<Shape> {
  const source = readYaml(yaml);
  const { root } = source;
  if (!root || source.problems.length > 0) throw new FileError(file, source.problems);
  if (typeof root.value !== 'object' || root.value === null || Array.isArray(root.value)) {
    const problem = text(`this is not ${what}`, 'a mapping that starts with "schema: 1"');
    throw new FileError(file, [source.problemAt(root.offset, problem)]);
  }
  const result = shape.safeParse(root.value);
  if (!result.success) throw new FileError(file, explain(result.error.issues, source));
  return result.data;
}
