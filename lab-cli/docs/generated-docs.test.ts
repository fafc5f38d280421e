import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../package-root.ts';
import { generatedDocs, withBlock } from './generated-docs.ts';

const read = (file: string) => readFileSync(join(packageRoot(), file), 'utf8');
const docs = await generatedDocs();

describe('`npm run docs` would change nothing in', () => {
  it('scenarios/scenario.schema.json', () => {
    expect(JSON.parse(read('scenarios/scenario.schema.json'))).toEqual(docs.schema);
  });

  it.each([...docs.blocks])('%s', (file, block) => {
    expect(read(file)).toBe(withBlock(file, read(file), block));
  });
});
