import { describe, expect, it } from 'vitest';
import { type NatBehaviour, resolveBehaviour } from './behaviour.ts';
import { discover } from './discovery-world.suite.ts';
import { type ClassicNat, classicNat } from './nat-report.ts';
import { PRESETS } from './presets.ts';

/** What each preset looks like from behind it: all that there are. */
const CLASSIC_NAMES: readonly (readonly [string, ClassicNat])[] = [
  ['open', 'open'],
  ['symmetric-udp-firewall', 'symmetric-udp-firewall'],
  ['full-cone', 'full-cone'],
  ['restricted-cone', 'restricted-cone'],
  ['port-restricted-cone', 'port-restricted-cone'],
  ['symmetric', 'symmetric'],
  ['symmetric-sequential', 'symmetric'],
  ['udp-blocked', 'udp-blocked'],
  ['rfc-compliant', 'full-cone'],
  ['rfc-compliant-strict', 'restricted-cone'],
  ['carrier-compliant', 'full-cone'],
  ['linux-masquerade', 'port-restricted-cone'],
  ['linux-masquerade-unfirewalled', 'port-restricted-cone'],
  ['pf', 'symmetric'],
  ['pf-static-port', 'port-restricted-cone'],
  ['home-router', 'port-restricted-cone'],
  ['home-router-30s', 'port-restricted-cone'],
  ['home-router-collision', 'port-restricted-cone'],
  ['dlink-2005', 'port-restricted-cone'],
  ['zyxel-2005', 'port-restricted-cone'],
  ['draytek-2005', 'symmetric'],
  ['carrier-cone', 'port-restricted-cone'],
  ['carrier-random', 'symmetric'],
  ['carrier-sequential', 'symmetric'],
  ['carrier-preserving', 'symmetric'],
  ['carrier-pool', 'symmetric'],
  ['carrier-block', 'symmetric'],
  ['twilio-super-sim', 'port-restricted-cone'],
  ['cisco-asa', 'symmetric'],
  ['cisco-ios', 'port-restricted-cone'],
  ['enterprise-firewall', 'udp-blocked'],
  ['dns-and-web-only', 'unknown'],
  ['web-only', 'unknown'],
  ['no-inbound', 'port-restricted-cone'],
  ['ipv6-firewall', 'symmetric-udp-firewall'],
  ['ipv6-firewall-compliant', 'symmetric-udp-firewall'],
  ['ipv6-firewall-transparent', 'open'],
  ['nptv6', 'full-cone'],
  ['nptv6-firewall', 'port-restricted-cone'],
  ['nat64', 'full-cone'],
  ['nat64-strict', 'restricted-cone'],
  ['black-hole', 'unknown'],
];

describe('discovery from behind every preset', () => {
  it('knows them all', () => {
    expect(CLASSIC_NAMES.map(([name]) => name).sort()).toEqual(Object.keys(PRESETS).sort());
  });

  it.each(CLASSIC_NAMES)('finds what %s declares, and calls it %s', async (name, classic) => {
    const { behaviour } = PRESETS[name]!;
    const declared = resolveBehaviour(behaviour);
    const report = await discover([behaviour]);
    expect(classicNat(report)).toBe(classic);
    expect({
      translation: report.translation.value,
      mapping: report.mapping.value,
      filtering: report.filtering.value,
      allocation: report.ports.allocation.value,
      step: report.ports.step,
      hairpin: report.hairpin.value,
      tcpMapping: report.tcp.mapping.value,
      tcpAllocation: report.tcp.ports.allocation.value,
    }).toEqual(visible(declared));
  });
});

/** What a behaviour shows to a host behind it, with STUN servers on their usual port. The rest cannot be told. */
function visible(declared: NatBehaviour) {
  const { translation, udp, tcp, ports, blocks, allow } = declared;
  // STUN uses neither port 53 nor 443, so there is no answer at all.
  const mute = allow !== 'everything';
  const seesUdp = !mute && !blocks.includes('udp');
  const seesTcp = !mute && !blocks.includes('tcp');
  const overUdp = <T>(value: T) => (seesUdp ? value : 'unknown');
  const overTcp = <T>(value: T) => (seesTcp ? value : 'unknown');
  return {
    // From outside, a prefix that is translated looks like a NAT that keeps every port, and a NAT64 like any.
    translation: overUdp(translation === 'none' ? 'none' : 'napt'),
    mapping: overUdp(udp.mapping),
    filtering: overUdp(udp.filtering),
    allocation: overUdp(ports.allocation),
    step: seesUdp && ports.allocation === 'sequential' ? ports.step : 0,
    hairpin: overUdp(visibleHairpin(declared)),
    tcpMapping: overTcp(tcp.mapping),
    tcpAllocation: overTcp(ports.allocation),
  };
}

function visibleHairpin({ translation, hairpin, udp }: NatBehaviour) {
  if (translation === 'none') return 'unknown'; // There is nothing to turn round.
  // Where mappings depend on the destination, the filter knows nothing of the port that a turned packet comes from.
  const filtered = udp.mapping !== 'endpoint-independent' && udp.filtering !== 'endpoint-independent';
  return hairpin === 'none' && filtered ? 'unknown' : hairpin;
}
