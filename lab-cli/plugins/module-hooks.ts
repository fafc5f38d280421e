import { readFileSync } from 'node:fs';
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Hooks for Node's module loader, for plugin files that people wrote: TypeScript is compiled, and `punchlab` is the
 * engine that runs them, wherever the file lies. Node strips types by itself only since 22.18, and even then refuses
 * what it can't strip, such as a decorator.
 *
 * Node calls these on the thread's own loader (`registerHooks`) or on a loader thread (`register`); what a hook returns
 * may be a promise only there, so each one passes on what the next one returned.
 */

const PACKAGE = 'punchlab';
const TYPESCRIPT = /\.[mc]?ts$/;

export function resolve<T extends ResolveFnOutput | Promise<ResolveFnOutput>>(
  specifier: string,
  context: ResolveHookContext,
  next: (specifier: string, context?: Partial<ResolveHookContext>) => T,
): T {
  const own = specifier === PACKAGE || specifier.startsWith(`${PACKAGE}/`);
  // From within the package, its name means itself.
  return own ? next(specifier, { ...context, parentURL: import.meta.url }) : next(specifier, context);
}

export function load<T extends LoadFnOutput | Promise<LoadFnOutput>>(
  url: string,
  context: LoadHookContext,
  next: (url: string, context?: Partial<LoadHookContext>) => T,
): T | LoadFnOutput {
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:') return next(url, context);
  // Where no package.json says what a file of people's own is, Node guesses, and warns about it.
  if (pathname.endsWith('.js') && !pathname.includes('/node_modules/'))
    return next(url, { ...context, format: context.format ?? 'module' });
  if (!TYPESCRIPT.test(pathname)) return next(url, context);
  return { format: 'module', shortCircuit: true, source: compile(fileURLToPath(url)) };
}

/** Without a check of types: that is what the author's editor is for. */
function compile(file: string): string {
  // Late: it takes a quarter of a second to load, and JavaScript needs none of it.
  const ts = createRequire(import.meta.url)('typescript') as typeof import('typescript');
  const { outputText, diagnostics = [] } = ts.transpileModule(readFileSync(file, 'utf8'), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  });
  const [first] = diagnostics;
  if (first) {
    const { line, character } = first.file!.getLineAndCharacterOfPosition(first.start!);
    const text = ts.flattenDiagnosticMessageText(first.messageText, '\n');
    throw new SyntaxError(`${file}:${line + 1}:${character + 1}: ${text}`);
  }
  return outputText;
}
