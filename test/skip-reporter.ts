import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Of a title, or of a suite's: `over TLS (skipped: no openssl)`. */
const IN_TITLE = /\bskipped:? ([^()]+)/;

/** Says at the end of a run which tests were skipped and why: one line a file and reason. */
export class SkipReporter implements Reporter {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.#write = write;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // A run by name skips nearly everything, and that is no news.
    if (modules.some(({ project }) => project.config.testNamePattern)) return;
    const lines = skippedLines(
      modules.map((module) => ({ file: module.relativeModuleId, tests: [...module.children.allTests('skipped')] })),
    );
    if (lines.length > 0) this.#write(`\n${lines.join('\n')}\n`);
  }
}

/** What a line is made of. */
export interface SkippedFile {
  readonly file: string;
  readonly tests: readonly Pick<TestCase, 'fullName' | 'result'>[];
}

/** `skipped: no openssl: 3 tests of core/real/real-tls.test.ts`, sorted. */
export function skippedLines(files: readonly SkippedFile[]): string[] {
  return files
    .flatMap(({ file, tests }) => {
      const counts = new Map<string, number>();
      for (const test of tests) counts.set(reasonOf(test), (counts.get(reasonOf(test)) ?? 0) + 1);
      return [...counts].map(
        ([why, count]) => `skipped: ${why}: ${count} ${count === 1 ? 'test' : 'tests'} of ${file}`,
      );
    })
    .sort();
}

/** What the test gave when it skipped itself, else what its title says. */
function reasonOf(test: SkippedFile['tests'][0]): string {
  const { fullName } = test;
  const outcome = test.result();
  const note = outcome.state === 'skipped' ? outcome.note : undefined;
  return note?.replace(/^skipped: /, '') ?? IN_TITLE.exec(fullName)?.[1]?.trim() ?? `no reason given by "${fullName}"`;
}
