/** One trial at a time: two at once on one machine would disturb each other. */
export class Busy {
  #taken = false;

  /** @returns what ends it; undefined: somebody has it */
  take(): (() => void) | undefined {
    if (this.#taken) return undefined;
    this.#taken = true;
    let mine = true;
    return () => {
      if (mine) this.#taken = false;
      mine = false;
    };
  }
}
