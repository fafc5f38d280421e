import type { Endpoint } from '../../core/net/endpoint.ts';
import type { Host, UdpSocket } from '../../core/ports/index.ts';

/** Where subscribers send: QUIC, of which one datagram and its answer stand for a flow. */
const PORT = 443;
/** Of the flows of one subscriber. A round number: they are to be there, not to be counted. */
const MEAN_GAP_MS = 1000;
/** A flow's socket is open this long. */
const FLOW_MS = 2000;
const DATAGRAM = new Uint8Array(64);

/** Answers whoever opens flows. @param address of several that the host has */
export async function answerFlows(host: Host, address?: string): Promise<UdpSocket> {
  const socket = await host.udp.bind({ port: PORT, ...(address !== undefined && { address }) });
  socket.onMessage = (data, from) => socket.send(data, from);
  return socket;
}

/**
 * Opens UDP flows at random times, from now on and for ever. Draws the next gap uniformly: what matters is that many
 * hosts together follow no beat.
 *
 * @param server of {@link answerFlows}
 * @param address to open them from, of several that the host has
 */
export function openFlows(host: Host, server: string, address?: string): void {
  const to: Endpoint = { address: server, port: PORT };
  host.clock.after(host.random.below(2000 * MEAN_GAP_MS) / 1000, async () => {
    openFlows(host, server, address);
    const socket = await host.udp.bind(address === undefined ? {} : { address });
    socket.send(DATAGRAM, to);
    host.clock.after(FLOW_MS, () => socket.close());
  });
}
