import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../package-root.ts';
import { loadYaml } from '../scenario/load-yaml.ts';
import { serveShape } from './serve-shape.ts';

const read = (file: string) => readFileSync(join(packageRoot(), file), 'utf8');

describe('what is written about serving', () => {
  it('shows a configuration that loads, with the defaults that there are', () => {
    const [, yaml] = /<!-- serve-config -->\n\n```yaml\n([\s\S]*?)```/.exec(read('docs/servers.md'))!;
    const { addresses, ...shown } = loadYaml(yaml!, 'docs/servers.md', serveShape, 'a configuration');
    expect(addresses).toHaveLength(2);
    expect(shown).toEqual(serveShape.parse({ schema: 1 }));
  });

  it('builds an image from what there is', () => {
    const text = read('Dockerfile');
    const copied = [...text.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((name) => !existsSync(join(packageRoot(), name)))).toEqual([]);
    // What the build compiles, and the packages of ours that `npm ci` links.
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    expect(copied).toEqual(expect.arrayContaining([...include, 'shims', 'scripts']));
    const [, entry] = /^ENTRYPOINT (.+)$/m.exec(text)!;
    expect((JSON.parse(entry!) as string[]).slice(1, 3)).toEqual(['dist/lab-cli/main.js', 'serve']);
    const ignored = read('.dockerignore');
    for (const name of copied) expect(ignored).toContain(`!${name}\n`);
  });
});
