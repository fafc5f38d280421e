import { integer } from '../format.ts';
import { sharePercent, signedPoints } from '../population/points.ts';
import type {
  ComparedCell,
  Comparison,
  MarginalShares,
  PairShares,
  PopulationGroup,
} from '../population/population-types.ts';
import type { PopulationClass } from '../population/run-population.ts';
import type { WeightedShare } from '../population/weighted-share.ts';
import { type Context, rateBar } from './context.ts';
import { html, type Markup } from './markup.ts';

/** What share of two peers at random connects, beside what others measured. */
export function populationSection({ aggregate: { population: summary, mode } }: Context): Markup {
  if (!summary) return html``;
  const { name, source, classes } = summary.population;
  return html`<section id="population" aria-labelledby="population-title"><h2 id="population-title">Population</h2>
<p class="lead">Every cell counts by how often its pair meets when both peers are drawn at random out of
${name === '' ? 'the population below' : html`<b>${name}</b>`}. ${
    mode === 'each'
      ? 'Each plugin ran alone; “any of them” counts the trials that at least one connected.'
      : 'The plugins raced; each is credited with the pairs that it won.'
  } Intervals are of 95%: each cell’s score interval, propagated.</p>
${classTable(classes)}
${source !== '' && html`<p class="note">Shares: ${source}.</p>`}
${summary.groups.map(group)}</section>`;
}

function classTable(classes: readonly PopulationClass[]): Markup {
  const total = classes.reduce((sum, { weightPpm }) => sum + weightPpm, 0);
  return html`<div class="scroll"><table class="plain"><thead><tr><th scope="col">class</th>
<th scope="col" class="number">as given</th><th scope="col" class="number">share</th><th scope="col">UDP</th></tr></thead>
<tbody>${classes.map(
    ({ name, weightPpm, udp }) => html`<tr><th scope="row">${name}</th><td class="number">${percentOf(weightPpm)}</td>
<td class="number">${sharePercent(weightPpm / total)}</td><td>${udp ? 'yes' : 'blocked'}</td></tr>`,
  )}</tbody></table></div>`;
}

/** As it was written. */
function percentOf(ppm: number): string {
  return `${ppm / 10_000}%`;
}

function group({ title, any, byPlugin, comparisons }: PopulationGroup): Markup {
  const marginal = byPlugin.length > 1 && byPlugin.some((one) => one.marginal);
  const row = (name: string, { all, udp }: PairShares, lost?: MarginalShares | null) =>
    html`<tr><th scope="row">${name}</th>${weighted(all)}${weighted(udp)}${
      lost && html`${weighted(lost.connected)}${weighted(lost.direct)}`
    }</tr>`;
  return html`${title !== '' && html`<h3 class="group">${title}</h3>`}
<div class="scroll"><table class="plain weighted"><thead><tr><th scope="col">connected by</th><th scope="col">of all pairs</th>
<th scope="col">of pairs that both let UDP out</th>${
    marginal &&
    html`<th scope="col" title="pairs that no other plugin connects">lost without it</th>
<th scope="col" title="pairs that no other plugin connects without a relay">lost directly</th>`
  }</tr></thead><tbody>
${byPlugin.map((shares) => row(shares.plugin, shares, marginal ? shares.marginal : null))}${byPlugin.length > 1 && row('any of them', any)}</tbody></table></div>
${comparisons.map(comparison)}`;
}

function weighted(share: WeightedShare | null): Markup {
  if (!share) return html`<td class="muted">untested</td>`;
  return html`<td>${sharePercent(share.share)} <span class="muted">${range(share)}</span>${
    share.tested < 1 && html` <span class="muted">of the ${sharePercent(share.tested)} tested</span>`
  }${rateBar(share.share, share.interval)}</td>`;
}

function range({ interval: { low, high } }: Pick<WeightedShare, 'interval'>): string {
  return `${sharePercent(low)} to ${sharePercent(high)}`;
}

function comparison({ figure, theirs, ours, cells, account }: Comparison): Markup {
  const error = figure.errorPpm === null ? '' : ` ± ${figure.errorPpm / 10_000}`;
  return html`<article class="published"><h3>${figure.name}</h3>
<p class="note">${figure.source}</p>
<dl class="facts"><div><dt>theirs${figure.what === 'pair-matrix' && ', by the same shares'}</dt><dd>${sharePercent(theirs)}${error}</dd></div>
<div><dt>ours, by ${figure.plugins.join(' or ')}</dt><dd>${ours ? html`${sharePercent(ours.share)} <span class="muted">${range(ours)}</span>` : 'untested'}</dd></div>
<div><dt>gap in points</dt><dd>${ours ? signedPoints(ours.share - theirs) : '–'}</dd></div></dl>
${figure.what === 'pair-matrix' && matrix(cells)}
<p><b>What accounts for the gap</b></p><ul class="account">${account.map((sentence) => html`<li>${sentence}</li>`)}</ul>
${
  figure.differs.length > 0 &&
  html`<p><b>Known to be different there</b></p><ul class="account">${figure.differs.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}</article>`;
}

function matrix(cells: readonly ComparedCell[]): Markup {
  const rows = [...new Set(cells.map(({ a }) => a))];
  const columns = [...new Set(cells.map(({ b }) => b))];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Ours and theirs by pair"><table class="plain compared">
<thead><tr><th class="corner"><span class="dials">dials</span> <span class="answers">answers</span></th>
${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><th scope="row">${row}</th>${columns.map((column) =>
        matrixCell(cells.find(({ a, b }) => a === row && b === column)),
      )}</tr>`,
  )}</tbody></table></div>
<p class="note">Ours, with trials and interval, before theirs; below them the difference in points, the share of all these
pairs, and ∅ where theory excludes the pair.</p>`;
}

function matrixCell(cell: ComparedCell | undefined): Markup {
  if (!cell) return html`<td class="muted">–</td>`;
  const { connected, trials, interval, theirs, weight, theory } = cell;
  const share = connected / trials;
  const published = theirs ?? 0;
  const mark = theory === 'impossible' ? html` <span title="theory excludes the pair">∅</span>` : null;
  if (trials === 0) return html`<td>untested <span class="muted">/ ${sharePercent(published)}</span>${mark}</td>`;
  return html`<td><b>${sharePercent(share)}</b> / ${sharePercent(published)}${mark}
<span class="below">${signedPoints(share - published)}, ${sharePercent(weight)} of pairs</span>
<span class="below">${integer(connected)}/${integer(trials)}, ${range({ interval })}</span>${rateBar(share, interval)}</td>`;
}
