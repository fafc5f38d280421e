import type { Link, LinkModel } from '../../simulator/index.ts';

export interface NamedLink extends Link {
  /** What it stands for. */
  readonly summary: string;
  /** Where its numbers come from. */
  readonly sources: readonly LinkSource[];
}

export interface LinkSource {
  /** `measured`: by others, who are named. `derived`: follows from a fact. `assumed`: plausible, and no more. */
  readonly grade: 'measured' | 'derived' | 'assumed';
  readonly text: string;
}

const measured = (text: string): LinkSource => ({ grade: 'measured', text });
const derived = (text: string): LinkSource => ({ grade: 'derived', text });
const assumed = (text: string): LinkSource => ({ grade: 'assumed', text });

function alike(model: LinkModel): Link {
  return { up: model, down: model };
}

/** Latency, uniform jitter and independent loss. */
function plain(latencyMs: number, jitterMs: number, lossPpm: number): LinkModel {
  return { latencyUs: latencyMs * 1000, jitterUs: jitterMs * 1000, lossPpm };
}

/** Latency, and mostly little but sometimes much more: what radio and queues add. */
function radio(latencyMs: number, meanJitterMs: number): LinkModel {
  return { latencyUs: latencyMs * 1000, exponentialJitterUs: meanJitterMs * 1000 };
}

/** @param queueMs how long a packet waits at most */
function rate(kilobits: number, queueMs: number): Pick<LinkModel, 'rate'> {
  return { rate: { bitsPerSecond: kilobits * 1000, queueBytes: Math.floor((kilobits * queueMs) / 8) } };
}

/** Loss in spells, by their mean times. */
function spells(goodMs: number, badMs: number, goodLossPpm: number, badLossPpm: number): Pick<LinkModel, 'timedLoss'> {
  return { timedLoss: { goodUs: goodMs * 1000, badUs: badMs * 1000, goodLossPpm, badLossPpm } };
}

const FCC = 'FCC, Measuring Broadband America, 2014: in the evening a round trip takes';
const OFCOM = 'Ofcom, Measuring mobile broadband performance in the UK, April 2015:';
const QUIC_FEC = 'Michel, De Coninck, Bonaventure, QUIC-FEC, IFIP Networking 2019:';
const STARLINK = 'Michel et al., A first look at Starlink performance, IMC 2022:';
const USUAL_RATES = assumed('the rates are those of a common tariff');

/** Links by name. Times are one way, between a peer and the core: a packet from peer to peer crosses two of them. */
export const LINKS: ReadonlyMap<string, NamedLink> = new Map<string, NamedLink>([
  [
    'lan',
    {
      summary: 'the same building; the core is one switch away',
      ...alike(plain(1, 0, 0)),
      sources: [assumed('1 ms for switches and the hosts themselves; nothing is lost')],
    },
  ],
  [
    'fibre',
    {
      summary: 'the same country by fibre',
      ...alike(plain(5, 0, 0)),
      sources: [derived('light takes 5 ms for 1,000 km of glass'), assumed('nothing is lost')],
    },
  ],
  [
    'broadband',
    {
      summary: 'a quiet DSL or cable line',
      ...alike(plain(20, 0, 0)),
      sources: [derived('an interleaved last mile adds some 15 ms to fibre'), assumed('nothing is lost')],
    },
  ],
  [
    'cable',
    {
      summary: 'a cable modem in the evening',
      up: { ...plain(14, 4, 1_000), ...rate(10_000, 250) },
      down: { ...plain(16, 0, 1_000), ...rate(100_000, 50) },
      sources: [
        measured(`${FCC} 32 ms on average over cable`),
        derived(
          'upstream buffers hold an order of magnitude more than TCP needs (White, Right-sizing cable modem buffers, NCTA 2011)',
        ),
        assumed('4 ms of jitter for the cycle in which modems ask for leave to send; 0.1% of loss'),
        USUAL_RATES,
      ],
    },
  ],
  [
    'dsl',
    {
      summary: 'an ADSL2+ line over PPPoE',
      up: { ...plain(24, 1, 1_000), ...rate(1_000, 250), mtu: { bytes: 1492, oversize: 'fragment' } },
      down: { ...plain(24, 1, 1_000), ...rate(16_000, 100), mtu: { bytes: 1492, oversize: 'fragment' } },
      sources: [
        measured(`${FCC} 49 ms on average over DSL`),
        derived('PPPoE leaves 1,492 bytes of an Ethernet frame (RFC 2516 section 7)'),
        assumed('1 ms of jitter, 0.1% of loss, and the queues'),
        USUAL_RATES,
      ],
    },
  ],
  [
    'wifi-good',
    {
      summary: 'fibre, and a wireless LAN in the next room',
      ...alike({ ...radio(5, 2), lossPpm: 1_000 }),
      sources: [
        measured(
          'Sui et al., Characterizing and improving WiFi latency, MobiSys 2016: a median of 3 ms on the wireless hop',
        ),
        derived('two exponential times with means of 2 ms have a median of 3.4 ms; the rest is as fibre'),
        assumed('0.1% of loss after retransmission by the link'),
      ],
    },
  ],
  [
    'wifi-bad',
    {
      summary: 'fibre, and a crowded wireless LAN two walls away',
      ...alike({ ...radio(5, 25), ...spells(1960, 40, 0, 500_000), ...rate(10_000, 500) }),
      sources: [
        measured(
          'Pei et al., WiFi can be the weakest link of round trip network latency in the wild, INFOCOM 2016: half of the ' +
            'packets spend more than 20 ms on the wireless hop, a tenth more than 100 ms',
        ),
        derived('two exponential times with means of 25 ms exceed 97 ms once in ten'),
        assumed('every other packet is lost for 40 ms every 2 s, which is 1% in all; the rate and its queue'),
      ],
    },
  ],
  [
    'mobile',
    {
      summary: 'LTE on the move, without a limit to its rate',
      ...alike(plain(30, 16, 5_000)),
      sources: [
        derived('16 ms of jitter are two HARQ rounds of 8 ms (3GPP TS 36.321)'),
        assumed('30 ms of latency, 0.5% of loss'),
      ],
    },
  ],
  [
    'lte',
    {
      summary: 'LTE in a city',
      up: { ...radio(21, 6), lossPpm: 1_000, ...rate(13_600, 500) },
      down: { ...radio(20, 6), lossPpm: 1_000, ...rate(14_700, 500) },
      sources: [
        measured(`${OFCOM} a round trip takes 53.1 ms on average, 14.7 Mbit/s down and 13.6 Mbit/s up`),
        assumed('12 ms of the round trip are jitter, since what is received with errors is sent again (HARQ)'),
        assumed('0.1% of loss; half a second of queue, where networks have been seen to hold seconds'),
      ],
    },
  ],
  [
    '5g',
    {
      summary: '5G beside LTE (non-standalone) in a city',
      up: { ...radio(10, 2), lossPpm: 1_000, ...rate(30_000, 300) },
      down: { ...radio(5, 2), lossPpm: 1_000, ...rate(150_000, 300) },
      sources: [
        measured(
          'Kottkamp, 5G NR and LTE latency analysis in a public network, Rohde & Schwarz 2022: 7 ms down and up to 18 ms ' +
            'up, one way',
        ),
        assumed('the rates and queues, 0.1% of loss, and how much of the times is jitter'),
      ],
    },
  ],
  [
    'bad-cellular',
    {
      summary: 'the edge of a cell, or a train: slow, late, and lossy in bursts',
      up: { ...radio(100, 50), ...spells(3800, 200, 5_000, 900_000), ...rate(300, 1000) },
      down: { ...radio(100, 50), ...spells(3800, 200, 5_000, 900_000), ...rate(1_000, 1000) },
      sources: [
        derived(
          `${QUIC_FEC} one way over mobile and satellite links of aircraft takes 100 to 400 ms, at 0.3 to 10 Mbit/s; ` +
            '0% to 2% are lost in the good state, 90% to 100% in the bad one, which has 2% to 50% of the packets',
        ),
        assumed('where in these ranges it is: 200 ms of every 4 s are bad, 5% lost in all; jitter and queues'),
      ],
    },
  ],
  [
    'satellite',
    {
      summary: 'geostationary, without a limit to its rate',
      ...alike(plain(280, 5, 1_000)),
      sources: [
        derived('239 of the 280 ms are 2 x 35,786 km at the speed of light'),
        assumed('5 ms of jitter, 0.1% of loss'),
      ],
    },
  ],
  [
    'satellite-geo',
    {
      summary: 'a geostationary satellite',
      up: { ...radio(290, 10), lossPpm: 1_000, ...rate(10_000, 600) },
      down: { ...radio(290, 10), lossPpm: 1_000, ...rate(100_000, 600) },
      sources: [
        measured(
          `${STARLINK} the geostationary line beside it had 100 Mbit/s down and 10 up, at least 600 ms both ways`,
        ),
        derived('240 to 279 ms of each way are propagation (RFC 2488 section 2)'),
        assumed('10 ms of jitter for the slots of the uplink; queues of a round trip; 0.1% of loss'),
      ],
    },
  ],
  [
    'satellite-leo',
    {
      summary: 'a satellite in low earth orbit',
      up: { ...plain(15, 20, 0), ...spells(14_925, 75, 0, 1_000_000), ...rate(10_000, 200) },
      down: { ...plain(15, 20, 0), ...spells(14_925, 75, 0, 1_000_000), ...rate(100_000, 200) },
      sources: [
        measured(`${STARLINK} a round trip takes 40 to 60 ms in the middle half of the cases, 50 in the median`),
        derived('that is what 15 ms and up to 20 ms of jitter make, twice: 44, 50 and 56 ms'),
        assumed('75 ms of silence every 15 s, when satellites change: 0.5% lost in all; the rates and queues'),
      ],
    },
  ],
]);
