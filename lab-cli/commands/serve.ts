import { homedir } from 'node:os';
import { join } from 'node:path';
import { formatEndpoint } from '../../core/net/endpoint.ts';
import { createRealHost } from '../../core/real/index.ts';
import type { Console } from '../console.ts';
import { abortOnSignals } from '../interrupt.ts';
import { formatServerLink } from '../network/server-link.ts';
import { loadYaml } from '../scenario/load-yaml.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import { type Credentials, keepCredentials, keptCredentials, makeCredentials } from '../serving/credentials.ts';
import { LabServers } from '../serving/lab-servers.ts';
import { JsonLog } from '../serving/log.ts';
import { type ServeConfig, serveShape } from '../serving/serve-shape.ts';

export interface ServeOptions {
  readonly address?: readonly string[];
  readonly state?: string;
  readonly printLink?: true;
  readonly check?: true;
}

/** `lab serve`. @returns the exit code, after a signal that ended it in good order 0 */
export async function serve(file: string | undefined, options: ServeOptions, console: Console): Promise<number> {
  const config = configOf(file, options);
  if (options.check) {
    console.out.write(
      `${JSON.stringify({ ...config, ...(config.credentials && { credentials: 'given' }) }, null, 2)}\n`,
    );
    return 0;
  }
  const log = new JsonLog((text) => console.err.write(text));
  const interrupt = abortOnSignals();
  const state = options.state ?? config.state ?? join(homedir(), '.punchlab', 'serve');
  const known = config.credentials ?? keptCredentials(state);
  const credentials = known ?? makeCredentials();
  const servers = await LabServers.start(createRealHost({ events: log }), config, credentials, state);
  const fresh = known === undefined;
  if (fresh) await keepOrClose(servers, state, credentials);
  for (const { name, endpoints } of servers.running) {
    for (const endpoint of endpoints) log.info('listening', { server: name, endpoint: formatEndpoint(endpoint) });
  }
  warnOfOneAddress(servers, config, log);
  if (fresh) log.info('credentials-made', { directory: state });
  const link = formatServerLink(servers.link);
  if (fresh || options.printLink) console.out.write(`${link}\n`);
  else log.info('link-kept', { hint: '--print-link prints what peers need' });
  log.info('ready');
  await aborted(interrupt.signal);
  log.info('stopping', { reason: (interrupt.signal.reason as Error).message });
  await servers.close();
  log.info('stopped');
  return 0;
}

function configOf(file: string | undefined, { address }: ServeOptions): ServeConfig {
  const config =
    file === undefined
      ? serveShape.parse({ schema: 1 })
      : loadYaml(readScenario(file), file, serveShape, 'a configuration of `lab serve`');
  return address ? { ...config, addresses: [...address] } : config;
}

/** Such a server works, and nobody would find out from it why discovery stays in the dark. */
function warnOfOneAddress({ places }: LabServers, { stun }: ServeConfig, log: JsonLog): void {
  if (stun === 'off') return;
  for (const { first } of places.filter(({ second }) => second === undefined)) {
    log.warn('stun-one-address', {
      address: first,
      consequence: 'by this server alone, peers find out neither mapping nor filtering: random-probe is not applicable',
      hint: 'a second address of this family (RFC 5780)',
    });
  }
}

/** Kept once everything runs: whoever has to start twice has not seen the link the first time. */
async function keepOrClose(servers: LabServers, state: string, credentials: Credentials): Promise<void> {
  try {
    keepCredentials(state, credentials);
  } catch (error) {
    await servers.close();
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
