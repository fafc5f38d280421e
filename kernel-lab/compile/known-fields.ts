import { DEFAULT_BEHAVIOUR, type NatBehaviour } from '../../core/nat/behaviour.ts';

/**
 * Every field that the compile step has an answer for, by its place in a behaviour, with the values that it knows where
 * those are words. What is missing here, because the vocabulary has grown, is refused by {@link whyUnknown}.
 */
const KNOWN: ReadonlyMap<string, readonly unknown[] | 'any'> = new Map<string, readonly unknown[] | 'any'>([
  ['translation', ['napt', 'none', 'nptv6', 'nat64']],
  ['ports.allocation', ['preserving', 'sequential', 'random', 'block']],
  ['pooling', ['paired', 'arbitrary']],
  ['hairpin', ['none', 'internal-source', 'external-source']],
  ['inboundSession', ['none', 'bind']],
  ['inboundFirst', ['none', 'clash']],
  ['filterScope', ['mapping', 'host']],
  ['udp.refresh', ['outbound', 'inbound', 'both', 'all']],
  ['tcp.unsolicited', ['drop', 'reset', 'icmp']],
  ['tcp.afterReset', ['hold', 'remove']],
  ...['udp', 'tcp'].flatMap((transport) =>
    ['mapping', 'filtering'].map((field): [string, readonly unknown[]] => [
      `${transport}.${field}`,
      ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'],
    ]),
  ),
  ...[
    ...[
      'firewall',
      'addresses',
      'blocks',
      'allow',
      'secondary.mapping',
      'secondary.onCollision',
      'secondary.underLoad',
    ],
    ...['step', 'range', 'parity', 'blockSize', 'contention', 'overlapping'].map((field) => `ports.${field}`),
    ...['udp.timeoutMs', 'tcp.icmpDelayMs', 'tcp.simultaneousOpen'],
    ...['tcp.establishedMs', 'tcp.transitoryMs', 'tcp.closingMs'],
    // No host of the kernel lab sends a query.
    ...['icmp.mapping', 'icmp.filtering', 'icmp.timeoutMs', 'icmp.errorEndsMapping'],
    ...['mappings', 'perHost', 'reuseHoldMs', 'sessionRate', 'exhausted'].map((field) => `limits.${field}`),
    ...['scanGuard.probes', 'scanGuard.windowMs', 'scanGuard.blockMs'],
    ...['portMapping.protocols', 'portMapping.faults'],
  ].map((field): [string, 'any'] => [field, 'any']),
]);

/** The first field, or value, that the compile step knows nothing of, in one sentence. */
export function whyUnknown(behaviour: NatBehaviour): string | undefined {
  const defaults = new Map(leaves(DEFAULT_BEHAVIOUR));
  for (const [field, value] of leaves(behaviour)) {
    const known = KNOWN.get(field);
    if (known === 'any' || known?.includes(value)) continue;
    // A field whose default is what it has been all along changes nothing.
    if (known === undefined && JSON.stringify(defaults.get(field)) === JSON.stringify(value)) continue;
    return `${field}: ${JSON.stringify(value).replaceAll('"', '')}: there are no rules of nftables for it`;
  }
  return undefined;
}

function leaves(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const isLeaf = typeof inner !== 'object' || inner === null || Array.isArray(inner);
    return isLeaf ? [[`${prefix}${key}`, inner]] : leaves(inner, `${prefix}${key}.`);
  });
}
