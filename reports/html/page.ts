import { html, type Markup, raw } from './markup.ts';
import { policy } from './policy.ts';

export interface Page {
  readonly title: string;
  readonly style: string;
  /** They run in this order, once the body is there. @default none */
  readonly scripts?: readonly string[];
  readonly body: Markup;
}

/** A whole HTML document that needs nothing else, and by its policy gets nothing else. */
export function page({ title, style, scripts = [], body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} – Punchlab</title>
<style>${raw(style)}</style>
</head>
<body>
${body}
${scripts.map((script) => html`<script>${raw(script)}</script>\n`)}</body>
</html>
`.text;
}
