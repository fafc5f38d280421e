/**
 * Runs a task for each item at once and yields the first that succeeds.
 * @throws Error with every reason once all have failed
 */
export function firstSuccess<I, T>(items: readonly I[], task: (item: I) => Promise<T>, what: string): Promise<T> {
  if (items.length === 0) return Promise.reject(new Error(`no ${what}`));
  return new Promise((resolve, reject) => {
    const reasons: string[] = [];
    for (const item of items) {
      task(item).then(resolve, (error: Error) => {
        reasons.push(error.message);
        if (reasons.length === items.length) reject(new Error([...new Set(reasons)].join('; ')));
      });
    }
  });
}
