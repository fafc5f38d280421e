import { expect, it } from 'vitest';
import type { TestCase } from 'vitest/node';
import { skippedLines } from './skip-reporter.ts';

function skipped(fullName: string, note?: string): Pick<TestCase, 'fullName' | 'result'> {
  return {
    fullName,
    result() {
      // As vitest's own, it needs its test.
      expect(this.fullName).toBe(fullName);
      return { state: 'skipped', note, errors: undefined };
    },
  };
}

it('says of every file how many tests were skipped, and why', () => {
  const tls = ['is good', 'is bad'].map((name) => skipped(`TLS (skipped: no openssl) > ${name}`));
  const files = [
    { file: 'tls.test.ts', tests: tls },
    { file: 'node.test.ts', tests: [skipped('on Node 24', 'skipped: Node 24 is not installed'), skipped('forgotten')] },
    { file: 'all-run.test.ts', tests: [] },
  ];
  expect(skippedLines(files)).toEqual([
    'skipped: Node 24 is not installed: 1 test of node.test.ts',
    'skipped: no openssl: 2 tests of tls.test.ts',
    'skipped: no reason given by "forgotten": 1 test of node.test.ts',
  ]);
});
