import type { Aggregate, RunSummary } from '../aggregate-types.ts';
import { findings } from '../findings.ts';
import { counted, integer } from '../format.ts';
import { type Context, contextOf } from './context.ts';
import { dropSection } from './drop-section.ts';
import { html, type Markup, raw } from './markup.ts';
import { matrixSection } from './matrix-section.ts';
import { natSection } from './nat-section.ts';
import { page } from './page.ts';
import { pluginSection } from './plugin-section.ts';
import { populationSection } from './population-section.ts';
import { chartLibrary, SCRIPT } from './script.ts';
import { styleSheet } from './style.ts';
import { timeSection } from './time-section.ts';
import { trialSection } from './trial-section.ts';

/**
 * The whole report as one HTML document that needs nothing else: no network, no script to be read, no font. It is a
 * function of the aggregate alone, so the same results give the same bytes; that is why it says neither when nor how
 * fast the run was.
 */
export function renderReport(aggregate: Aggregate): string {
  const context = contextOf(aggregate);
  const style = styleSheet(aggregate);
  const scripts = [chartLibrary(), SCRIPT];
  const sections = SECTIONS.map(({ id, title, render }) => ({ id, title, content: render(context) })).filter(
    ({ content }) => content.text !== '',
  );
  const body = html`<a class="skip" href="#matrix">Skip to the matrix</a>
<main>
${header(aggregate, sections)}
${sections.map((section) => section.content)}
</main>`;
  return page({ title: aggregate.name, style, scripts, body });
}

function header(aggregate: Aggregate, sections: readonly { id: string; title: string }[]): Markup {
  const { name, runs, warnings } = aggregate;
  return html`<header><p class="brand">Punchlab</p><h1>${name}</h1>
<p class="findings">${findings(aggregate)}</p>
${warnings.length > 0 && html`<ul class="warnings" role="note">${warnings.map((text) => html`<li>${text}</li>`)}</ul>`}
<dl class="facts">${facts(aggregate).map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
${runs.length > 1 && runTable(runs)}
${expectations(aggregate)}
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a> `)}</nav></header>`;
}

/** In order. One that has nothing to say is left out. */
const SECTIONS: readonly { id: string; title: string; render: (context: Context) => Markup }[] = [
  { id: 'matrix', title: 'Matrix', render: matrixSection },
  { id: 'population', title: 'Population', render: populationSection },
  { id: 'plugins', title: 'Plugins', render: pluginSection },
  { id: 'times', title: 'Times', render: timeSection },
  { id: 'drops', title: 'Drops', render: dropSection },
  { id: 'nats', title: 'NATs', render: natSection },
  { id: 'trials', title: 'Trials', render: trialSection },
];

function facts({ runs, mode, plugins, cells, totals }: Aggregate): (readonly [string, string])[] {
  const all = (pick: (run: RunSummary) => string) => [...new Set(runs.map(pick))].join('; ');
  const lines = runs.reduce((sum, run) => sum + run.lines, 0);
  return [
    ['seed', all(({ seed }) => `${seed}`)],
    ['mode', mode === 'race' ? 'race: all plugins at once' : 'each: every plugin alone'],
    ['cells', integer(cells.length)],
    ['trials', `${integer(totals.trials + totals.unsupported)}, ${all((run) => `${run.trialsPerCell}`)} a cell`],
    ...(mode === 'each' ? [['results', integer(lines)] as const] : []),
    ['plugins', plugins.join(', ')],
    ['versions', all(({ versions }) => [...versions].map(([what, version]) => `${what} ${version}`).join(', '))],
    ['complete', runs.some(({ interrupted }) => interrupted) ? 'no, interrupted' : 'yes'],
  ];
}

function runTable(runs: readonly RunSummary[]): Markup {
  return html`<div class="scroll"><table class="plain"><caption>${counted(runs.length, 'run')} merged</caption><thead><tr>
<th scope="col">directory</th><th scope="col">name</th><th scope="col" class="number">seed</th>
<th scope="col" class="number">results</th></tr></thead><tbody>${runs.map(
    ({ dir, name, seed, lines, interrupted }) => html`<tr><th scope="row"><code>${dir}</code></th><td>${name}</td>
<td class="number">${seed}</td><td class="number">${integer(lines)}${interrupted && ' (interrupted)'}</td></tr>`,
  )}</tbody></table></div>`;
}

function expectations({ expectations: claims }: Aggregate): Markup | null {
  if (claims.length === 0) return null;
  const met = claims.filter((claim) => claim.met).length;
  return html`<details class="expectations"${met < claims.length && raw(' open')}>
<summary>${integer(met)} of ${counted(claims.length, 'expectation')} met</summary><ul>${claims.map(
    (claim) => html`<li class="${claim.met ? 'met' : 'unmet'}"><span class="mark">${claim.met ? '✓' : '✕'}</span>
<code>${claim.text}</code> <span class="found">${claim.met ? 'met' : 'not met'}: ${claim.found}</span></li>`,
  )}</ul></details>`;
}
