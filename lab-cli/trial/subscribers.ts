import type { Host } from '../../core/ports/index.ts';
import { type Side, type SimHost, symmetricLink, type Topology } from '../../simulator/index.ts';

/** Where subscribers send: QUIC, of which one datagram and its answer stand for a flow. */
const PORT = 443;
/** Of the flows of one subscriber. A round number: they are to be there, not to be counted. */
const MEAN_GAP_MS = 1000;
/** A flow's socket is open this long. */
const FLOW_MS = 2000;
const DATAGRAM = new Uint8Array(64);
const SERVER_LINK = symmetricLink({ latencyUs: 500 });

/**
 * Puts hosts behind the outermost NAT of a side, each of which opens UDP flows to a server on the Internet at random
 * times, for as long as the world goes on. They hold mappings, and take ports, blocks and quotas from others.
 */
export async function startSubscribers(topology: Topology, beside: Side, count: number): Promise<void> {
  if (count === 0) return;
  const server = topology.server('web', { link: SERVER_LINK });
  const socket = await server.udp.bind({ port: PORT });
  socket.onMessage = (data, from) => socket.send(data, from);
  const to = { address: addressOf(server), port: PORT };
  for (let index = 1; index <= count; index++) {
    const { host } = topology.side(`subscriber${index}`, { nats: [], behind: beside, link: SERVER_LINK });
    openFlows(host, to);
  }
}

/** Draws the next gap uniformly: what matters is that many hosts together follow no beat. */
function openFlows(host: Host, to: { address: string; port: number }): void {
  host.clock.after(host.random.below(2000 * MEAN_GAP_MS) / 1000, async () => {
    openFlows(host, to);
    const socket = await host.udp.bind();
    socket.send(DATAGRAM, to);
    host.clock.after(FLOW_MS, () => socket.close());
  });
}

function addressOf(host: SimHost): string {
  return host.interfaces()[1]!.addresses[0]!.address;
}
