import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,simulator,reports,lab-cli,test}/**/*.test.ts'],
    // The simulator's shim must be in place before any third-party module captures a timer.
    setupFiles: ['./test/install-globals.ts'],
    testTimeout: 30_000,
    pool: 'forks',
  },
});
