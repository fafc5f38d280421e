import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
const FILES = ['README.md', 'ARCHITECTURE.md', ...FOLDER.map((name) => `docs/${name}`)];
const TIMEOUT_MS = 120_000;

interface Example {
  readonly place: string;
  readonly code: string;
  /** What it prints, where the text says so before it. */
  readonly prints: string | undefined;
}

/** The TypeScript in a Markdown file. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:<!-- example: prints "([^"\n]*)" -->\n)?```ts\n(.*?)```/gs)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: match[2]!,
    prints: match[1] ?? printsOf(match[2]!),
  }));
}

/** What the comments at the ends of its lines say that it prints. */
function printsOf(code: string): string | undefined {
  const lines = [...code.matchAll(/ \/\/ prints: (.*)$/gm)].map(([, line]) => line);
  return lines.length > 0 ? lines.join('\n') : undefined;
}

/** Decorators and types are the compiler's, not Node's. */
function compiled(code: string): string {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}

const EXAMPLES = FILES.filter((file) => file.endsWith('.md')).flatMap(examplesOf);

/** The compiler's complaints, as for a file in the root of the project. */
function complaints(code: string): string[] {
  const name = join(ROOT, 'example.ts');
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => {},
    },
  )!;
  const options = { ...config.options, noEmit: true, incremental: false, noUnusedLocals: false };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.fileExists = (file) => file === name || ts.sys.fileExists(file);
  host.getSourceFile = (file, language) =>
    file === name ? ts.createSourceFile(name, code, language) : read(file, language);
  const program = ts.createProgram([name], options, host);
  const found = program.getSemanticDiagnostics(program.getSourceFile(name));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('the examples of the documentation', () => {
  it('are some', () => expect(EXAMPLES.length).toBeGreaterThan(1));

  it.each(EXAMPLES)('$place compiles', { timeout: TIMEOUT_MS }, ({ code }) => {
    expect(complaints(code)).toEqual([]);
  });

  it.each(EXAMPLES.filter(({ prints }) => prints !== undefined))(
    '$place prints what it says',
    { timeout: TIMEOUT_MS },
    async ({ code, prints }) => {
      const args = ['--input-type=module', '-e', compiled(code)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: TIMEOUT_MS });
      expect(stdout.trimEnd()).toBe(prints);
    },
  );
});
