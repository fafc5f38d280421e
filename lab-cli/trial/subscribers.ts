import { type Side, type SimHost, symmetricLink, type Topology } from '../../simulator/index.ts';
import { answerFlows, openFlows } from './subscriber-flows.ts';

const SERVER_LINK = symmetricLink({ latencyUs: 500 });

/**
 * Puts hosts behind the outermost NAT of a side, each of which opens UDP flows to a server on the Internet at random
 * times, for as long as the world goes on. They hold mappings, and take ports, blocks and quotas from others.
 */
export async function startSubscribers(topology: Topology, beside: Side, count: number): Promise<void> {
  if (count === 0) return;
  const server = topology.server('web', { link: SERVER_LINK });
  await answerFlows(server);
  for (let index = 1; index <= count; index++) {
    const { host } = topology.side(`subscriber${index}`, { nats: [], behind: beside, link: SERVER_LINK });
    openFlows(host, addressOf(server));
  }
}

function addressOf(host: SimHost): string {
  return host.interfaces()[1]!.addresses[0]!.address;
}
