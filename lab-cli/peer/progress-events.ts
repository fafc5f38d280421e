import type { Events } from '../../core/ports/index.ts';
import type { Console } from '../console.ts';

/** Shows on the terminal what the engine says of itself while it connects. */
export class ProgressEvents implements Events {
  readonly #console: Console;
  readonly #quiet: boolean;

  constructor(console: Console, quiet: boolean) {
    this.#console = console;
    this.#quiet = quiet;
  }

  emit(name: string, detail: Readonly<Record<string, string | number | boolean>> = {}): void {
    if (this.#quiet) return;
    const { err, errColors } = this.#console;
    if (name === 'attempt') {
      const { plugin, outcome, reason } = detail;
      const mark = outcome === 'won' ? errColors.green('✓') : errColors.dim('·');
      err.write(`${mark} ${plugin}: ${outcome}${reason ? errColors.dim(`, ${reason}`) : ''}\n`);
    } else if (name === 'broker-lost') {
      err.write(`${errColors.yellow('!')} lost the broker ${detail.broker}: ${detail.reason}; trying again\n`);
    }
  }
}
