import type { Host } from '../ports/index.ts';
import { type Finding, found, unknown } from './finding.ts';
import { chooseMethod } from './lifetime-method.ts';
import { judgeRefresh, type RefreshEvidence } from './lifetime-refresh.ts';
import type { LifetimeMethod, LifetimeReport } from './lifetime-report.ts';
import { type LifetimeBounds, LifetimeSearch } from './lifetime-search.ts';
import type { Subject, Vital } from './lifetime-subject.ts';
import { LifetimeTrials, type Trial } from './lifetime-trials.ts';
import type { NatReport } from './nat-report.ts';

export interface LifetimeOptions {
  /** Local address to test from. @default every interface */
  readonly bindAddress?: string | undefined;
  /** The longest silence to try. @default 600,000 */
  readonly maxMs?: number;
  /** How far apart the bounds of the lifetime may be. @default 2000 */
  readonly precisionMs?: number;
  /** Gives up with ECANCELED. @default none */
  readonly signal?: AbortSignal | undefined;
}

export type LifetimeHost = Pick<Host, 'clock' | 'random' | 'udp'>;
type Findings = Omit<LifetimeReport, 'method' | 'tookMs'>;

/** Sockets that are silent at the same time. */
const SOCKETS = 8;
/** A port that was kept may have gone to somebody else, but hardly three of three. */
const COLLISION_REPLICAS = 3;
const HOPS = [1, 2, 3, 4, 5, 6, 7, 8];
const FAR = 64;
/** When to send, in lifetimes: any one that gets through is enough, and each leaves less than one until the look. */
const TOUCHES = [0.5, 0.55, 0.6, 0.65, 0.7];
const LOOK = 1.4;

/**
 * Finds out how long UDP mappings live and what keeps them alive. It takes several times the lifetime, so minutes: it
 * is no part of {@link discoverNat}, but goes by its full report.
 *
 * @throws NetError EADDRNOTAVAIL, EADDRINUSE, ECANCELED when the signal fires
 */
export async function discoverLifetime(
  host: LifetimeHost,
  report: NatReport,
  options: LifetimeOptions = {},
): Promise<LifetimeReport> {
  const startUs = host.clock.now();
  const { server, alternate, rttUs } = report;
  const { bindAddress, signal } = options;
  const bench = { host, server, alternate, rttUs: rttUs ?? 0, bindAddress, signal };
  const trials = new LifetimeTrials(bench);
  try {
    const choice = chooseMethod(report);
    const findings =
      choice.method === undefined ? nothing(choice.why) : await investigate(trials, choice.method, report, options);
    return { method: choice.method, ...findings, tookMs: (host.clock.now() - startUs) / 1000 };
  } finally {
    trials.close();
  }
}

function nothing(why: string, lifetime: LifetimeReport['lifetime'] = unknown(why)): Findings {
  const reason = unknown(why);
  return { lifetime, outboundRefresh: reason, inboundRefresh: reason, distance: reason };
}

async function investigate(
  trials: LifetimeTrials,
  method: LifetimeMethod,
  { hairpin, mapping }: NatReport,
  options: LifetimeOptions,
): Promise<Findings> {
  const hairpins = hairpin.value === 'internal-source' || hairpin.value === 'external-source';
  if (hairpins && mapping.value === 'endpoint-independent') await trials.openNeighbour();
  if (method === 'hairpin' && !trials.hasNeighbour) return nothing('the server did not answer in time');
  const lifetime = await search(trials, method, options);
  if (lifetime.value === 'unknown') return nothing('the lifetime is unknown', lifetime);
  const { aliveMs, goneMs } = lifetime.value;
  if (goneMs === undefined) return nothing('no mapping was seen to end', lifetime);
  const evidence = await refresh(trials, method, aliveMs, goneMs);
  return evidence
    ? { lifetime, ...judgeRefresh(evidence) }
    : nothing('the lifetime is not known well enough', lifetime);
}

async function search(
  trials: LifetimeTrials,
  method: LifetimeMethod,
  { maxMs = 600_000, precisionMs = 2000 }: LifetimeOptions,
): Promise<Finding<LifetimeBounds>> {
  const replicas = method === 'collision' ? COLLISION_REPLICAS : 1;
  const sections = new LifetimeSearch({ maxMs, precisionMs, width: Math.floor(SOCKETS / replicas) });
  for (let silences = sections.next(); silences.length > 0; silences = sections.next()) {
    const dead = new AbortController();
    await Promise.all(silences.map((silenceMs) => keepSilence(trials, method, sections, silenceMs, replicas, dead)));
  }
  const { aliveMs, goneMs } = sections.bounds;
  const survived = `alive after ${aliveMs} ms of silence`;
  if (sections.contradictory) return unknown(`no lifetime fits: ${survived}, gone after ${goneMs} ms`);
  if (goneMs !== undefined) return found({ aliveMs, goneMs }, `${survived}, gone after ${goneMs} ms`);
  if (aliveMs < maxMs) return unknown(`too many packets got lost: ${survived}`);
  // Some NATs give a socket that comes back its port again: then its mapping only looked alive.
  if (method === 'remapping') return unknown(`${survived}, or made again with the same port`);
  return found({ aliveMs, goneMs }, `${survived}, the longest that was tried`);
}

/** Tells the search what became of mappings that were left alone so long. Nobody waits for longer ones in vain. */
async function keepSilence(
  trials: LifetimeTrials,
  method: LifetimeMethod,
  sections: LifetimeSearch,
  silenceMs: number,
  replicas: number,
  dead: AbortController,
): Promise<void> {
  const trial = () => trials.run(method, () => trials.sleep(silenceMs, dead.signal));
  const known = (await Promise.all(Array.from({ length: replicas }, trial))).filter((one): one is Trial => {
    return one !== undefined && one.vital !== 'unknown';
  });
  const gone = known.filter(({ vital }) => vital === 'gone');
  if (gone.length > 0) {
    sections.died(Math.ceil(Math.min(...gone.map(({ mostMs }) => mostMs))));
    dead.abort();
  } else if (known.length === replicas) {
    sections.survived(Math.floor(Math.min(...known.map(({ leastMs }) => leastMs))));
  }
}

/** A silence of more than the lifetime, broken in different ways while the mapping is certainly alive. */
async function refresh(
  trials: LifetimeTrials,
  method: LifetimeMethod,
  aliveMs: number,
  goneMs: number,
): Promise<RefreshEvidence | undefined> {
  // After that nothing may be sent: it would make a mapping anew that died meanwhile, and it would look alive.
  if (LOOK * aliveMs <= goneMs) return undefined;
  const kept = (ttl: number) =>
    vital(trials, method, async (subject) => {
      let leftMs = LOOK * aliveMs;
      for (const [index, at] of TOUCHES.entries()) {
        const gapMs = (at - (TOUCHES[index - 1] ?? 0)) * aliveMs;
        if (!(await trials.sleep(gapMs))) return false;
        leftMs -= gapMs;
        subject.keepAlive(ttl);
      }
      return trials.sleep(leftMs);
    });
  const brief = (ttl: number) =>
    vital(trials, method, async (subject) => {
      subject.keepAlive(ttl);
      return trials.sleep(1000);
    });
  const [far, near, unharmed, inbound] = await Promise.all([
    kept(FAR),
    Promise.all(HOPS.map(kept)),
    Promise.all(HOPS.map(brief)),
    trials.hasNeighbour ? receive(trials, aliveMs) : undefined,
  ]);
  return { far, near, unharmed, inbound };
}

function receive(trials: LifetimeTrials, aliveMs: number): Promise<Vital> {
  const halfMs = (LOOK / 2) * aliveMs;
  return vital(trials, 'hairpin', async (subject) => {
    if (!(await trials.sleep(halfMs)) || (await subject.check()) !== 'alive') return false;
    return trials.sleep(halfMs);
  });
}

async function vital(
  trials: LifetimeTrials,
  method: LifetimeMethod,
  wait: (subject: Subject) => Promise<boolean>,
): Promise<Vital> {
  return (await trials.run(method, wait))?.vital ?? 'unknown';
}
