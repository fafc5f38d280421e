import { WireError } from '../wire-error.ts';
import { childOf, elementsOf, parseXml, type XmlElement } from './xml.ts';

/** The services of a gateway that concern port mappings. */
export const IGD_SERVICES = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
  'urn:schemas-upnp-org:service:WANIPv6FirewallControl:1',
] as const;

export type IgdServiceType = (typeof IGD_SERVICES)[number];

export interface IgdService {
  readonly type: IgdServiceType;
  /** Where actions go: an absolute path with its query. */
  readonly controlPath: string;
}

const MAX_SERVICES = 16;
const MAX_PATH = 512;

/**
 * The services of a device description (UPnP Device Architecture 1.1 section 2.3), in document order.
 *
 * Control URLs may be relative. Only their path counts: whoever reads the description of a host sends actions to that
 * host alone, whatever the description names.
 *
 * @param descriptionPath where the description was read: relative URLs count from there
 * @throws WireError if it describes no gateway
 */
export function parseDescription(xml: string, descriptionPath: string): IgdService[] {
  const root = parseXml(xml);
  if (root.name !== 'root') throw new WireError(`a device description with the root ${root.name}`);
  const base = childOf(root, 'URLBase')?.text || undefined;
  const services = elementsOf(root, 'service').slice(0, MAX_SERVICES);
  const known = services.flatMap((service) => readService(service, base, descriptionPath) ?? []);
  if (known.length === 0) throw new WireError('the device has no service for port mappings');
  return known;
}

function readService(service: XmlElement, base: string | undefined, path: string): IgdService | undefined {
  const type = childOf(service, 'serviceType')?.text;
  const control = childOf(service, 'controlURL')?.text;
  const known = IGD_SERVICES.find((each) => each === type);
  if (!known || !control) return undefined;
  const controlPath = pathOf(control, base, path);
  return controlPath === undefined ? undefined : { type: known, controlPath };
}

function pathOf(url: string, base: string | undefined, path: string): string | undefined {
  try {
    const from = base === undefined ? new URL(path, 'http://gateway/') : new URL(base, 'http://gateway/');
    const { protocol, pathname, search } = new URL(url, from);
    const found = `${pathname}${search}`;
    return protocol === 'http:' && found.length <= MAX_PATH ? found : undefined;
  } catch {
    return undefined;
  }
}
