import { firstSuccess } from './first-success.ts';

/** RFC 8305 section 8: so long after one try the next one begins beside it, unless the first has failed before. */
const ATTEMPT_DELAY_MS = 250;

/**
 * As {@link firstSuccess}, but the tries begin one after the other, in their order of preference (RFC 8305 section 5).
 *
 * @param sleep rejects when all is called off
 */
export function staggeredSuccess<I, T>(
  items: readonly I[],
  task: (item: I, signal: AbortSignal) => Promise<T>,
  what: string,
  { outer, sleep }: { readonly outer: AbortSignal; readonly sleep: (ms: number) => Promise<void> },
): Promise<T> {
  let due: Promise<unknown> = Promise.resolve();
  const begin = async (index: number, signal: AbortSignal): Promise<T> => {
    const turn = due;
    let ended!: () => void;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    due = turn.then(() => Promise.race([end, sleep(ATTEMPT_DELAY_MS)]));
    due.catch(() => {}); // Nothing comes after the last.
    try {
      if (index > 0) await turn;
      signal.throwIfAborted();
      return await task(items[index]!, signal);
    } finally {
      ended();
    }
  };
  return firstSuccess([...items.keys()], begin, what, outer);
}
