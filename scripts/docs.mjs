// Writes the parts of the documentation that come out of the code. Run by `npm run docs`, after the build; a test fails
// when they are stale.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { writeApiDocs } from '../dist/lab-cli/docs/api-docs.js';
import { generatedDocs, withBlock } from '../dist/lab-cli/docs/generated-docs.js';

const SCHEMA = 'scenarios/scenario.schema.json';

process.chdir(new URL('..', import.meta.url).pathname);
const { schema, blocks } = await generatedDocs();
writeFileSync(SCHEMA, JSON.stringify(schema));
for (const [file, block] of blocks) writeFileSync(file, withBlock(file, readFileSync(file, 'utf8'), block));
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
spawnSync(process.execPath, [biome, 'format', '--write', SCHEMA, ...blocks.keys()], { stdio: 'inherit' });

const api = writeApiDocs(process.cwd(), 'docs/api');
if (api.status !== 0) {
  console.error(api.output);
  process.exit(1);
}
rmSync('docs/api/api.json');
