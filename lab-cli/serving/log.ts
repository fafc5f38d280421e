import type { Events } from '../../core/ports/index.ts';

export type LogLevel = 'info' | 'warn' | 'error';

export type LogDetail = Readonly<Record<string, string | number | boolean>>;

/** One JSON object a line: time, level, event, and what belongs to it. */
export class JsonLog implements Events {
  readonly #write: (text: string) => unknown;
  #perSecond = { second: 0, lines: 0, dropped: 0 };

  constructor(write: (text: string) => unknown) {
    this.#write = write;
  }

  info(event: string, detail: LogDetail = {}): void {
    this.#line('info', event, detail);
  }

  warn(event: string, detail: LogDetail = {}): void {
    this.#line('warn', event, detail);
  }

  error(event: string, detail: LogDetail = {}): void {
    this.#line('error', event, detail);
  }

  /** What the servers tell of themselves. */
  emit(event: string, detail: LogDetail = {}): void {
    this.#line('info', event, detail);
  }

  /** Strangers cause some of these lines, so there is a limit to how many a second brings. */
  #line(level: LogLevel, event: string, detail: LogDetail): void {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#perSecond.second) {
      const { dropped } = this.#perSecond;
      this.#perSecond = { second, lines: 0, dropped: 0 };
      if (dropped > 0) this.#line('warn', 'log-lines-dropped', { count: dropped });
    }
    if (++this.#perSecond.lines > MAX_LINES_PER_SECOND) {
      this.#perSecond.dropped++;
      return;
    }
    this.#write(`${JSON.stringify({ time: new Date(now).toISOString(), level, event, ...detail })}\n`);
  }
}

const MAX_LINES_PER_SECOND = 100;
