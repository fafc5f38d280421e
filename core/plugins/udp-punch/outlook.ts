import { DYNAMIC_COUNT, DYNAMIC_FIRST } from '../../nat/port-sampling.ts';
import { type Forecast, forecastSeries } from '../../nat/prediction/forecast.ts';
import { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint, Family } from '../../net/endpoint.ts';
import { isNetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { UdpSocket } from '../../ports/index.ts';
import type { NatTraits } from '../../wire/address/address-content.ts';
import type { Attempt } from '../plugin.ts';
import { LOOK } from '../punching/mapped-endpoint.ts';

/** Local ports that are looked at anew: two steps that are alike, or not. */
export const SAMPLES = 3;
const BIND_TRIES = 8;

/** What is known right now of where packets to the peer will come from. */
export interface Outlook {
  readonly forecast: Forecast;
  /** Fresh ports for the forecast of a series, in order. */
  readonly slots: readonly UdpSocket[];
  /** How the server saw one of the ports. */
  readonly mapped: Endpoint | undefined;
}

/**
 * Looks at the external ports that an endpoint-dependent NAT gives out now: asks a server about fresh local ports that
 * follow each other, and keeps the next ones at hand.
 *
 * @param widthFor how many ports to reckon with, given the forecast
 */
export async function lookAhead(
  attempt: Attempt,
  stun: Endpoint,
  nat: NatTraits,
  widthFor: (forecast: Forecast) => number,
): Promise<Outlook> {
  const family = familyOf(stun.address);
  const sampled = await bindRun(attempt, family, SAMPLES);
  // All requests leave in this instant, in the order of the ports.
  const answers = await Promise.all(
    sampled.map((socket) => new StunClient(attempt.host, socket).binding(stun, { ...LOOK, signal: attempt.signal })),
  );
  const samples = answers.map((answer, index) => {
    const mapped = answer.outcome === 'response' ? answer.mapped : undefined;
    return { localPort: sampled[index]!.local.port, mapped };
  });
  for (const socket of sampled) socket.close();
  const mapped = samples.find((sample) => sample.mapped)?.mapped;
  const forecast = forecastSeries(samples, nat, 1);
  if (forecast.kind !== 'series') return { forecast, slots: [], mapped };
  const slots = await bindFrom(attempt, family, samples.at(-1)!.localPort + 1, widthFor(forecast));
  const width = slots.length;
  return { forecast: width > 0 ? { ...forecast, width } : { kind: 'unpredictable' }, slots, mapped };
}

/** Sockets at free local ports that follow each other. */
async function bindRun(attempt: Attempt, family: Family, count: number): Promise<UdpSocket[]> {
  const room = DYNAMIC_COUNT - count;
  let run: UdpSocket[] = [];
  for (let tries = 0; tries < BIND_TRIES && run.length < count; tries++) {
    for (const socket of run) socket.close();
    run = await bindFrom(attempt, family, DYNAMIC_FIRST + attempt.host.random.below(room), count);
  }
  if (run.length < count) throw new Error('no free local ports that follow each other');
  return run;
}

/** As many as there are free ports from the first on, without a gap. */
async function bindFrom(attempt: Attempt, family: Family, first: number, count: number): Promise<UdpSocket[]> {
  const { bindAddress, host } = attempt;
  const sockets: UdpSocket[] = [];
  for (let port = first; port < first + count && port <= 0xffff; port++) {
    try {
      sockets.push(await host.udp.bind({ family, port, ...(bindAddress !== undefined && { address: bindAddress }) }));
    } catch (error) {
      if (!isNetError(error, 'EADDRINUSE')) throw error;
      break;
    }
  }
  return sockets;
}
