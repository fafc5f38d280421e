import { assumed, documented, measured, type Preset, preset } from './preset.ts';

const FORD =
  'B. Ford, P. Srisuresh, D. Kegel, Peer-to-Peer Communication Across Network Address Translators (2005), table 1';
const HALKES = 'G. Halkes, J. Pouwelse, UDP NAT and Firewall Puncturing in the Wild (2011), figure 3';
const HATONEN = 'S. Hätönen et al., An Experimental Study of Home Gateway Characteristics (2010)';

const STRICT = measured(`${HALKES}: the commonest class, 57% of peers`, {
  filtering: 'address-and-port-dependent',
});
const KEEPS_PORTS = assumed(`${HATONEN} find that most of 34 devices keep ports; the number was not checked`, {
  ports: { allocation: 'preserving' },
});
const USUAL_TIMER = assumed(`${HATONEN} find almost all below 2 minutes; a value in between`, {
  udp: { timeoutMs: 90_000 },
});

/** A make by what most of its devices in a table do. `reset`: NAT Check does not tell a reset from a new TCP mapping. */
function make(udp: string, tcp: string) {
  return [
    measured(`${FORD}: UDP punching works through ${udp}`, { udp: { mapping: 'endpoint-independent' } }),
    measured(`${FORD}: TCP punching works through ${tcp} only`, { tcp: { unsolicited: 'reset' } }),
    assumed('NAT Check does not tell a reset from a mapping per destination: the former', {
      tcp: { mapping: 'endpoint-independent' },
    }),
  ];
}

/** Consumer routers. Of a make, what the majority of its devices in a published table did. */
export const HOME: Readonly<Record<string, Preset>> = {
  'home-router': preset(
    'What most home routers did in 2005, such as those of Linksys, Netgear and Belkin: both punchable, no hairpin.',
    measured(`${FORD}: 310 of 380 devices keep one UDP endpoint`, { udp: { mapping: 'endpoint-independent' } }),
    measured(`${FORD}: 184 of 286 devices keep one TCP endpoint and do not reset an unsolicited SYN`, {
      tcp: { mapping: 'endpoint-independent', unsolicited: 'drop' },
    }),
    measured(`${FORD}: 255 of 335 devices do not turn UDP round`, { hairpin: 'none' }),
    STRICT,
    KEEPS_PORTS,
    USUAL_TIMER,
  ),
  'home-router-30s': preset(
    'A home router that forgets UDP after 30 seconds, the shortest that was found.',
    measured(`${HATONEN}: the shortest timer; RFC 9308 section 3.2 has applications expect it`, {
      udp: { timeoutMs: 30_000 },
    }),
    measured(`${FORD}: as most devices`, {
      mapping: 'endpoint-independent',
      hairpin: 'none',
      tcp: { unsolicited: 'drop' },
    }),
    STRICT,
    KEEPS_PORTS,
  ),
  'home-router-collision': preset(
    'A home router that turns symmetric for a host whose port another one already has.',
    documented(
      'B. Ford, P. Srisuresh, D. Kegel (2005), section 6.3: they exist, and NAT Check takes them for punchable',
      { mapping: 'endpoint-independent', secondary: { mapping: 'address-and-port-dependent', onCollision: true } },
    ),
    measured(`${FORD}: as most devices`, { hairpin: 'none', tcp: { unsolicited: 'drop' } }),
    STRICT,
    KEEPS_PORTS,
    USUAL_TIMER,
  ),
  'dlink-2005': preset(
    'D-Link in 2005: UDP can be punched and turned round, TCP is reset.',
    ...make('16 of 21', '9 of 19'),
    measured(`${FORD}: 11 of 21 turn UDP round`, { hairpin: 'external-source' }),
    STRICT,
    KEEPS_PORTS,
    USUAL_TIMER,
  ),
  'zyxel-2005': preset(
    'ZyXEL in 2005: UDP can be punched, TCP is reset.',
    ...make('7 of 9', '0 of 7'),
    measured(`${FORD}: 1 of 8 turns UDP round`, { hairpin: 'none' }),
    STRICT,
    KEEPS_PORTS,
    USUAL_TIMER,
  ),
  'draytek-2005': preset(
    'DrayTek in 2005: a new external port for every destination.',
    measured(`${FORD}: UDP punching works through 2 of 17, TCP punching through 2 of 7`, {
      mapping: 'address-and-port-dependent',
    }),
    measured(`${FORD}: 3 of 12 turn UDP round`, { hairpin: 'none' }),
    STRICT,
    assumed('Random, as RFC 7857 section 9 recommends', { ports: { allocation: 'random' } }),
    USUAL_TIMER,
  ),
};
