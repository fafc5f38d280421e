import type { TrialResult } from '../../reports/schema.ts';
import type { Console } from '../console.ts';
import { formatSeconds } from '../run/progress.ts';
import type { FieldAgent, FieldPlan, FieldTrial } from './field-plan.ts';

/** What an agent says of itself on the terminal: one line for each thing that happens. */
export class FieldWords {
  readonly #console: Console;
  readonly #plan: FieldPlan;
  readonly #quiet: boolean;
  /** What was said last of each agent: it is not said again. */
  readonly #last = new Map<string, string>();

  constructor(console: Console, plan: FieldPlan, quiet: boolean) {
    this.#console = console;
    this.#plan = plan;
    this.#quiet = quiet;
  }

  say(text: string): void {
    if (!this.#quiet) this.#console.err.write(`${new Date().toISOString().slice(11, 19)}  ${text}\n`);
  }

  result({ pair, round, only }: FieldTrial, { outcome, plugin, path, connectMs }: TrialResult): void {
    const { errColors: colors } = this.#console;
    this.#last.delete(pair.answers.name);
    const told =
      outcome === 'connected'
        ? `${colors.green('connected')} by ${plugin}, ${path}, in ${(connectMs ?? 0).toFixed(0)} ms`
        : colors.red(outcome);
    const alone = only === null ? '' : ` (${only})`;
    this.say(`${pair.dials.name} → ${pair.answers.name} ${round + 1}/${this.#plan.rounds}${alone}: ${told}`);
  }

  copied(agent: FieldAgent, results: number, inAll: number): void {
    this.#once(agent.name, `${agent.name}: ${results} of ${inAll} results are here`);
  }

  /** Said once, however often it happens. */
  trouble(agent: FieldAgent, text: string, waitMs: number): void {
    this.#once(agent.name, text, `; trying again, in ${formatSeconds(waitMs / 1000)} first`);
  }

  waits({ pair, round }: FieldTrial, waitMs: number): void {
    const { dials, answers } = pair;
    if (waitMs < 2000) return;
    const text = `next: ${dials.name} → ${answers.name} ${round + 1}/${this.#plan.rounds}`;
    this.#once('', text, `, in ${formatSeconds(waitMs / 1000)}`);
  }

  #once(about: string, text: string, more = ''): void {
    if (this.#last.get(about) === text) return;
    this.#last.set(about, text);
    this.say(`${text}${more}`);
  }
}
