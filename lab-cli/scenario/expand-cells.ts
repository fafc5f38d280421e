import type { Cell, LineSpec, LinkSpec, NatSpec, TopologySpec } from './types.ts';

/** A value of an NAT axis: how a peer is connected. */
export interface Side {
  /** The NATs' names joined by `+`; of several lines each with its label, joined by `~`. */
  readonly text: string;
  readonly lines: readonly LineSpec[];
  /** Those of all lines, in order. */
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
          lines: { a: a.lines, b: b.lines },
          link,
        })),
      ),
  );
}

/** Can one NAT be the outermost of both, in every family that they have? */
export function shareOutermost(a: Side, b: Side): boolean {
  const outermost = ({ lines }: Side) => lines.map(({ family, nats }) => `${family} ${nats.at(-1)?.name}`).join();
  return outermost(a) === outermost(b);
}
