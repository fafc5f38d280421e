import { IgdFault, type IgdRemote } from './igd-service.ts';
import type { Grant, MappingRequest } from './mapping.ts';
import { MappingError } from './mapping-error.ts';

const PROTOCOL = { tcp: '6', udp: '17' } as const;
const NO_SUCH_ENTRY = 704;

/** Holes in a gateway's IPv6 firewall, by WANIPv6FirewallControl:1. Nothing is translated. */
export class IgdPinholes {
  readonly #remote: IgdRemote;
  /** The gateway's names for our pinholes, by protocol and port. */
  readonly #ids = new Map<string, string>();

  constructor(remote: IgdRemote) {
    this.#remote = remote;
  }

  /** @throws MappingError, IgdFault */
  async map(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    const { protocol, internal, lifetimeS } = request;
    const key = keyOf(request);
    const known = this.#ids.get(key);
    const grant: Grant = { method: 'pinhole', external: internal, lifetimeS };
    if (known !== undefined) {
      try {
        await this.#remote.call('UpdatePinhole', [...id(known), ['NewLeaseTime', String(lifetimeS)]], signal);
        return grant;
      } catch (error) {
        if (!(error instanceof IgdFault && error.code === NO_SUCH_ENTRY)) throw error;
        this.#ids.delete(key); // The gateway has forgotten it.
      }
    }
    const values = await this.#remote.call(
      'AddPinhole',
      [
        ['RemoteHost', ''],
        ['RemotePort', '0'],
        ['InternalClient', internal.address],
        ['InternalPort', String(internal.port)],
        ['Protocol', PROTOCOL[protocol]],
        ['LeaseTime', String(lifetimeS)],
      ],
      signal,
    );
    const unique = values.get('UniqueID') ?? '';
    if (!/^\d{1,5}$/.test(unique)) throw new MappingError('malformed', 'the gateway gave no name to the pinhole');
    this.#ids.set(key, unique);
    return grant;
  }

  async unmap(request: MappingRequest, _grant: Grant, signal: AbortSignal): Promise<void> {
    const known = this.#ids.get(keyOf(request));
    if (known === undefined) return;
    this.#ids.delete(keyOf(request));
    try {
      await this.#remote.call('DeletePinhole', id(known), signal);
    } catch (error) {
      if (!(error instanceof IgdFault && error.code === NO_SUCH_ENTRY)) throw error;
    }
  }
}

function keyOf({ protocol, internal }: MappingRequest): string {
  return `${protocol} ${internal.address} ${internal.port}`;
}

function id(unique: string): [string, string][] {
  return [['UniqueID', unique]];
}
