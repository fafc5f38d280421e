import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Random } from '../../core/ports/index.ts';
import { type AddressId, ICMP, type Packet, type Protocol, TCP, UDP } from '../packet.ts';
import type { StateEnvironment } from './environment.ts';
import { type EndpointSource, ExternalPorts } from './external-ports.ts';
import { IcmpTranslator } from './icmp-translator.ts';
import { MappingRule } from './mapping-rule.ts';
import { Permissions } from './permissions.ts';
import { Pooling } from './pooling.ts';
import { Quota } from './quota.ts';
import { ScanGuard } from './scan-guard.ts';
import { SessionRate } from './session-rate.ts';
import { StrangerEntries } from './stranger-entries.ts';
import { TcpTranslator } from './tcp-translator.ts';
import { TranslationTable } from './translation-table.ts';
import { UdpTranslator } from './udp-translator.ts';
import { UnsolicitedSyns } from './unsolicited-syns.ts';

/** All that a NAT remembers, and so all that a reboot loses. */
export interface NatState {
  readonly udp: UdpTranslator;
  readonly tcp: TcpTranslator;
  readonly icmp: IcmpTranslator;
  readonly unsolicited: UnsolicitedSyns;
  readonly quota: Quota;
  /** Undefined: scanners are let be. */
  readonly guard: ScanGuard | undefined;
}

export interface StateParts {
  readonly behaviour: NatBehaviour;
  readonly environment: StateEnvironment;
  readonly external: readonly AddressId[];
  /** Where mappings get their external endpoints. @default ports of `external`, as the behaviour says */
  readonly endpoints?: EndpointSource;
  /** A stream of this boot's own. */
  readonly random: Random;
  /** Sends a packet that the NAT itself answers with. */
  readonly reply: (packet: Packet) => void;
}

export function createState(parts: StateParts): NatState {
  const { behaviour, environment } = parts;
  const quota = new Quota(behaviour.limits);
  const rate = new SessionRate(behaviour.limits.sessionRate);
  const pooling = new Pooling(behaviour.pooling, behaviour.addresses, parts.random.fork('pooling'));
  const shared = { quota, rate, pooling };
  const udp = createTable('udp', behaviour.udp.timeoutMs, parts, shared);
  const tcp = createTable('tcp', behaviour.tcp.transitoryMs, parts, shared);
  const queries = createTable('icmp', behaviour.icmp.timeoutMs, parts, shared);
  const unsolicited = new UnsolicitedSyns(behaviour.tcp, environment, parts.reply);
  return {
    udp: new UdpTranslator(behaviour, udp),
    tcp: new TcpTranslator(behaviour, tcp, unsolicited),
    icmp: new IcmpTranslator(behaviour, { udp, tcp, queries }),
    unsolicited,
    quota,
    guard: behaviour.scanGuard.probes > 0 ? new ScanGuard(behaviour.scanGuard) : undefined,
  };
}

/** What all protocols have in common. */
interface SharedParts {
  readonly quota: Quota;
  readonly rate: SessionRate;
  readonly pooling: Pooling;
}

const PROTOCOLS: Readonly<Record<'udp' | 'tcp' | 'icmp', Protocol>> = { udp: UDP, tcp: TCP, icmp: ICMP };

function createTable(
  protocol: 'udp' | 'tcp' | 'icmp',
  foreignLifetimeMs: number,
  parts: StateParts,
  { quota, rate, pooling }: SharedParts,
): TranslationTable {
  const { behaviour, environment, external, random } = parts;
  const ports =
    parts.endpoints ??
    new ExternalPorts({
      behaviour,
      external,
      pooling,
      random: random.fork(protocol),
      contended: protocol !== 'icmp', // foreign hosts do not ping
      foreignLifetimeUs: foreignLifetimeMs * 1000,
      now: environment.now(),
    });
  // A SYN that the box answers by a reset leaves nothing: the reset ends the entry.
  const leavesEntries = protocol === 'udp' && behaviour.inboundFirst === 'clash';
  return new TranslationTable({
    protocol: PROTOCOLS[protocol],
    rule: new MappingRule(behaviour[protocol].mapping, behaviour.secondary, quota),
    overlapping: behaviour.ports.overlapping,
    endsWithSessions: protocol !== 'udp',
    permissions: new Permissions(behaviour[protocol].filtering, behaviour.filterScope),
    ports,
    evicts: behaviour.limits.exhausted === 'evict',
    strangers: leavesEntries ? new StrangerEntries(behaviour.udp.timeoutMs * 1000) : undefined,
    quota,
    rate,
    environment,
  });
}
