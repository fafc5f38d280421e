import type { CellSummary, Tally } from '../aggregate-types.ts';
import { counted, duration, integer, percent, percentRange } from '../format.ts';
import { type CellState, type Matrix, matrices, stateOf } from '../matrices.ts';
import { type Context, chip, colourClass, rateBar } from './context.ts';
import { html, type Markup } from './markup.ts';

/** Who wins where: the report's main table, once for each combination of the axes besides `a` and `b`. */
export function matrixSection(context: Context): Markup {
  const each = context.aggregate.mode === 'each';
  return html`<section id="matrix" aria-labelledby="matrix-title">
<h2 id="matrix-title">${each ? 'Best plugin by pair' : 'Winner by pair'}</h2>
<p class="lead">${
    each
      ? 'Every plugin ran alone in the same network. A trial counts as connected if any of them connected it; its winner is the fastest, direct before relayed.'
      : 'The plugins raced. The winner is the one whose path both ends proved first.'
  } Rows dial, columns answer.</p>
${matrices(context.aggregate).map((matrix) => table(context, matrix))}
${key(context)}
</section>`;
}

function table(context: Context, matrix: Matrix): Markup {
  return html`${matrix.title !== '' && html`<h3>${matrix.title}</h3>`}
<div class="scroll" tabindex="0" role="region" aria-label="Winner matrix ${matrix.title}">
<table class="matrix">
<thead><tr><th class="corner"><span class="dials">dials</span> <span class="answers">answers</span></th>
${matrix.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${matrix.rows.map(
    (row) => html`<tr><th scope="row">${row}</th>
${matrix.columns.map((column) => tile(context, matrix.cell(row, column), row, column))}</tr>`,
  )}</tbody></table></div>`;
}

function tile(context: Context, cell: CellSummary | undefined, row: string, column: string): Markup {
  const state = stateOf(cell?.tally);
  if (!cell || state === 'untested') return html`<td class="untested"><span class="tile">untested</span></td>`;
  const { tally } = cell;
  return html`<td class="${state}"><a class="tile" href="#${context.anchors.get(cell.id)}"
 aria-label="${row} dials ${column}: ${describe(tally, state)}">
<span class="who">${heading(context, tally, state)}</span>
<span class="rate">${percent(tally.connected, tally.trials)}</span>
<span class="time">${tally.connectMs && duration(tally.connectMs.median)}</span>
<span class="sure"><span>${integer(tally.connected)}/${integer(tally.trials)}, ${percentRange(tally.interval)}</span>
<span class="others">${others(context, tally)}</span></span>
${tally.trials > 0 && rateBar(tally.connected / tally.trials, tally.interval)}
</a></td>`;
}

function heading(context: Context, { winners, unexpected }: Tally, state: CellState): Markup {
  const [first] = winners;
  if (!first) return html`<span class="chip sign">${SIGNS[state]}</span> <span class="name">${LABELS[state]}</span>`;
  const relayed = first.path === 'relayed';
  return html`${chip(context, first.plugin, relayed)} <span class="name">${first.plugin}</span>${
    relayed && html` <span class="tag">relayed</span>`
  }${unexpected > 0 && html` <span class="star" title="${counted(unexpected, 'trial')} connected against theory">★</span>`}`;
}

function others(context: Context, { winners }: Tally): Markup[] {
  return winners.slice(1, 4).map(({ plugin, path }) => chip(context, plugin, path === 'relayed'));
}

const SIGNS: Readonly<Record<CellState, string>> = {
  direct: '',
  relayed: '',
  failed: '✕',
  impossible: '∅',
  unsupported: '?',
  untested: '·',
};

const LABELS: Readonly<Record<CellState, string>> = {
  direct: 'direct',
  relayed: 'relayed',
  failed: 'no connection',
  impossible: 'impossible',
  unsupported: 'unsupported',
  untested: 'untested',
};

function describe(tally: Tally, state: CellState): string {
  const winners = tally.winners.map(({ plugin, path, trials }) => `${plugin} ${path} ${trials}`);
  const who = winners.length > 0 ? winners.join(', ') : LABELS[state];
  const time = tally.connectMs ? `, median ${duration(tally.connectMs.median)}` : '';
  const against = tally.unexpected > 0 ? `, ${tally.unexpected} against theory` : '';
  return `${who}; ${tally.connected} of ${counted(tally.trials, 'trial')} connected${time}${against}`;
}

function key(context: Context): Markup {
  const { plugins } = context.aggregate;
  return html`<div class="key"><ul>${plugins.map((plugin) => html`<li>${chip(context, plugin)} ${plugin}</li>`)}</ul>
<ul><li><span class="chip ${colourClass(context, plugins[0] ?? '')}">AB</span> direct</li>
<li><span class="chip relayed ${colourClass(context, plugins[0] ?? '')}">AB</span> through a relay</li>
<li><span class="chip sign failed">${SIGNS.failed}</span> none connected, though theory does not rule it out</li>
<li><span class="chip sign impossible">${SIGNS.impossible}</span> none connected, and none can by theory</li>
<li><span class="chip sign">${SIGNS.untested}</span> untested</li>
<li><span class="star">★</span> connected against theory</li></ul>
<p>Percentage: trials that connected, with their number and the 95% Wilson score interval. Time: median from the dial
until both ends had proved their keys. Small chips: other winners of the cell, the commonest first.</p></div>`;
}
