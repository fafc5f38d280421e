import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, UdpSocket } from '../../ports/index.ts';
import { decodeSsdpSearch, encodeSsdpAnswer, SSDP_GROUP, SSDP_PORT, type SsdpSearch } from '../../wire/ssdp/ssdp.ts';
import { WireError } from '../../wire/wire-error.ts';
import { garbage, whenReady } from './fault.ts';
import type { GatewayNetwork } from './gateway-network.ts';
import type { GatewayState } from './gateway-state.ts';
import { descriptionUrl, igdVersions, SERVER, uniqueName } from './igd-description.ts';

/** UPnP Device Architecture 1.1 section 1.3.3: nobody need wait longer, whatever the search allows. */
const LONGEST_WAIT_S = 5;
const MAX_AGE_S = 1800;
/** Answers that wait for their time. */
const MAX_WAITING = 64;

const NESTED = ['device:WANDevice', 'device:WANConnectionDevice', 'service:WANIPConnection'];

/** Answers searches for gateways, in networks of one family. */
export async function startSsdpResponder(
  host: Host,
  state: GatewayState,
  networks: readonly GatewayNetwork[],
  httpPort: number,
): Promise<UdpSocket> {
  const family = familyOf(networks[0]!.address);
  const groups = networks.map(({ address }) => ({ group: SSDP_GROUP[family], on: address }));
  const socket = await host.udp.bind({ family, port: SSDP_PORT, groups });
  let waiting = 0;
  socket.onMessage = (bytes, from) => {
    const network = networks.find((each) => each.contains(from.address));
    const search = network && read(bytes);
    if (!search || waiting >= MAX_WAITING) return;
    const answers = answersTo(search, state, { address: network.address, port: httpPort });
    if (answers.length === 0) return;
    // A search of one device alone is answered at once, one of all at random within the time that it allows.
    const waitMs = host.random.below(1000 * Math.min(search.maxWaitS ?? 0, LONGEST_WAIT_S) + 1);
    waiting++;
    host.clock.after(waitMs, () => {
      whenReady(host, state.faults, () => {
        waiting--;
        for (const answer of answers) socket.send(state.has('garbage') ? garbage(host) : answer, from);
      });
    });
  };
  return socket;
}

function read(bytes: Uint8Array): SsdpSearch | undefined {
  try {
    return decodeSsdpSearch(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined; // Other devices announce themselves here, too.
    throw error;
  }
}

function answersTo({ target }: SsdpSearch, state: GatewayState, http: Endpoint): Buffer[] {
  const versions = igdVersions(state);
  const newest = versions.at(-1);
  if (newest === undefined) return [];
  const answer = (found: string, version: 1 | 2) => {
    const location = descriptionUrl(http, version);
    return encodeSsdpAnswer({ target: found, location, usn: `${uniqueName(version)}::${found}` }, MAX_AGE_S, SERVER);
  };
  if (target === 'upnp:rootdevice') return versions.map((version) => answer(target, version));
  if (target === 'ssdp:all') {
    return versions.map((version) => answer(`urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`, version));
  }
  const match = /^urn:schemas-upnp-org:(.+):([12])$/.exec(target);
  if (!match || !['device:InternetGatewayDevice', ...NESTED].includes(match[1]!)) return [];
  const wanted = Number(match[2]);
  // A device of version 2 answers to searches for version 1, as such.
  const version = versions.find((each) => each >= wanted);
  return version === undefined ? [] : [answer(target, version)];
}
