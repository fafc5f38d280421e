import type { Endpoint } from '../net/endpoint.ts';
import { judgePreservation, type SocketReport } from './discovery-verdict.ts';
import { judgeMapping } from './mapping-verdict.ts';
import type { PortSample } from './port-report.ts';
import type { UdpPortSource } from './udp-port-source.ts';

/**
 * Do the destinations see what no rule explains since the filter tests came first? Where everybody is let in, many NATs
 * bind an answer to the mapping that it came in on (conntrack does), and the socket has no other towards that endpoint.
 */
export function isBlurred({ alternate, filtering, mapping, mappings }: SocketReport): boolean {
  if (!alternate || filtering.value !== 'endpoint-independent' || mapping.value !== 'unknown') return false;
  return (
    mappings.length >= destinationsOf(mappings[0]!.destination, alternate).length &&
    judgeMapping(mappings).value === 'unknown'
  );
}

/**
 * The same report with the mapping of a socket that nobody has sent to: RFC 5780 section 4.3 without what section 4.4
 * leaves behind. As it was if not all answer.
 */
export async function mapAfresh(
  source: UdpPortSource,
  report: SocketReport,
): Promise<{ readonly report: SocketReport; readonly samples: readonly PortSample[] }> {
  const destinations = destinationsOf(report.server, report.alternate!);
  const samples = await source.mapTowards(destinations);
  const mapping = judgeMapping(samples);
  if (samples.length < destinations.length || mapping.value === 'unknown') return { report, samples };
  const mappings = samples.map(({ destination, mapped }) => ({ destination, mapped }));
  const { localPort } = samples[0]!;
  const evidence = `from port ${localPort}, which nobody had sent to, ${mapping.evidence}`;
  const found = { mapping: { ...mapping, evidence }, portPreserved: judgePreservation(mappings, localPort) };
  return { report: { ...report, ...found, localPort, mappings }, samples };
}

function destinationsOf(server: Endpoint, alternate: Endpoint): Endpoint[] {
  return [server, { address: alternate.address, port: server.port }, alternate];
}
