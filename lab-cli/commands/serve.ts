import { homedir } from 'node:os';
import { join } from 'node:path';
import { formatEndpoint } from '../../core/net/endpoint.ts';
import { createRealHost } from '../../core/real/index.ts';
import type { Console } from '../console.ts';
import { abortOnSignals } from '../interrupt.ts';
import { formatServerLink } from '../network/server-link.ts';
import { loadYaml } from '../scenario/load-yaml.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import { keptCredentials } from '../serving/credentials.ts';
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
  const { credentials, fresh } = config.credentials
    ? { credentials: config.credentials, fresh: false }
    : keptCredentials(state);
  const servers = await LabServers.start(createRealHost({ events: log }), config, credentials, state);
  for (const { name, endpoints } of servers.running) {
    for (const endpoint of endpoints) log.info('listening', { server: name, endpoint: formatEndpoint(endpoint) });
  }
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
