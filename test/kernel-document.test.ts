import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { PRESETS } from '../core/nat/presets.ts';
import { SITE, SITE6 } from '../kernel-lab/compile/rulesets.suite.ts';
import { UNSUPPORTED } from '../kernel-lab/compile/unsupported-cases.suite.ts';
import { compileNat, compileNetwork, type KernelLine, whyLinkUnsupported } from '../kernel-lab/index.ts';
import type { LinkModel } from '../simulator/index.ts';

const FILE = fileURLToPath(new URL('../docs/kernel.md', import.meta.url));

/** Compares a part of docs/kernel.md with what it ought to say; with UPDATE_KERNEL set, writes it instead. */
function check(name: string, lines: readonly string[]): void {
  const markdown = readFileSync(FILE, 'utf8');
  const head = `<!-- ${name} -->\n\n`;
  const start = markdown.indexOf(head) + head.length;
  const end = markdown.indexOf('\n\n<!-- end -->', start);
  expect(Math.min(start - head.length, end), `${name} in ${FILE}`).toBeGreaterThan(0);
  if (process.env.UPDATE_KERNEL) writeFileSync(FILE, markdown.slice(0, start) + lines.join('\n') + markdown.slice(end));
  else expect(markdown.slice(start, end).split('\n')).toEqual(lines);
}

/** As the formatter has it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length), title.length),
  );
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, filler)).join(' | ')} |`;
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ];
}

/** Why not, or undefined: a trial of a minute can have it. */
function whyNot(name: string): string | undefined {
  const { behaviour } = PRESETS[name]!;
  const ipv6 = behaviour.firewall || ['nptv6', 'nat64'].includes(behaviour.translation ?? 'napt');
  const compiled = compileNat(resolveBehaviour(behaviour), ipv6 ? { ...SITE, ...SITE6 } : SITE);
  return compiled.kind === 'unsupported' ? compiled.reason : undefined;
}

/** `field: why`, as two cells. */
function cells(reason: string): [string, string] {
  const colon = reason.lastIndexOf(': ');
  return [`\`${reason.slice(0, colon)}\``, reason.slice(colon + 2)];
}

it('says which presets the kernel has; UPDATE_KERNEL=1 writes it', () => {
  const names = Object.keys(PRESETS);
  const missing = names.filter((name) => whyNot(name) !== undefined);
  expect(missing.length).toBeLessThan(names.length);
  check(
    'presets that the kernel has not',
    table(
      ['preset', 'because of', 'why'],
      missing.map((name) => [`\`${name}\``, ...cells(whyNot(name)!)]),
    ),
  );
});

it('says what the kernel has no way to do; UPDATE_KERNEL=1 writes it', () => {
  const line = (translation: 'none' | 'napt', family: 4 | 6, length = 1): KernelLine => {
    return { interface: 'eth0', family, nats: Array.from({ length }, () => resolveBehaviour({ translation })) };
  };
  const networks = [
    { name: 'separate', a: [line('napt', 4, 6)] },
    { name: 'separate', a: [line('none', 6, 5)] },
    { name: 'separate', a: Array.from({ length: 4 }, () => line('napt', 4)) },
    { name: 'shared-cgn', a: [line('napt', 4, 2), line('none', 6, 2)] },
    { name: 'shared-cgn', a: [line('none', 6, 2)], subscribers: 9 },
  ] as const;
  const reasons = [
    ...UNSUPPORTED.map(([, description, site]) => compileNat(resolveBehaviour(description), { ...SITE, ...site })),
    ...networks.map((network) =>
      compileNetwork({ ...network, isolated: false, b: network.a }, { lifeMs: 75_000, start: 0 }),
    ),
  ].map((compiled) => (compiled.kind === 'unsupported' ? compiled.reason : 'it can be done'));
  expect(reasons).not.toContain('it can be done');
  const models: readonly Omit<LinkModel, 'latencyUs'>[] = [
    { mtu: { bytes: 1400, oversize: 'ptb' } },
    { holdBack: { sharePpm: 1, byUs: 1 } },
    { timedLoss: { goodUs: 1, badUs: 1, goodLossPpm: 0, badLossPpm: 1 } },
    { exactLoss: { lost: 1, of: 10 } },
  ];
  const links = models.map((model) => whyLinkUnsupported({ latencyUs: 1, ...model }));
  expect(links).not.toContain(undefined);
  check(
    'what the kernel has no way to do',
    table(
      ['field', 'why'],
      [...new Set([...reasons, ...links])].map((reason) => cells(reason!)),
    ),
  );
});
