import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { replayCommand } from './replay-command.ts';

it('is plain where it can be', () => {
  const cell = 'port-restricted-cone+cgn,symmetric,broadband';
  expect(replayCommand({ dir: 'out/run-1', cell, trial: 3, only: null })).toBe(
    'lab replay out/run-1#port-restricted-cone+cgn,symmetric,broadband/3',
  );
  expect(replayCommand({ dir: 'out', cell: 'a,b', trial: 0, only: 'udp-punch' })).toBe(
    'lab replay out#a,b/0/udp-punch',
  );
});

it.each(["my run's dir", '$(exit 1)', 'a;b', '~/x', '#x', '-x', 'a\nb', 'é', '"`\\*'])(
  'a shell reads %j as one word',
  (dir) => {
    const words = replayCommand({ dir, cell: 'a,b', trial: 1, only: null }).replace(/^lab replay /, '');
    const read = execFileSync('sh', ['-c', `printf '%s|' ${words}`], { encoding: 'utf8' });
    expect(read).toBe(`${dir}#a,b/1|`);
  },
);
