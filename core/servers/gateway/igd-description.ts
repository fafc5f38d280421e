import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import type { GatewayState } from './gateway-state.ts';

/** UPnP Device Architecture 1.1 section 1.3.3: system, UPnP version, product. */
export const SERVER = 'punchlab/0 UPnP/1.1 gateway/0';

export type IgdVersion = 1 | 2;

/** The versions that the gateway describes itself as. */
export function igdVersions(state: GatewayState): IgdVersion[] {
  return [...(state.offers('igd1') ? [1 as const] : []), ...(state.offers('igd2') ? [2 as const] : [])];
}

export function descriptionPath(version: IgdVersion): string {
  return `/igd${version}.xml`;
}

export function descriptionUrl(http: Endpoint, version: IgdVersion): string {
  return `http://${formatEndpoint(http)}${descriptionPath(version)}`;
}

/** Where the actions of a service go. */
export function controlPath(version: IgdVersion, service: 'ip' | 'common' | 'firewall'): string {
  return `/control/${version}/${service}`;
}

export function uniqueName(version: IgdVersion, part = 0): string {
  return `uuid:70756e63-686c-4162-8000-00000000${version}00${part}`;
}

export const SERVICE = {
  ip: 'WANIPConnection',
  common: 'WANCommonInterfaceConfig',
  firewall: 'WANIPv6FirewallControl',
} as const;

/** The device tree of WANIPConnection:1 and :2, with nothing in it that has no use. */
export function describeIgd(version: IgdVersion): string {
  const services = [
    service(version, 'ip', version),
    ...(version === 2 ? [service(version, 'firewall', 1)] : []), // There is no second version of it.
  ];
  const connection = device('WANConnectionDevice', version, 2, services.join(''), '');
  const wan = device('WANDevice', version, 1, service(version, 'common', 1), connection);
  return (
    `<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0">` +
    `<specVersion><major>1</major><minor>1</minor></specVersion>` +
    `${device('InternetGatewayDevice', version, 0, '', wan)}</root>\n`
  );
}

/** A service description that names the actions; what they take is in the standards. */
export function describeService(actions: readonly string[]): string {
  const list = actions.map((name) => `<action><name>${name}</name></action>`).join('');
  return (
    `<?xml version="1.0"?>\n<scpd xmlns="urn:schemas-upnp-org:service-1-0">` +
    `<specVersion><major>1</major><minor>1</minor></specVersion><actionList>${list}</actionList></scpd>\n`
  );
}

function device(type: string, version: IgdVersion, part: number, services: string, devices: string): string {
  const list = services && `<serviceList>${services}</serviceList>`;
  const nested = devices && `<deviceList>${devices}</deviceList>`;
  return (
    `<device><deviceType>urn:schemas-upnp-org:device:${type}:${version}</deviceType>` +
    `<friendlyName>Punchlab gateway</friendlyName><manufacturer>Punchlab</manufacturer>` +
    `<modelName>gateway</modelName><UDN>${uniqueName(version, part)}</UDN>${list}${nested}</device>`
  );
}

function service(version: IgdVersion, which: keyof typeof SERVICE, serviceVersion: number): string {
  const name = SERVICE[which];
  const path = controlPath(version, which);
  return (
    `<service><serviceType>urn:schemas-upnp-org:service:${name}:${serviceVersion}</serviceType>` +
    `<serviceId>urn:upnp-org:serviceId:${name}1</serviceId><SCPDURL>${path}.xml</SCPDURL>` +
    `<controlURL>${path}</controlURL><eventSubURL></eventSubURL></service>`
  );
}
