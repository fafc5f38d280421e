import type { Aggregate } from '../aggregate-types.ts';
import { pluginCodes } from '../plugin-codes.ts';
import type { Interval } from '../statistics.ts';
import { html, type Markup } from './markup.ts';

/** Colours in the style sheet; more plugins than that share them, and their codes tell them apart. */
export const PALETTE_SIZE = 8;

/** What all sections need. */
export interface Context {
  readonly aggregate: Aggregate;
  readonly codes: ReadonlyMap<string, string>;
  /** Anchor of a cell's trials. */
  readonly anchors: ReadonlyMap<string, string>;
}

export function contextOf(aggregate: Aggregate): Context {
  return {
    aggregate,
    codes: pluginCodes(aggregate.plugins),
    anchors: new Map(aggregate.cells.map(({ id }, index) => [id, `cell-${index + 1}`])),
  };
}

/** Class that sets a plugin's colours. */
export function colourClass({ aggregate }: Context, plugin: string): string {
  const index = aggregate.plugins.indexOf(plugin);
  return index === -1 ? 'pn' : `p${index % PALETTE_SIZE}`;
}

/** The plugin's code on its colour; only a frame of it where the path was relayed. */
export function chip(context: Context, plugin: string, relayed = false): Markup {
  const classes = `chip ${colourClass(context, plugin)}${relayed ? ' relayed' : ''}`;
  return html`<span class="${classes}" title="${plugin}${relayed && ', relayed'}">${context.codes.get(plugin) ?? '?'}</span>`;
}

/** A scale from 0 to 1: a band for the interval, and a mark at the share. */
export function rateBar(share: number, interval: Interval): Markup {
  const x = (value: number) => (100 * value).toFixed(1);
  return html`<svg class="rate-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
<rect class="track" width="100" height="4"/><rect class="band" x="${x(interval.low)}" width="${x(interval.high - interval.low)}" height="4"/>
<rect class="mark-at" x="${x(Math.min(share, 0.985))}" width="1.5" height="4"/></svg>`;
}
