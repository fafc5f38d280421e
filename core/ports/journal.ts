/** Where a server writes down what it must not forget, so that it finds it again when it is started anew. */
export interface Journal {
  /** All that was written down, in order. Called once, before anything is appended. */
  read(): readonly Uint8Array[];
  /**
   * Writes one entry down. It is there to stay when the call returns.
   * @param all what would do in place of everything that was written so far, for when that has grown long
   */
  append(entry: Uint8Array, all: () => readonly Uint8Array[]): void;
  close(): void;
}
