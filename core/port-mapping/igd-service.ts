import type { Host } from '../ports/index.ts';
import { type IgdService, parseDescription } from '../wire/igd/description.ts';
import { decodeSoap, decodeSoapFault, encodeSoap } from '../wire/igd/soap.ts';
import { WireError } from '../wire/wire-error.ts';
import { httpRequest } from './http-request.ts';
import type { DescriptionPlace } from './igd-discovery.ts';
import { MappingError } from './mapping-error.ts';

/** The gateway has understood an action and will not do it. */
export class IgdFault extends Error {
  override readonly name = 'IgdFault';
  /** UPnP error code, such as 718. */
  readonly code: number;

  constructor(code: number, description: string) {
    super(description ? `${code} ${description}` : String(code));
    this.code = code;
  }
}

/** A place to call actions of one service. */
export class IgdRemote {
  readonly service: IgdService;
  readonly #host: Host;
  readonly #place: DescriptionPlace;
  readonly #from: string;

  constructor(host: Host, place: DescriptionPlace, from: string, service: IgdService) {
    this.#host = host;
    this.#place = place;
    this.#from = from;
    this.service = service;
  }

  /**
   * Calls an action.
   * @throws IgdFault if the gateway refuses
   * @throws MappingError if it does not answer, or not in SOAP
   */
  async call(
    action: string,
    values: readonly (readonly [string, string])[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const { type, controlPath: path } = this.service;
    const { status, body } = await httpRequest(this.#host, {
      to: this.#place.endpoint,
      from: this.#from,
      method: 'POST',
      path,
      fields: [
        ['Content-Type', 'text/xml; charset="utf-8"'],
        ['SOAPAction', `"${type}#${action}"`],
      ],
      body: encodeSoap(type, action, values),
      signal,
    });
    return readResult(action, status, body);
  }
}

/** Reads the description at a place. @throws MappingError */
export async function readServices(
  host: Host,
  place: DescriptionPlace,
  from: string,
  signal: AbortSignal,
): Promise<IgdRemote[]> {
  const { endpoint: to, path } = place;
  const { status, body } = await httpRequest(host, { to, from, method: 'GET', path, fields: [], body: '', signal });
  if (status !== 200) throw new MappingError('malformed', `the gateway describes itself by HTTP status ${status}`);
  return malformed('the gateway describes itself wrongly', () =>
    parseDescription(body, path).map((service) => new IgdRemote(host, place, from, service)),
  );
}

function readResult(action: string, status: number, body: string): ReadonlyMap<string, string> {
  return malformed(`${action}: HTTP status ${status}`, () => {
    if (status === 500) {
      const { code, description } = decodeSoapFault(body);
      throw new IgdFault(code, description);
    }
    if (status !== 200) throw new WireError('neither a result nor a fault');
    const { name, values } = decodeSoap(body);
    if (name !== `${action}Response`) throw new WireError(`the answer to another action: ${name.slice(0, 64)}`);
    return values;
  });
}

function malformed<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new MappingError('malformed', `${what}: ${error.message}`);
  }
}
