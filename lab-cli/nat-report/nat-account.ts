import type { Finding } from '../../core/nat/finding.ts';
import type { LifetimeReport } from '../../core/nat/lifetime-report.ts';
import { type ClassicNat, classicNat, type DeltaType, deltaType, type NatReport } from '../../core/nat/nat-report.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { type Confidence, confidences, mappingConfidence } from './confidence.ts';

/** One thing that was found out, or why it was not. */
export interface AccountEntry {
  readonly value: string | number | boolean | null;
  readonly confidence: Confidence;
  /** What was seen; for a `null` value, why nothing can be said. */
  readonly evidence: string;
}

/** What `lab nat --json` prints for each address family. */
export interface NatAccount {
  readonly family: 4 | 6;
  readonly server: Endpoint;
  /** How the server sees this machine, and what it is called here; null if no server answered. */
  readonly external: Endpoint | null;
  readonly local: { readonly port: number };
  readonly kind: ClassicNat;
  readonly delta: DeltaType;
  readonly udp: Readonly<Record<string, AccountEntry>>;
  readonly tcp: Readonly<Record<string, AccountEntry>>;
  readonly chain: Readonly<Record<string, AccountEntry>>;
  readonly lifetime: Readonly<Record<string, AccountEntry>> | null;
  readonly roundTripMs: number | null;
  readonly tookMs: number;
}

/** Gives each finding its confidence. */
export function natAccount(family: 4 | 6, report: NatReport, lifetime?: LifetimeReport): NatAccount {
  const sure = confidences(report);
  const { tcp } = report;
  const sureTcp = mappingConfidence(tcp);
  const [first] = [...report.mappings, ...tcp.mappings];
  return {
    family,
    server: report.server,
    external: first?.mapped ?? null,
    local: { port: report.localPort },
    kind: classicNat(report),
    delta: deltaType(report),
    udp: {
      reachable: entry(report.udp, sure.udp),
      translation: entry(report.translation, sure.translation),
      mapping: entry(report.mapping, sure.mapping),
      filtering: entry(report.filtering, sure.filtering),
      ports: entry(report.ports.allocation, sure.ports),
      step: number(report.ports.step, sure.ports),
      hairpin: entry(report.hairpin, sure.hairpin),
    },
    tcp: {
      reachable: entry(tcp.tcp, tcp.tcp.value === 'unknown' ? 'none' : 'high'),
      translation: entry(tcp.translation, sureTcp.translation),
      mapping: entry(tcp.mapping, sureTcp.mapping),
      ports: entry(tcp.ports.allocation, sureTcp.ports),
      step: number(tcp.ports.step, sureTcp.ports),
    },
    chain: {
      carrier: entry(report.chain.carrier, hint(report.chain.carrier)),
      nested: entry(report.chain.nested, hint(report.chain.nested)),
    },
    lifetime: lifetime ? lifetimeEntries(lifetime) : null,
    roundTripMs: report.rttUs === undefined ? null : report.rttUs / 1000,
    tookMs: report.tookMs,
  };
}

/** Addresses are hints: a carrier may use any of its own. */
function hint({ value }: Finding<boolean>): Confidence {
  return value === 'unknown' ? 'none' : 'medium';
}

function lifetimeEntries({ lifetime, outboundRefresh, inboundRefresh }: LifetimeReport): Record<string, AccountEntry> {
  const bounds = lifetime.value === 'unknown' ? undefined : lifetime.value;
  return {
    aliveMs: bounds
      ? { ...entry(lifetime, 'high'), value: bounds.aliveMs }
      : entry(lifetime as Finding<string>, 'none'),
    goneMs: bounds
      ? { ...entry(lifetime, 'high'), value: bounds.goneMs ?? null }
      : entry(lifetime as Finding<string>, 'none'),
    outboundRefresh: entry(outboundRefresh, outboundRefresh.value === 'unknown' ? 'none' : 'high'),
    inboundRefresh: entry(inboundRefresh, inboundRefresh.value === 'unknown' ? 'none' : 'high'),
  };
}

function entry(finding: Finding<unknown>, confidence: Confidence): AccountEntry {
  if (finding.value === 'unknown')
    return { value: null, confidence: 'none', evidence: (finding as { why: string }).why };
  const { value, evidence } = finding as { value: AccountEntry['value']; evidence: string };
  return { value, confidence, evidence };
}

function number(value: number, confidence: Confidence): AccountEntry {
  return { value, confidence, evidence: 'from one external port to the next, or from the local to the external one' };
}
