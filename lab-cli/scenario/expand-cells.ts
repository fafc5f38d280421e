import type { Cell, LinkSpec, NatSpec, TopologySpec } from './types.ts';

/** A value of an NAT axis: the NATs in front of a peer, host side first. */
export interface Side {
  /** The NATs' names joined by `+`. */
  readonly text: string;
  readonly nats: readonly NatSpec[];
}

export interface Axes {
  readonly a: readonly Side[];
  /** Undefined where b is behind the NATs of a. */
  readonly b: readonly Side[] | undefined;
  readonly link: readonly LinkSpec[];
}

/** Every combination that the topology allows, in a fixed order. (a, b) and (b, a) are two cells: it matters who dials. */
export function expandCells(axes: Axes, topology: TopologySpec): Cell[] {
  return axes.a.flatMap((a) =>
    (axes.b ?? [a])
      .filter((b) => topology.name !== 'shared-cgn' || shareOutermost(a, b))
      .flatMap((b) =>
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

/** Can one NAT be the outermost of both? */
export function shareOutermost(a: Side, b: Side): boolean {
  return a.nats.at(-1)?.name === b.nats.at(-1)?.name;
}
