import type { Endpoint } from '../net/endpoint.ts';
import { formatEndpoint } from '../net/endpoint.ts';
import { isNetError, type NetError } from '../net/error.ts';
import type { Host } from '../ports/index.ts';
import { WireError } from '../wire/wire-error.ts';
import { MappingError } from './mapping-error.ts';

/**
 * When a request is sent, and at last given up, in milliseconds from the start. RFC 6886 section 3.1 wants 250 ms,
 * doubled each time. RFC 6887 section 8.1.1 starts at 3 s, which suits a server far away; a default gateway is one hop off, and
 * somebody waits for the connection.
 */
export const ASK_SCHEDULE_MS: readonly number[] = [0, 250, 750, 1750];

/** Answers that are none: whoever floods us with them is not heard any longer. */
const MAX_BAD_ANSWERS = 16;

export interface Question<T> {
  readonly gateway: Endpoint;
  /** The address of ours that the mapping is for: a gateway maps only for who asks. */
  readonly from: string;
  readonly request: Uint8Array;
  /**
   * Reads an answer; undefined: it belongs to another question.
   * @throws WireError for what is none
   * @throws MappingError for a refusal
   */
  readonly read: (answer: Uint8Array) => T | undefined;
  readonly scheduleMs?: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * Sends a request until its answer comes. The socket is connected, so only the gateway's own address and port can answer,
 * and a gateway that has no such service says so at once by ICMP (RFC 6886 section 3.1).
 *
 * @throws MappingError
 */
export async function ask<T>(host: Host, question: Question<T>): Promise<T> {
  const { gateway, from, request, read, signal, scheduleMs = ASK_SCHEDULE_MS } = question;
  signal.throwIfAborted();
  const unreachable = ({ code }: NetError) => {
    const text = `${formatEndpoint(gateway)} can't be reached: ${code}`;
    return new MappingError('no-gateway', text, { unreachable: true });
  };
  const socket = await host.udp.bind({ address: from, remote: gateway }).catch((error: unknown) => {
    if (!isNetError(error)) throw error;
    throw unreachable(error);
  });
  const timers = scheduleMs.slice(0, -1).map((ms) => host.clock.after(ms, () => socket.send(request, gateway)));
  let bad = 0;
  let lastBad = '';
  try {
    return await new Promise<T>((resolve, reject) => {
      const giveUp = () => {
        const silent = new MappingError('no-gateway', `${formatEndpoint(gateway)} does not answer`);
        reject(bad === 0 ? silent : new MappingError('malformed', `${formatEndpoint(gateway)} answers: ${lastBad}`));
      };
      timers.push(host.clock.after(scheduleMs.at(-1)!, giveUp));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      socket.onError = (error) => reject(unreachable(error));
      socket.onMessage = (answer) => {
        try {
          const value = read(answer);
          if (value !== undefined) resolve(value);
        } catch (error) {
          if (!(error instanceof WireError)) reject(error);
          else {
            lastBad = error.message;
            if (++bad >= MAX_BAD_ANSWERS) giveUp();
          }
        }
      };
    });
  } finally {
    for (const timer of timers) timer.cancel();
    socket.close();
  }
}
