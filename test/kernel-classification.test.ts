import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dependence, NatDescription } from '../core/nat/behaviour.ts';
import { PRESETS } from '../core/nat/presets.ts';
import { sandboxCommand, whyNoKernelLab } from '../kernel-lab/index.ts';

const PROGRAM = fileURLToPath(new URL('programs/classify-nats.mjs', import.meta.url));
/** Coturn waits three seconds for each answer that does not come. */
const SANDBOXES = 3;
const LIMIT_MS = 280_000;
const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];
const COTURN = ['turnserver', 'turnutils_natdiscovery'];
const installed = COTURN.every((program) => spawnSync(program, ['-h'], { stdio: 'ignore' }).error === undefined);
const why = installed ? await whyNoKernelLab() : 'coturn is not installed';

type Kind = readonly [string, NatDescription];

/** Every mapping with every filter, and every way to choose a port that the kernel has. */
const KINDS: readonly Kind[] = [
  ...DEPENDENCES.flatMap((mapping) =>
    DEPENDENCES.map((filtering): [string, NatDescription] => [
      `${mapping} mapping, ${filtering} filtering`,
      { mapping, filtering, ports: { allocation: 'random' }, inboundSession: 'bind' },
    ]),
  ),
  ['kept ports', { filtering: 'address-dependent' }],
  ['sequential ports', { filtering: 'endpoint-independent', ports: { allocation: 'sequential', step: 2 } }],
  ['a block of ports', { ports: { allocation: 'block', blockSize: 512 } }],
  ['a neighbour’s port for every destination', { mapping: DEPENDENCES[2]!, ports: { allocation: 'sequential' } }],
  ['Linux', PRESETS['linux-masquerade']!.behaviour],
];
/** Whose mappings coturn is to outlive. */
const SHORT_LIVED = 'short-lived';
const LIFETIME_MS = 4000;

interface Answers {
  readonly name: string;
  readonly ours: { readonly mapping: Dependence; readonly filtering: Dependence };
  /** What `turnutils_natdiscovery` printed. */
  readonly theirs: string;
}

const answers = new Map<string, Answers>();

async function classify(kinds: readonly Kind[]): Promise<void> {
  const asked = kinds.map(([name, description]) => {
    return [name, { description, ...(name === SHORT_LIVED && { lifetimeMs: LIFETIME_MS }) }] as const;
  });
  const { file, args } = await sandboxCommand(process.execPath, [PROGRAM, JSON.stringify(Object.fromEntries(asked))]);
  const options = { timeout: LIMIT_MS - 10_000, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
  const { stdout } = await promisify(execFile)(file, args, options);
  for (const line of stdout.trimEnd().split('\n')) {
    const answer = JSON.parse(line) as Answers;
    answers.set(answer.name, answer);
  }
}

/** Such as `NAT with Address and Port Dependent Filtering!` */
function verdict(text: string, what: 'Mapping' | 'Filtering'): string | undefined {
  const [, words] = new RegExp(`NAT with (.*) ${what}!`).exec(text) ?? [];
  return words?.toLowerCase().replaceAll(' ', '-');
}

describe.skipIf(why)(`what NATs of the kernel are${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(async () => {
    const all: Kind[] = [...KINDS, [SHORT_LIVED, { udp: { timeoutMs: LIFETIME_MS, refresh: 'both' } }]];
    const parts = Array.from({ length: SANDBOXES }, (_, part) => all.filter((_kind, at) => at % SANDBOXES === part));
    await Promise.all(parts.map(classify));
  }, LIMIT_MS);

  it.each(KINDS)('%s: coturn says the same as we do, and as was asked for', (name, description) => {
    const { ours, theirs } = answers.get(name)!;
    const { mapping = 'endpoint-independent', filtering = 'address-and-port-dependent' } = {
      ...description,
      ...description.udp,
    };
    expect(ours).toEqual({ mapping, filtering });
    expect({ mapping: verdict(theirs, 'Mapping'), filtering: verdict(theirs, 'Filtering') }).toEqual(ours);
  });

  it('a mapping is there a second before its time, and gone a second after it', () => {
    const [before, after] = answers.get(SHORT_LIVED)!.theirs.split('----');
    // The second request asks for an answer to the port of the first one.
    expect(before).toContain('RFC 5780 response 2');
    expect(before).not.toContain('timeout');
    expect(after).not.toContain('RFC 5780 response 2');
    expect(after).toContain('timeout');
  });
});
