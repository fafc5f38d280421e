import type { PluginSummary } from './aggregate-types.ts';
import { Counter } from './counter.ts';
import type { AttemptOutcome, AttemptResult } from './schema.ts';
import { Sample, spread } from './statistics.ts';
import { type Ending, TallyBuilder } from './tally.ts';

/** Sums up what one plugin did in all cells. */
export class PluginBuilder {
  readonly #plugin: string;
  readonly #tally = new TallyBuilder();
  readonly #attempts = new Map<AttemptOutcome, number>();
  readonly #packets = new Sample();
  readonly #reasons = new Counter();

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  /** A trial that it won, or in which it ran alone. */
  ended(ending: Ending): void {
    this.#tally.add(ending);
  }

  attempted({ outcome, reason, packets }: AttemptResult): void {
    this.#attempts.set(outcome, (this.#attempts.get(outcome) ?? 0) + 1);
    if (outcome !== 'not-applicable') this.#packets.add(packets);
    if (outcome === 'failed' || outcome === 'not-applicable') this.#reasons.add(kindOf(reason));
  }

  finish(): PluginSummary {
    return {
      plugin: this.#plugin,
      tally: this.#tally.finish(),
      attempts: this.#attempts,
      packets: spread(this.#packets),
      reasons: this.#reasons.sorted(),
    };
  }
}

/** A reason without the endpoints and numbers that make every trial's its own. */
function kindOf(reason: string): string {
  return reason.replace(/\d+(?:\.\d+){3}(?::\d+)?|\[[\da-f:.]+\](?::\d+)?/gi, 'HOST').replace(/\b\d+\b/g, 'N');
}
