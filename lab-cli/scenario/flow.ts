import { Document } from 'yaml';

/** YAML on one line. */
export function flow(value: unknown): string {
  return new Document(value).toString({ collectionStyle: 'flow', lineWidth: 0 }).trim();
}
