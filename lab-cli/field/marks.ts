import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const offsets = z.record(z.string(), z.int().nonnegative());
const stored = z.strictObject({ taken: offsets, told: offsets });

/** How far a journal has got somewhere, by the agent that is there or comes from there. */
export type MarkName = 'taken' | 'told';

/**
 * How far others have our journal (`taken`), and how far they know that we have theirs (`told`). Journals only grow, so
 * that stays true: who is started again, when the others have gone, need not ask them. A file that is damaged says
 * nothing.
 */
export class Marks {
  readonly #file: string;
  readonly #marks: Record<MarkName, Map<string, number>>;

  constructor(file: string) {
    this.#file = file;
    const { taken, told } = read(file);
    this.#marks = { taken: new Map(Object.entries(taken)), told: new Map(Object.entries(told)) };
  }

  get(name: MarkName, agent: string): number | undefined {
    return this.#marks[name].get(agent);
  }

  set(name: MarkName, agent: string, offset: number): void {
    if (this.get(name, agent) === offset) return;
    this.#marks[name].set(agent, offset);
    const { taken, told } = this.#marks;
    const partial = `${this.#file}.partial`;
    writeFileSync(partial, `${JSON.stringify({ taken: Object.fromEntries(taken), told: Object.fromEntries(told) })}\n`);
    renameSync(partial, this.#file);
  }
}

function read(file: string): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { taken: {}, told: {} };
  }
}
