/**
 * Replaces the function `name` of every holder by what `make` turns it into. The new one has the old one's name and
 * length, and its other own properties unless `make` has set them.
 */
// biome-ignore lint/suspicious/noExplicitAny: the one place where functions of any shape pass through
export function replace<F extends (...args: any[]) => unknown>(
  holders: readonly object[],
  name: string,
  make: (real: F) => F,
): void {
  const [first] = holders;
  const real: F = Reflect.get(first!, name);
  const patched = make(real);
  for (const key of Reflect.ownKeys(real)) {
    const own = Object.getOwnPropertyDescriptor(patched, key);
    if (own && key !== 'name' && key !== 'length') continue;
    Object.defineProperty(patched, key, Object.getOwnPropertyDescriptor(real, key)!);
  }
  for (const holder of holders) {
    const before = Object.getOwnPropertyDescriptor(holder, name);
    Object.defineProperty(holder, name, {
      value: patched,
      writable: true,
      configurable: true,
      enumerable: before?.enumerable ?? true,
    });
  }
}
