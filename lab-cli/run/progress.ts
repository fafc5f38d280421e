import type { Colors } from 'picocolors/types.js';

/** How far a run is. */
export interface RunState {
  readonly lines: number;
  readonly linesInAll: number;
  readonly cells: number;
  readonly cellsInAll: number;
  readonly connected: number;
  readonly elapsedMs: number;
}

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const BAR_WIDTH = 24;

/** One line that is drawn over again. Where there is no terminal, nothing. */
export class ProgressLine {
  readonly #out: Terminal;
  readonly #colors: Colors;
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(out: Terminal, colors: Colors) {
    this.#out = out;
    this.#colors = colors;
  }

  draw(state: RunState): void {
    if (!this.#out.isTTY || state.elapsedMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = state.elapsedMs;
    const width = Math.max(20, (this.#out.columns ?? 80) - 1);
    const done = Math.round((BAR_WIDTH * state.lines) / Math.max(1, state.linesInAll));
    const text = ` ${progressText(state)}`.slice(0, width - BAR_WIDTH);
    const bar = this.#colors.green('█'.repeat(done)) + this.#colors.dim('░'.repeat(BAR_WIDTH - done));
    this.#out.write(`\r${bar}${text}\u001b[K`);
  }

  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
  }
}

export function progressText(state: RunState): string {
  const { lines, linesInAll, cells, cellsInAll, connected, elapsedMs } = state;
  const perSecond = elapsedMs > 0 ? (1000 * lines) / elapsedMs : 0;
  const left = perSecond > 0 ? `${formatSeconds((linesInAll - lines) / perSecond)} left` : 'starting';
  const share = lines > 0 ? `, ${((100 * connected) / lines).toFixed(1)}% connected` : '';
  return `${cells}/${cellsInAll} cells, ${perSecond.toFixed(0)} trials/s, ${left}${share}`;
}

/** `7 s`, `2 min 5 s`, `1 h 12 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
