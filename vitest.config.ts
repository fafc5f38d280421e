import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,simulator,kernel-lab,reports,lab-cli,bench,test}/**/*.test.ts'],
    // Some tests run the command as people do: it has to be built.
    globalSetup: ['./test/global-setup.ts'],
    // The simulator's shim must be in place before any third-party module captures a timer.
    setupFiles: ['./test/install-globals.ts'],
    // For what hangs, not for what is slow: a loaded machine takes ten times as long.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One a processor, and never one alone, as is the default on two: much of what real programs take is waiting.
    maxWorkers: Math.max(2, availableParallelism()),
  },
});
