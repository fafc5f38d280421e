import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SkipReporter } from './test/skip-reporter.ts';

const TESTS = '{core,simulator,kernel-lab,reports,lab-cli,bench,test}/**/*.test.ts';
/** Files that keep nothing between tests and start no program: they share a process, which has then loaded what they need. */
const PURE = [
  'core/{identity,nat,net,wire}/**/*.test.ts',
  'kernel-lab/{compile,plan}/**/*.test.ts',
  'reports/**/*.test.ts',
  'simulator/{host,link,nat,router,trace}/**/*.test.ts',
];

export default defineConfig({
  test: {
    // Some tests run the command as people do: it has to be built.
    globalSetup: ['./test/global-setup.ts'],
    // The simulator's shim must be in place before any third-party module captures a timer.
    setupFiles: ['./test/install-globals.ts'],
    // For what hangs, not for what is slow: a loaded machine takes ten times as long.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // vitest alone doesn't print why a test was skipped.
    reporters: ['default', new SkipReporter()],
    pool: 'forks',
    // One a processor, and never one alone, as is the default on two: much of what real programs take is waiting.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      { extends: true, test: { name: 'apart', include: [TESTS], exclude: ['node_modules/**', ...PURE] } },
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
    ],
  },
});
