import type FastCheck from 'fast-check';
import type { NatData } from './scenario-data.ts';

/**
 * NATs for property-based tests, in the words of a scenario file: any mapping, filtering, allocation of ports, hairpinning and
 * answer to strangers. A counterexample shrinks to the fewest keys that still make it one.
 *
 * @param fc fast-check, of which this package has none of its own
 */
export function anyNat(fc: typeof FastCheck): FastCheck.Arbitrary<NatData> {
  const dependence = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent');
  const allocation = fc.constantFrom('preserving', 'sequential', 'offset', 'local-sequential', 'random');
  const ports = fc.record({ allocation, step: fc.constantFrom(1, 2, -1) }, { requiredKeys: ['allocation'] });
  return fc.record(
    {
      mapping: dependence,
      filtering: dependence,
      ports,
      hairpin: fc.constantFrom('none', 'internal-source', 'external-source'),
      inboundSession: fc.constantFrom('none', 'bind'),
      tcp: fc.record(
        { unsolicited: fc.constantFrom('drop', 'reset', 'icmp'), simultaneousOpen: fc.boolean() },
        { requiredKeys: [] },
      ),
      blocks: fc.constantFrom<string[]>([], ['udp'], ['tcp-in']),
    },
    { requiredKeys: [] },
  );
}
