/** How frequent each kind of NAT is in front of a peer, for scenarios to name, weigh otherwise and argue with. */
export interface NamedPopulation {
  /** Whom it stands for. */
  readonly summary: string;
  /** Where every share is from, and what is an assumption of ours. */
  readonly source: string;
  /** Presets and chains of them, joined by `+`, by their share in parts per million. */
  readonly weightsPpm: ReadonlyMap<string, number>;
}

const HALKES = 'G. Halkes and J. Pouwelse, UDP NAT and Firewall Puncturing in the Wild (IFIP Networking 2011)';
const RICHTER =
  'P. Richter et al., A Multi-perspective Analysis of Carrier-Grade NAT Deployment (IMC 2016), at second hand';

function percent(weights: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(weights).map(([name, share]) => [name, Math.round(share * 10_000)]));
}

export const POPULATIONS: ReadonlyMap<string, NamedPopulation> = new Map([
  [
    'p2p-2010',
    {
      summary: 'users of a file-sharing client in 2010, mostly at home',
      source:
        `${HALKES}, figure 3, read off its bars to about a point, which sum to 100.6%. Full cone includes hosts ` +
        'without a NAT, symmetric is every mapping that depends on the destination',
      weightsPpm: percent({
        'full-cone': 20.9,
        'restricted-cone': 7.4,
        'port-restricted-cone': 56.9,
        symmetric: 10.6,
        'udp-blocked': 4.8,
      }),
    },
  ],
  [
    'home',
    {
      summary: 'home connections in 2016 without a NAT of the carrier',
      source:
        `symmetric: ${RICHTER}, less than 2% of customers' equipment; udp-blocked: RFC 9308 section 2, 3% of networks; ` +
        `the rest in the proportions of ${HALKES}, figure 3. Assumed: that these three go together`,
      weightsPpm: percent({
        'full-cone': 23.3,
        'restricted-cone': 8.3,
        'port-restricted-cone': 63.4,
        symmetric: 2,
        'udp-blocked': 3,
      }),
    },
  ],
  [
    'mobile',
    {
      summary: 'phones on cellular networks in 2016',
      source:
        `${RICHTER}: a NAT of the carrier in more than 90% of cellular networks, a symmetric one in about 40% of those; ` +
        'ports random in 45%, sequential in 26%, preserved in the remaining 29%; addresses pooled arbitrarily in 21%. ' +
        'These are shares of networks, not of phones. Assumed: that each is independent of the others; that the ' +
        'remaining 10% have a public address; that carriers who pool arbitrarily choose ports at random',
      weightsPpm: percent({
        open: 10,
        'carrier-cone': 54,
        'carrier-random': 12.798,
        'carrier-sequential': 7.3944,
        'carrier-preserving': 8.2476,
        'carrier-pool': 7.56,
      }),
    },
  ],
]);
