import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { formatSeconds, ProgressLine, progressText } from './progress.ts';

const STATE = { lines: 180, linesInAll: 720, cells: 10, cellsInAll: 36, connected: 175, elapsedMs: 2000 };

it('says how far, how fast, how long yet and how it goes', () => {
  expect(progressText(STATE)).toBe('10/36 cells, 90 trials/s, 6 s left, 97.2% connected');
  expect(progressText({ ...STATE, lines: 0, cells: 0, connected: 0, elapsedMs: 0 })).toBe(
    '0/36 cells, 0 trials/s, starting',
  );
});

it.each([
  [0, '0 s'],
  [0.2, '1 s'],
  [59.5, '1 min 0 s'],
  [125, '2 min 5 s'],
  [4320, '1 h 12 min'],
])('%d seconds', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

describe('the line', () => {
  const draw = (terminal: { isTTY: boolean; columns: number }, ...times: number[]) => {
    const written: string[] = [];
    const out = { ...terminal, write: (text: string) => written.push(text) };
    const line = new ProgressLine(out, pc.createColors(false));
    for (const elapsedMs of times) line.draw({ ...STATE, elapsedMs });
    line.clear();
    return written;
  };

  it('is drawn over, at most ten times a second, and cleared in the end', () => {
    const written = draw({ isTTY: true, columns: 80 }, 0, 50, 99, 100, 250);
    expect(written).toHaveLength(4);
    for (const text of written) expect([text[0], text.slice(-3)]).toEqual(['\r', '\u001b[K']);
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  it('never wraps', () => {
    const [text] = draw({ isTTY: true, columns: 50 }, 2000);
    expect(text!.replace('\r', '').replace('\u001b[K', '')).toHaveLength(49);
  });

  it('does not exist where there is no terminal', () => {
    expect(draw({ isTTY: false, columns: 80 }, 0, 1000)).toEqual([]);
  });
});
