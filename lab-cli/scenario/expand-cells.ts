import type { Cell, LinkSpec, NatSpec } from './types.ts';

/** A value of an NAT axis: the NATs in front of a peer, host side first. */
export interface Side {
  /** The NATs' names joined by `+`. */
  readonly text: string;
  readonly nats: readonly NatSpec[];
}

export interface Axes {
  readonly a: readonly Side[];
  readonly b: readonly Side[];
  readonly link: readonly LinkSpec[];
}

/** Every combination in a fixed order. (a, b) and (b, a) are two cells: it matters who dials. */
export function expandCells(axes: Axes): Cell[] {
  return axes.a.flatMap((a) =>
    axes.b.flatMap((b) =>
      axes.link.map((link) => ({
        id: `${a.text},${b.text},${link.name}`,
        axes: { a: a.text, b: b.text, link: link.name },
        a: a.nats,
        b: b.nats,
        link,
      })),
    ),
  );
}
