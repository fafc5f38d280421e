import { stringify } from 'yaml';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import type { Finding } from '../../core/nat/finding.ts';
import type { LifetimeReport } from '../../core/nat/lifetime-report.ts';
import type { NatReport, TcpReport } from '../../core/nat/nat-report.ts';
import { formatEndpoint } from '../../core/net/endpoint.ts';
import { formatDurationUs } from '../scenario/duration.ts';

type Written = Record<string, unknown>;

export interface MeasuredNat {
  readonly name: string;
  readonly report: NatReport;
  readonly lifetime?: LifetimeReport | undefined;
}

/**
 * What was measured as the `nats` of a scenario file. What is unknown is left out, with a comment that says why; the
 * scenario's default takes its place then.
 */
export function presetText(measured: readonly MeasuredNat[]): string {
  return `nats:\n${measured.map(entryText).join('')}`;
}

function entryText({ name, report, lifetime }: MeasuredNat): string {
  const notes = [`Measured by \`lab nat\` against ${formatEndpoint(report.server)}.`];
  const nat = describe(report, lifetime, notes);
  const lines = [
    ...notes.map((note) => `# ${note}`),
    ...stringify({ [name]: nat }, { lineWidth: 0 })
      .trimEnd()
      .split('\n'),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function describe(report: NatReport, lifetime: LifetimeReport | undefined, notes: string[]): Written {
  const value = <T>(finding: Finding<T>, what: string): T | undefined => {
    if (finding.value !== 'unknown') return finding.value as T;
    notes.push(`${what} is unknown: ${(finding as { why: string }).why}`);
    return undefined;
  };
  const udp = value(report.udp, 'whether UDP gets through');
  if (udp !== 'reachable') {
    const tcpPorts = report.tcp.tcp.value === 'unknown' ? undefined : ports(report.tcp, notes, value);
    return defined({ blocks: udp && ['udp'], ports: tcpPorts, ...overTcp(report.tcp, notes, value) });
  }
  if (report.translation.value === 'none' && report.filtering.value === 'endpoint-independent') {
    return { translation: 'none', filtering: 'endpoint-independent' };
  }
  const mapping = value(report.mapping, 'mapping');
  if (mapping === 'endpoint-dependent')
    notes.push('mapping depends on the address; whether on the port too is unknown');
  const hairpin = value(report.hairpin, 'hairpinning');
  const untranslated = report.translation.value === 'none';
  return defined({
    translation: untranslated ? 'none' : undefined,
    // What filters without translating is a firewall with state (RFC 6092).
    firewall: untranslated && report.filtering.value !== 'unknown' ? true : undefined,
    mapping: mapping === 'endpoint-dependent' ? 'address-and-port-dependent' : mapping,
    filtering: value(report.filtering, 'filtering'),
    ports: ports(report, notes, value),
    hairpin,
    udp: timers(lifetime, notes, value),
    ...overTcp(report.tcp, notes, value),
  });
}

type Value = <T>(finding: Finding<T>, what: string) => T | undefined;

/** The scenario's words for a way of choosing ports; some ways it has none for. */
function ports({ ports: found, translation }: Pick<TcpReport, 'ports' | 'translation'>, notes: string[], value: Value) {
  if (translation.value === 'none') return undefined;
  const allocation = value(found.allocation, 'how ports are chosen');
  const contention = found.contention ? { contention: Math.max(1, Math.round(found.contention)) } : {};
  switch (allocation) {
    case 'preserving':
    case 'random':
      return { allocation };
    case 'block':
      return { allocation, ...(found.range && { blockSize: blockSize(found.range, notes) }) };
    case 'sequential':
      return { allocation, step: found.step, ...contention };
    case 'offset':
      return { allocation, offset: found.step };
    case 'local-sequential':
      return { allocation, step: found.step };
    case undefined:
      return undefined;
  }
}

/** Blocks are powers of two (RFC 7422); ports were seen in one of at least this size. */
function blockSize([first, last]: readonly [number, number], notes: string[]): number {
  notes.push(`ports from ${first} to ${last} were seen: the block may be larger`);
  return 2 ** Math.ceil(Math.log2(last - first + 1));
}

function timers(lifetime: LifetimeReport | undefined, notes: string[], value: Value): Written | undefined {
  const bounds = lifetime && value(lifetime.lifetime, 'how long a mapping lives');
  if (!lifetime || !bounds) return undefined;
  if (bounds.goneMs === undefined) {
    notes.push(
      `a mapping was alive after ${formatDurationUs(1000 * bounds.aliveMs)}, the longest silence that was tried`,
    );
    return { timeout: formatDurationUs(1000 * Math.round(bounds.aliveMs)) };
  }
  const inbound = lifetime.inboundRefresh.value === true;
  return {
    timeout: formatDurationUs(1000 * Math.round((bounds.aliveMs + bounds.goneMs) / 2)),
    ...(inbound && { refresh: 'both' }),
  };
}

/** A scenario says once what holds for both; TCP is told apart only where it differs or is all there is. */
function overTcp({ tcp, mapping }: TcpReport, notes: string[], value: Value): Written {
  if (value(tcp, 'whether TCP gets through') === undefined) return {};
  const found = value(mapping, 'mapping of TCP');
  if (found === undefined) return {};
  if (found === 'endpoint-dependent')
    notes.push('mapping of TCP depends on the address; whether on the port too is unknown');
  return { tcp: { mapping: found === 'endpoint-dependent' ? 'address-and-port-dependent' : found } };
}

function defined(description: Partial<Record<keyof NatDescription, unknown>>): Written {
  return Object.fromEntries(Object.entries(description).filter(([, value]) => value !== undefined));
}
