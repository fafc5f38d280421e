import { integer } from '../format.ts';
import { html, type Markup } from '../html/markup.ts';
import { page } from '../html/page.ts';
import { baseStyle } from '../html/style.ts';
import { namesText, reasons, shareText, summary } from './compare-text.ts';
import type { ComparedRow, Comparison, Share, Verdict } from './compare-types.ts';

const STYLE = `
td.agrees{color:var(--good)}td.disagrees{color:var(--bad);font-weight:600}td.unsupported,td.missing{color:var(--muted)}
tr.disagrees>*{background:var(--bad-panel)}
`;
const ORDER: readonly Verdict[] = ['disagrees', 'agrees', 'missing', 'unsupported'];

/** The comparison as one HTML document that needs nothing else; what disagrees comes first. */
export function renderComparison(comparison: Comparison): string {
  const { name, runs, rows, nats, quirks, alone } = comparison;
  const style = `${baseStyle()}${STYLE}`;
  const [first, second] = runs.map(({ world }) => world);
  const sorted = [...rows].sort((left, right) => ORDER.indexOf(left.verdict) - ORDER.indexOf(right.verdict));
  const title = `${name}: ${first} and ${second}`;
  const body = html`<main>
<header><p class="brand">Punchlab</p><h1>${title}</h1>
<p class="findings">${summary(comparison)}</p>
${alone.length > 0 && html`<ul class="warnings" role="note"><li>In one of the runs only: ${alone.join(' ')}</li></ul>`}
<dl class="facts">${runs.map(
    ({ dir, world, trials, interrupted }) =>
      html`<div><dt>${world}</dt><dd>${dir}, ${integer(trials)} results${interrupted && ', interrupted'}</dd></div>`,
  )}</dl></header>
<section id="cells"><h2>Cell by cell</h2><p class="lead">Where theory leaves nothing to chance, every trial of both has to end
alike. Elsewhere the 99% Wilson score intervals, in brackets, must not exclude each other.</p>
<div class="scroll"><table class="plain"><thead><tr><th scope="col">cell</th><th scope="col">plugin</th>
<th scope="col">${first}</th><th scope="col">${second}</th><th scope="col">verdict</th></tr></thead>
<tbody>${sorted.map(rowMarkup)}</tbody></table></div></section>
<section id="nats"><h2>What the NATs look like</h2><p class="lead">By RFC 5780, as the nodes themselves found out.</p>
<div class="scroll"><table class="plain"><thead><tr><th scope="col">NAT</th><th scope="col">${first}</th>
<th scope="col">${second}</th><th scope="col">verdict</th></tr></thead><tbody>${nats.map(
    ({ declared, inferred, agrees }) => html`<tr><th scope="row">${declared}</th>
<td>${namesText(inferred[0])}</td><td>${namesText(inferred[1])}</td>${verdictMarkup(agrees ? 'agrees' : 'disagrees')}</tr>`,
  )}</tbody></table></div></section>
${list('quirks', 'Quirks of Linux that these NATs are to have', quirkItems(comparison), quirks.length)}
${list('unsupported', 'What one of the worlds cannot do', reasonItems(rows), reasonItems(rows).length)}
</main>`;
  return page({ title, style, body });
}

function rowMarkup({ cell, plugin, what, shares, verdict, note, certain }: ComparedRow): Markup {
  return html`<tr class="${verdict}"><th scope="row">${cell}</th><td>${plugin ?? what}</td>
${shares.map(shareMarkup)}${verdictMarkup(verdict, note || (certain ? '' : 'by chance'))}</tr>`;
}

function shareMarkup(share: Share): Markup {
  if (share.trials === 0) return html`<td class="muted">–</td>`;
  return html`<td>${shareText(share)} <span class="muted">${share.paths.join(', ')}</span></td>`;
}

function verdictMarkup(verdict: Verdict, note = ''): Markup {
  return html`<td class="${verdict}">${verdict}${note && html` <span class="muted">${note}</span>`}</td>`;
}

function quirkItems({ quirks }: Comparison): Markup[] {
  return quirks.map(
    ({ name, meaning, nats }) =>
      html`<li><b>${name}</b>: ${meaning}. <span class="muted">${nats.join(', ')}</span></li>`,
  );
}

function reasonItems(rows: readonly ComparedRow[]): Markup[] {
  return reasons(rows, 'unsupported').map(
    ({ name, count }) => html`<li>${name} <span class="muted">× ${count}</span></li>`,
  );
}

function list(id: string, title: string, items: readonly Markup[], count: number): Markup | false {
  return count > 0 && html`<section id="${id}"><h2>${title}</h2><ul>${items}</ul></section>`;
}
