import type { Dependence, PortAllocation } from '../behaviour.ts';
import { assumed, documented, measured, type Preset, preset, type SourcedFields } from './preset.ts';

const RICHTER =
  'P. Richter et al., A Multi-perspective Analysis of Carrier-Grade NAT Deployment (2016), at second hand';

const COMMON: readonly SourcedFields[] = [
  assumed('Nobody has measured the filters of carriers: the strictest', { filtering: 'address-and-port-dependent' }),
  assumed('Several addresses, like every NAT of so many customers', { addresses: 4 }),
  assumed('RFC 6888 REQ-4 wants a limit for each customer; its size is not published', { limits: { perHost: 1024 } }),
];
const CELLULAR = assumed(`${RICHTER}: a median near 65 seconds in cellular networks; not checked in the paper`, {
  udp: { timeoutMs: 65_000 },
});
const FIXED = assumed(`${RICHTER}: a median near 35 seconds in other networks; not checked in the paper`, {
  udp: { timeoutMs: 35_000 },
});
const PAIRED = measured(`${RICHTER}: 79% keep a customer on one address`, { pooling: 'paired' });

function mapping(dependence: Dependence, found: string): SourcedFields {
  return measured(`${RICHTER}: ${found}`, { mapping: dependence });
}

function ports(allocation: PortAllocation['allocation'], found: string): SourcedFields {
  return measured(`${RICHTER}: ${found}`, { ports: { allocation } });
}

const SYMMETRIC = mapping('address-and-port-dependent', 'about 40% of cellular carriers');

/** NATs of carriers. In front of a home they stand behind the home's own: `[port-restricted-cone, carrier-random]`. */
export const CARRIER: Readonly<Record<string, Preset>> = {
  'carrier-cone': preset(
    'A cellular carrier that keeps one external port for each socket, drawn at random.',
    mapping('endpoint-independent', 'about 60% of cellular carriers'),
    ports('random', '45% of cellular carriers'),
    PAIRED,
    CELLULAR,
    ...COMMON,
  ),
  'carrier-random': preset(
    'A cellular carrier with a random external port for every destination.',
    SYMMETRIC,
    ports('random', '45% of cellular carriers'),
    PAIRED,
    CELLULAR,
    ...COMMON,
  ),
  'carrier-sequential': preset(
    'A cellular carrier with the next external port for every destination, on a busy NAT.',
    SYMMETRIC,
    ports('sequential', '26% of cellular carriers'),
    assumed('Step 1; other customers make 20 mappings a second', { ports: { step: 1, contention: 20 } }),
    PAIRED,
    CELLULAR,
    ...COMMON,
  ),
  'carrier-preserving': preset(
    'A cellular carrier that keeps the port of the first destination and changes it for the next.',
    SYMMETRIC,
    ports('preserving', 'the remaining 29% of cellular carriers, which keep ports or hand them out in chunks'),
    PAIRED,
    CELLULAR,
    ...COMMON,
  ),
  'carrier-pool': preset(
    'A cellular carrier that draws address and port anew for every destination.',
    SYMMETRIC,
    ports('random', '45% of cellular carriers'),
    measured(`${RICHTER}: 21% of carrier NATs`, { pooling: 'arbitrary' }),
    CELLULAR,
    ...COMMON,
  ),
  'carrier-block': preset(
    'A carrier of fixed lines that gives each customer a block of 512 ports.',
    mapping('address-and-port-dependent', '11% of the others'),
    documented('RFC 7422 section 2, and RFC 6888 REQ-14: blocks save logging', { ports: { allocation: 'block' } }),
    assumed(`${RICHTER}: chunks of 512 to 16,384 ports; the smallest; not checked in the paper`, {
      ports: { blockSize: 512 },
    }),
    PAIRED,
    FIXED,
    ...COMMON.filter(({ says }) => !says.limits),
  ),
  'twilio-super-sim': preset(
    'The core of a carrier for machines: 30 seconds for UDP, 6 hours for TCP.',
    documented('Twilio, Super SIM documentation, connection timers', {
      udp: { timeoutMs: 30_000 },
      tcp: { establishedMs: 21_600_000 },
    }),
    assumed('Mapping as most cellular carriers; ports as most of them', {
      mapping: 'endpoint-independent',
      ports: { allocation: 'random' },
    }),
    ...COMMON,
  ),
};
