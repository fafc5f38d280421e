import type { Context } from './context.ts';
import { html, type Markup } from './markup.ts';

/** The knobs that make published tables disagree: shown even where all NATs agree on them. */
const ALWAYS = ['inboundSession', 'filterScope'];

/** What each NAT of the scenario is. */
export function natSection({ aggregate: { nats } }: Context): Markup {
  if (nats.size === 0) return html``;
  const flat = new Map([...nats].map(([name, { behaviour }]) => [name, flatten(behaviour)]));
  const keys = [...new Set([...flat.values()].flatMap((fields) => [...fields.keys()]))];
  const shared = (key: string) => new Set([...flat.values()].map((fields) => fields.get(key))).size === 1;
  const same = keys.filter((key) => shared(key) && !ALWAYS.includes(key) && nats.size > 1);
  const different = keys.filter((key) => !same.includes(key));
  const [any] = flat.values();
  return html`<section id="nats" aria-labelledby="nats-title"><h2 id="nats-title">NATs</h2>
<dl class="nats">${[...nats].map(([name, { summary }]) => html`<div><dt>${name}</dt><dd>${summary}</dd></div>`)}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Behaviour of each NAT"><table class="plain behaviour">
<thead><tr><th scope="col">behaviour</th>${[...nats.keys()].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${different.map(
    (key) =>
      html`<tr><th scope="row">${key}</th>${[...flat.values()].map(
        (fields) => html`<td>${fields.get(key) ?? '–'}</td>`,
      )}</tr>`,
  )}</tbody></table></div>
${
  same.length > 0 &&
  html`<details class="same"><summary>The same for all: ${same.length} more</summary><dl>${same.map(
    (key) => html`<div><dt>${key}</dt><dd>${any?.get(key)}</dd></div>`,
  )}</dl></details>`
}</section>`;
}

/** Fields by dotted path, in the order they are written. */
function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  const nested = typeof value === 'object' && value !== null;
  const list = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (list) into.set(path, value.length > 0 ? value.join(', ') : 'none');
  else if (nested) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === '' ? key : `${path}.${key}`, into);
  } else into.set(path, String(value));
  return into;
}
