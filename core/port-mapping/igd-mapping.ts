import { canonicalAddress, familyOf, isAddress } from '../net/ip.ts';
import type { Random } from '../ports/index.ts';
import { IgdFault, type IgdRemote } from './igd-service.ts';
import type { Grant, MappingRequest } from './mapping.ts';
import { MappingError } from './mapping-error.ts';

/** Error codes of WANIPConnection:1 and :2 that are worth another try. */
const FAULT = {
  invalidAction: 401,
  invalidArgs: 402,
  actionNotImplemented: 602,
  noSuchEntry: 714,
  conflict: 718,
  samePortRequired: 724,
  onlyPermanentLeases: 725,
  conflictWithOtherMechanisms: 729,
} as const;

const CONFLICTS: ReadonlySet<number> = new Set([FAULT.conflict, FAULT.conflictWithOtherMechanisms]);
/** AddAnyPortMapping is missing, or broken. */
const UNKNOWN_ACTION: ReadonlySet<number> = new Set([
  FAULT.invalidAction,
  FAULT.invalidArgs,
  FAULT.actionNotImplemented,
]);
/** Ports that we ask for where the gateway does not choose one itself. */
const MAX_PORTS = 4;
const FIRST_PORT = 1024;
/** What a router's list of mappings shows its owner. */
const DESCRIPTION = 'punchlab';

/** How to have a mapping made by a WANIPConnection or WANPPPConnection service. */
export class IgdMapper {
  readonly #remote: IgdRemote;
  readonly #random: Random;
  #permanentOnly = false;

  constructor(remote: IgdRemote, random: Random) {
    this.#remote = remote;
    this.#random = random;
  }

  get method(): 'igd1' | 'igd2' {
    return this.#remote.service.type.endsWith(':2') ? 'igd2' : 'igd1';
  }

  /** @throws MappingError, IgdFault */
  async map(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    // Neither action depends on the other's result.
    const [address, { port, lifetimeS }] = await Promise.all([
      this.#externalAddress(signal),
      this.method === 'igd2' ? this.#anyPort(request, signal) : this.#onePort(request, signal),
    ]);
    return { method: this.method, external: { address, port }, lifetimeS };
  }

  async unmap({ protocol }: MappingRequest, { external }: Grant, signal: AbortSignal): Promise<void> {
    try {
      await this.#remote.call('DeletePortMapping', entry(protocol, external.port), signal);
    } catch (error) {
      if (!(error instanceof IgdFault && error.code === FAULT.noSuchEntry)) throw error;
    }
  }

  async #externalAddress(signal: AbortSignal): Promise<string> {
    const values = await this.#remote.call('GetExternalIPAddress', [], signal);
    const text = values.get('NewExternalIPAddress') ?? '';
    try {
      const address = canonicalAddress(text);
      if (familyOf(address) === 4) return address;
    } catch {
      // said below
    }
    throw new MappingError('malformed', `the gateway's external address is ${JSON.stringify(text.slice(0, 64))}`);
  }

  /** IGD 2: the gateway picks another port where the wanted one is taken. */
  async #anyPort(request: MappingRequest, signal: AbortSignal): Promise<Port> {
    try {
      return await this.#withLease(request, async (lifetimeS) => {
        const wanted = mapping(request, request.suggestedPort, lifetimeS);
        const values = await this.#remote.call('AddAnyPortMapping', wanted, signal);
        return readPort(values.get('NewReservedPort'));
      });
    } catch (error) {
      if (!(error instanceof IgdFault && UNKNOWN_ACTION.has(error.code))) throw error;
      return this.#onePort(request, signal);
    }
  }

  /** IGD 1: this port or none, so we try some. */
  async #onePort(request: MappingRequest, signal: AbortSignal): Promise<Port> {
    let port = request.suggestedPort;
    for (let tried = 1; ; tried++) {
      try {
        return await this.#withLease(request, async (lifetimeS) => {
          await this.#remote.call('AddPortMapping', mapping(request, port, lifetimeS), signal);
          // Some say yes to everybody, and leave the port to whoever had it before.
          if ((await this.#owner(request, port, signal)) === 'other') {
            throw new IgdFault(FAULT.conflict, 'the port is still led to another host');
          }
          return port;
        });
      } catch (error) {
        if (!(error instanceof IgdFault)) throw error;
        const { internal } = request;
        if (error.code === FAULT.samePortRequired && port !== internal.port) port = internal.port;
        else if (CONFLICTS.has(error.code)) {
          // A mapping of our own from before a restart is no conflict, whatever the gateway calls it.
          if ((await this.#owner(request, port, signal)) === 'we') return { port, lifetimeS: 0 };
          port = FIRST_PORT + this.#random.below(65_536 - FIRST_PORT);
        } else throw error;
        if (tried === MAX_PORTS) {
          throw new MappingError('conflict', `${error.message}: each of ${MAX_PORTS} ports belongs to somebody else`);
        }
      }
    }
  }

  async #withLease(request: MappingRequest, add: (lifetimeS: number) => Promise<number>): Promise<Port> {
    if (!this.#permanentOnly) {
      try {
        return { port: await add(request.lifetimeS), lifetimeS: request.lifetimeS };
      } catch (error) {
        if (!(error instanceof IgdFault && error.code === FAULT.onlyPermanentLeases)) throw error;
        this.#permanentOnly = true;
      }
    }
    return { port: await add(0), lifetimeS: 0 };
  }

  /** Whom the gateway leads to by a port, as it says. */
  async #owner(
    { protocol, internal }: MappingRequest,
    port: number,
    signal: AbortSignal,
  ): Promise<'we' | 'other' | 'unknown'> {
    try {
      const found = await this.#remote.call('GetSpecificPortMappingEntry', entry(protocol, port), signal);
      const client = found.get('NewInternalClient') ?? '';
      if (!isAddress(client)) return 'unknown';
      const same = canonicalAddress(client) === internal.address;
      return same && found.get('NewInternalPort') === String(internal.port) ? 'we' : 'other';
    } catch (error) {
      if (error instanceof IgdFault) return 'unknown';
      throw error;
    }
  }
}

interface Port {
  readonly port: number;
  readonly lifetimeS: number;
}

function entry(protocol: 'udp' | 'tcp', port: number): [string, string][] {
  return [
    ['NewRemoteHost', ''],
    ['NewExternalPort', String(port)],
    ['NewProtocol', protocol.toUpperCase()],
  ];
}

function mapping({ protocol, internal }: MappingRequest, port: number, lifetimeS: number): [string, string][] {
  return [
    ...entry(protocol, port),
    ['NewInternalPort', String(internal.port)],
    ['NewInternalClient', internal.address],
    ['NewEnabled', '1'],
    ['NewPortMappingDescription', DESCRIPTION],
    ['NewLeaseDuration', String(lifetimeS)],
  ];
}

function readPort(text: string | undefined): number {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new MappingError('malformed', 'the gateway reserved no port');
  return port;
}
