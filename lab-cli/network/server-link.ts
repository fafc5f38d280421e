import { type HostPort, parseHostPort } from './host-port.ts';

const SCHEME = 'punchlab:';
const NAMES_KEY = 'nameskey';
const KEY_LENGTH = 33;
/** The servers that a link can name, in the order in which it does. */
const SERVICES = ['stun', 'turn', 'mqtt', 'mqtts', 'names', 'ntp'] as const;

export type ServiceName = (typeof SERVICES)[number];

/** All that a peer needs to know of one machine's servers, as one piece of text. */
export interface ServerLink {
  /** By name or address: several are the same machine. */
  readonly hosts: readonly string[];
  readonly ports: ReadonlyMap<ServiceName, number>;
  /** 33 bytes that the nickname server signs with; nobody can be it without. */
  readonly namesKey: Uint8Array | undefined;
  /** Of TURN and MQTT. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** `punchlab://user:password@203.0.113.5?stun=3478&turn=3480&mqtt=1883`. */
export function formatServerLink({ hosts, ports, namesKey, credentials }: ServerLink): string {
  const [first, ...others] = hosts.map((host) => (host.includes(':') ? `[${host}]` : host));
  const who = credentials
    ? `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}@`
    : '';
  const query = [
    ...SERVICES.flatMap((name) => (ports.has(name) ? [`${name}=${ports.get(name)}`] : [])),
    ...(namesKey ? [`${NAMES_KEY}=${Buffer.from(namesKey).toString('base64url')}`] : []),
    ...others.map((host) => `host=${host}`),
  ];
  return `${SCHEME}//${who}${first}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** What is wrong with the text, for people. */
export class ServerLinkError extends Error {
  override readonly name = 'ServerLinkError';
}

/** @throws ServerLinkError */
export function parseServerLink(text: string): ServerLink {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== SCHEME || url.host === '' || url.port !== '' || url.hash !== '') {
    throw new ServerLinkError(
      'expected a link such as punchlab://user:password@203.0.113.5?stun=3478&turn=3480&mqtt=1883',
    );
  }
  const hosts = [url.hostname, ...url.searchParams.getAll('host')].map(hostOf);
  const ports = new Map<ServiceName, number>();
  for (const [key, value] of url.searchParams) {
    if (key === 'host' || key === NAMES_KEY) continue;
    const name = SERVICES.find((service) => service === key);
    if (!name) throw new ServerLinkError(`"${key}" is none of the servers ${SERVICES.join(', ')}`);
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65_535) throw new ServerLinkError(`"${value}" is no port of ${name}`);
    ports.set(name, port);
  }
  if (ports.size === 0) throw new ServerLinkError('the link names no server');
  return { hosts, ports, namesKey: namesKeyOf(url), credentials: credentialsOf(url) };
}

function namesKeyOf(url: URL): Uint8Array | undefined {
  const text = url.searchParams.get(NAMES_KEY);
  if (text === null) return undefined;
  const key = Buffer.from(text, 'base64url');
  if (key.length !== KEY_LENGTH) throw new ServerLinkError(`"${text}" is no key`);
  return key;
}

function hostOf(text: string): string {
  const parsed: HostPort | undefined = parseHostPort(text, 1);
  if (parsed?.port !== 1) throw new ServerLinkError(`"${text}" is no host`);
  return parsed.host;
}

function credentialsOf(url: URL): ServerLink['credentials'] {
  if (url.username === '' && url.password === '') return undefined;
  try {
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw new ServerLinkError('name and password are percent-encoded wrongly');
  }
}
