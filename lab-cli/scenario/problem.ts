/** Something wrong in a file, where a person can see it. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

const MOST_SHOWN = 50;

/** Bad input: what a person wrote can't be used. The command prints it and exits with 2. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}

/** All that is wrong with a file, each problem as `file:line:column: text`, in the file's order. */
export class FileError extends InputError {
  override readonly name = 'FileError';
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.slice(0, MOST_SHOWN).map(({ line, column, text }) => `${file}:${line}:${column}: ${text}`);
    if (sorted.length > MOST_SHOWN) lines.push(`… and ${sorted.length - MOST_SHOWN} more`);
    super(lines.join('\n'));
    this.problems = sorted;
  }
}
