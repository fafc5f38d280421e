import { searchOrder } from '../../nat/prediction/search-order.ts';
import { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import { ByteReader } from '../../wire/bytes.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import { mappedEndpoint } from '../punching/mapped-endpoint.ts';
import type { PunchPort } from '../punching/punch-port.ts';
import { Puncher } from '../punching/puncher.ts';
import { unicast } from '../targets.ts';
import { decodeOpen, encodeSearch } from './probe-message.ts';
import { GRACE_MS, nextProbeUs, type ProbeOptions, searchMs } from './probe-options.ts';

/** A hit that leads to no handshake within this was none. */
const HANDSHAKE_MS = 2000;

/** Tries ports of the peer's address from one local port, listening all the while, until one of them answers. */
export async function search(attempt: Attempt, options: ProbeOptions): Promise<ProvenTransport> {
  const { bindAddress, host, line, servers } = attempt;
  const [stun] = servers.stun as [Endpoint];
  const family = familyOf(stun.address);
  const socket = await host.udp.bind({ family, ...(bindAddress !== undefined && { address: bindAddress }) });
  const durationMs = searchMs(options);
  const puncher = new Puncher(attempt, { timeMs: durationMs + GRACE_MS, packets: options.packets });
  puncher.expectStraight();
  const port = puncher.adopt(socket);
  const client = new StunClient(host, socket);
  client.onMessage = (data, from) => port.receive(data, from);
  const endpoint = await mappedEndpoint(client, stun, attempt.signal);
  line.send(encodeSearch({ endpoint, durationMs }));
  const { address, spread } = decodeOpen(new ByteReader(await line.receive()));
  if (unicast([{ address, port: 1 }], attempt.local).length === 0) throw new Error(`the peer can't be at ${address}`);
  puncher.open([]);
  spray(attempt, puncher, port, options, address, searchOrder(spread, host.random)).catch((error) =>
    puncher.fail(error),
  );
  return puncher.proven;
}

async function spray(
  attempt: Attempt,
  puncher: Puncher,
  port: PunchPort,
  options: ProbeOptions,
  address: string,
  order: Iterator<number>,
): Promise<void> {
  const { clock } = attempt.host;
  const sentUs: number[] = [];
  while (sentUs.length < options.probes) {
    await attempt.sleep(Math.max(0, nextProbeUs(options, sentUs) - clock.now()) / 1000);
    if (puncher.hit) await attempt.sleep(HANDSHAKE_MS);
    const next = order.next();
    if (next.done) return;
    port.prober.spray({ address, port: next.value });
    sentUs.push(clock.now());
  }
}
