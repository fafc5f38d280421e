import { connect, type Transports, turnRelay } from './connect.ts';
import { portMapping } from './port-mapping.ts';
import { randomProbe } from './random-probe.ts';
import { tcpPunch } from './tcp-punch.ts';
import { udpPunch } from './udp-punch.ts';
import type { Verdict } from './verdict.ts';

/** What the answer takes for granted of the engine. */
export interface OracleKnobs {
  /** Is a refused TCP dial repeated after a random gap while the attempt lasts? @default true */
  readonly retries: boolean;
  /** How often `random-probe` searches before it gives up: in a race, what fails is tried once more. @default 1 */
  readonly searches: number;
  /** Do NATs reboot, or get other addresses, while the attempt lasts? @default false */
  readonly upheaval: boolean;
  /** Does the signal channel need TCP out on both sides? @default true */
  readonly signalOverTcp: boolean;
}

/** When a plugin connects two sides that meet in one network. */
export interface Rule {
  /** Do the two sides have to exchange signal messages first? */
  readonly signalled: boolean;
  /** Between `direct` and `reverse` it differs who is dialled; `relay` goes by way of a server, wherever the peers are. */
  readonly kind: 'direct' | 'reverse' | 'tcp-punch' | 'udp-punch' | 'random-probe' | 'port-mapping' | 'relay';
  verdict(a: Transports, b: Transports, knobs: OracleKnobs): Verdict;
}

export const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['direct-connect', { signalled: false, kind: 'direct', verdict: (a, b) => connect(b.tcp, a.tcp, 'b') }],
  ['reverse-connect', { signalled: true, kind: 'reverse', verdict: (a, b) => connect(a.tcp, b.tcp, 'a') }],
  [
    'tcp-punch',
    { signalled: true, kind: 'tcp-punch', verdict: (a, b, { retries }) => tcpPunch(a.tcp, b.tcp, retries) },
  ],
  ['udp-punch', { signalled: true, kind: 'udp-punch', verdict: (a, b) => udpPunch(a.udp, b.udp) }],
  [
    'random-probe',
    { signalled: true, kind: 'random-probe', verdict: (a, b, { searches }) => randomProbe(a.udp, b.udp, searches) },
  ],
  ['port-mapping', { signalled: true, kind: 'port-mapping', verdict: portMapping }],
  ['turn-relay', { signalled: true, kind: 'relay', verdict: turnRelay }],
]);
