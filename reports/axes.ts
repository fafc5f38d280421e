import type { Axis } from './aggregate-types.ts';

/** One text for one combination of values. */
export function axesKey(axes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(axes).sort());
}

/** What tells one table of `a` by `b` from another: the other axes' values, e.g. `link: mobile`. */
export function groupTitle(axes: readonly Axis[], value: (axis: string) => string | undefined): string {
  return axes
    .filter(({ name, values }) => name !== 'a' && name !== 'b' && values.length > 1)
    .map(({ name }) => `${name}: ${value(name)}`)
    .join(', ');
}
