import { z } from 'zod';
import { flag, oneOf, strictMap, wholeNumber } from './shapes.ts';
import type { TopologySpec } from './types.ts';

const NAMES = ['separate', 'same-lan', 'same-nat', 'shared-cgn'] as const satisfies readonly TopologySpec['name'][];
const TOPOLOGY = 'the name of a topology, or { NAME: { OPTION: VALUE } }';
/** As many as a carrier puts behind one address, and as a trial still carries in a moment. */
const MOST_SUBSCRIBERS = 500;

const isolated = () =>
  flag().describe('The shared NAT carries nothing straight from one inside segment to another. Default: false');

const sameNat = strictMap({ isolated: isolated().optional() });

const sharedCgn = strictMap({
  isolated: isolated().optional(),
  subscribers: wholeNumber(0, MOST_SUBSCRIBERS)
    .describe('Other hosts behind the shared NAT, each of which opens a UDP flow a second. Default: 0')
    .optional(),
});

/** A name, or a name with options. */
export function topology() {
  const withOptions = strictMap({ 'same-nat': sameNat.optional(), 'shared-cgn': sharedCgn.optional() }).refine(
    (map) => Object.keys(map).length === 1,
    { error: 'one topology and its options' },
  );
  return z.union([oneOf(NAMES), withOptions], { error: TOPOLOGY });
}

type WrittenTopology = z.output<ReturnType<typeof topology>>;

export function readTopology(written: WrittenTopology): TopologySpec {
  if (typeof written === 'string') return { name: written, isolated: false, subscribers: 0 };
  const { 'same-nat': sameNat, 'shared-cgn': sharedCgn } = written;
  if (sameNat) return { name: 'same-nat', isolated: sameNat.isolated ?? false, subscribers: 0 };
  return { name: 'shared-cgn', isolated: sharedCgn?.isolated ?? false, subscribers: sharedCgn?.subscribers ?? 0 };
}
