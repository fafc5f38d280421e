/** A fenced block of a Markdown file with a name in a comment before it: `<!-- name -->`. */
export interface Block {
  readonly text: string;
  /** Where its text stands in the file. */
  readonly start: number;
  readonly end: number;
}

const NAMED_BLOCK = /^<!-- ([a-z-]+) -->\n```[a-z]*\n([\s\S]*?)^```$/gm;
const HEAD_LINES = 4;
const TAIL_LINES = 14;

export function blocksOf(markdown: string): Map<string, Block> {
  const blocks = new Map<string, Block>();
  for (const match of markdown.matchAll(NAMED_BLOCK)) {
    const [whole, name, text] = match as unknown as [string, string, string];
    const start = match.index + whole.length - text.length - '```'.length;
    blocks.set(name, { text, start, end: start + text.length });
  }
  return blocks;
}

/** First and last lines of a long output, as the README shows them. */
export function excerpt(output: string): string {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= HEAD_LINES + TAIL_LINES) return output;
  return [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES), ''].join('\n');
}
