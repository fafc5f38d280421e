import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { Host } from '../ports/index.ts';
import { decodeSsdpAnswer, encodeSsdpSearch, SSDP_GROUP, SSDP_PORT } from '../wire/ssdp/ssdp.ts';
import { WireError } from '../wire/wire-error.ts';

/** Version 2 first: a device of version 2 also answers to searches for version 1. */
const TARGETS = [
  'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
  'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
];
/** SSDP is UDP, so it is said more than once (UPnP Device Architecture 1.1 section 1.3.2). */
const SEARCH_AT_MS = [0, 300, 1000];
/** The shortest that devices may be given. */
const MAX_WAIT_S = 1;
const GIVE_UP_MS = 2500;
/** Devices of a home network that answer at once; beyond that somebody plays with us. */
const MAX_ANSWERS = 64;
const MAX_PATH = 512;

/** Where a gateway describes itself. */
export interface DescriptionPlace {
  readonly endpoint: Endpoint;
  readonly path: string;
}

export interface IgdSearch {
  /** Of ours, on the network of the gateway. */
  readonly from: string;
  /** The default gateway. Only its answers count: anybody on the network can answer a search. */
  readonly gateway: string;
  readonly signal: AbortSignal;
}

/**
 * Searches for an Internet gateway device, by multicast and at the default gateway itself, since many networks swallow
 * multicast.
 *
 * @returns each place once, in order of arrival, until `signal` fires or the time is up
 */
export async function* findIgds(host: Host, search: IgdSearch): AsyncGenerator<DescriptionPlace> {
  const { from, gateway, signal } = search;
  if (signal.aborted) return;
  const socket = await host.udp.bind({ address: from });
  const places = new Map<string, DescriptionPlace>();
  const queue: DescriptionPlace[] = [];
  let wake = () => {};
  let over = false;
  const finish = () => {
    over = true;
    wake();
  };
  let answers = 0;
  socket.onMessage = (bytes, sender) => {
    if (sender.address !== gateway || ++answers > MAX_ANSWERS) return;
    const place = placeOf(bytes, gateway);
    if (!place) return;
    const key = `${formatEndpoint(place.endpoint)}${place.path}`;
    if (places.has(key)) return;
    places.set(key, place);
    queue.push(place);
    wake();
  };
  const family = familyOf(gateway);
  const destinations: Endpoint[] = [
    { address: gateway, port: SSDP_PORT },
    { address: SSDP_GROUP[family], port: SSDP_PORT },
  ];
  const send = () => {
    for (const to of destinations) {
      const maxWaitS = to.address === gateway ? undefined : MAX_WAIT_S;
      for (const target of TARGETS) socket.send(encodeSsdpSearch({ target, maxWaitS }, to), to);
    }
  };
  const timers = [...SEARCH_AT_MS.map((ms) => host.clock.after(ms, send)), host.clock.after(GIVE_UP_MS, finish)];
  signal.addEventListener('abort', finish, { once: true });
  try {
    for (;;) {
      const place = queue.shift();
      if (place) yield place;
      else if (over) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (signal.aborted) return;
    }
  } finally {
    for (const timer of timers) timer.cancel();
    signal.removeEventListener('abort', finish);
    socket.close();
  }
}

/** Undefined: no gateway, or one that sends us elsewhere. */
function placeOf(bytes: Uint8Array, gateway: string): DescriptionPlace | undefined {
  try {
    const { location, target } = decodeSsdpAnswer(bytes);
    if (!TARGETS.includes(target)) return undefined;
    const url = new URL(location);
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const path = `${url.pathname}${url.search}`;
    const plain = url.protocol === 'http:' && url.username === '' && url.password === '';
    if (!plain || address !== gateway || path.length > MAX_PATH) return undefined;
    return { endpoint: { address, port: Number(url.port || 80) }, path };
  } catch (error) {
    if (error instanceof WireError || error instanceof TypeError) return undefined;
    throw error;
  }
}
