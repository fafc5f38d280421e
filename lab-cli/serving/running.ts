import { type Endpoint, formatEndpoint } from '../../core/net/endpoint.ts';
import { isNetError } from '../../core/net/error.ts';
import { InputError } from '../scenario/problem.ts';
import type { Metric } from './metrics.ts';

/** A server that runs. */
export interface Running {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** What it did and has, now. */
  metrics(): readonly Metric[];
  close(): void | Promise<void>;
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has the port: stop it, or choose another port in the configuration',
  EADDRNOTAVAIL: 'the address is none of this machine’s',
  EACCES: 'ports below 1024 need privileges: choose another port in the configuration, or grant them',
};

/** Starts a server; if it can't be, says which, where and what helps. @throws InputError */
export async function starting<T>(name: string, endpoint: Endpoint, start: Promise<T>): Promise<T> {
  try {
    return await start;
  } catch (error) {
    if (!isNetError(error)) throw error;
    const remedy = REMEDIES[error.code] ?? error.message;
    const text = `can't serve ${name} on ${formatEndpoint(endpoint)}: ${remedy} (${error.code})`;
    throw Object.assign(new InputError(text), { cause: error });
  }
}
