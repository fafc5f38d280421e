import pc from 'picocolors';

type Colors = ReturnType<typeof pc.createColors>;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where a command speaks: results go to `out`, everything about how it is going to `err`. */
export interface Console {
  readonly out: Stream;
  readonly err: Stream;
  readonly outColors: Colors;
  readonly errColors: Colors;
}

/** The process's own. Colours only on a terminal, and not if `NO_COLOR` is set (no-color.org). */
export function processConsole(): Console {
  const { stdout: out, stderr: err, env } = process;
  const colors = (stream: Stream) => pc.createColors(Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb');
  return { out, err, outColors: colors(out), errColors: colors(err) };
}
