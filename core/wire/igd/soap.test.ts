import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { parseDescription } from './description.ts';
import { decodeSoap, decodeSoapFault, encodeSoap, encodeSoapFault } from './soap.ts';

const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1';

function description(services: string, base = ''): string {
  return `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">${base}<device><deviceList><device><serviceList>${services}</serviceList></device></deviceList></device></root>`;
}

const service = (type: string, control: string) =>
  `<service><serviceType>${type}</serviceType><controlURL>${control}</controlURL></service>`;

describe('SOAP (UPnP Device Architecture 1.1 section 3)', () => {
  it('carries an action and its arguments in order', () => {
    const xml = encodeSoap(SERVICE, 'AddPortMapping', [
      ['NewRemoteHost', ''],
      ['NewPortMappingDescription', 'a <b> & "c"'],
    ]);
    expect(xml).toContain(`<u:AddPortMapping xmlns:u="${SERVICE}"><NewRemoteHost></NewRemoteHost>`);
    const { name, values } = decodeSoap(xml);
    expect(name).toBe('AddPortMapping');
    expect([...values]).toEqual([
      ['NewRemoteHost', ''],
      ['NewPortMappingDescription', 'a <b> & "c"'],
    ]);
  });

  it('tells a fault from a result', () => {
    const fault = encodeSoapFault({ code: 718, description: 'ConflictInMappingEntry' });
    expect(decodeSoapFault(fault)).toEqual({ code: 718, description: 'ConflictInMappingEntry' });
    expect(() => decodeSoap(fault)).toThrow(WireError);
    expect(() => decodeSoapFault(encodeSoap(SERVICE, 'X', []))).toThrow(WireError);
  });

  it.each([
    ['no envelope', '<a/>'],
    ['an empty body', '<e:Envelope xmlns:e="x"><e:Body/></e:Envelope>'],
    ['an endless value', encodeSoap(SERVICE, 'X', [['NewExternalIPAddress', '1'.repeat(2000)]])],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeSoap(xml)).toThrow(WireError);
  });
});

describe('device descriptions (section 2.3)', () => {
  it.each([
    ['/ctl/IPConn', '', '/ctl/IPConn'],
    ['ctl/IPConn?x=1', '', '/igd/ctl/IPConn?x=1'],
    ['http://10.0.1.1:5000/ctl', '', '/ctl'],
    ['ctl', '<URLBase>http://10.0.1.1:5000/base/</URLBase>', '/base/ctl'],
    ['http://203.0.113.9/elsewhere', '', '/elsewhere'],
  ])('the control URL %s with %s leads to %s on the same host', (control, base, path) => {
    expect(parseDescription(description(service(SERVICE, control), base), '/igd/root.xml')).toEqual([
      { type: SERVICE, controlPath: path },
    ]);
  });

  it('gives all services for mappings, in document order, and no others', () => {
    const others = service('urn:schemas-upnp-org:service:Layer3Forwarding:1', '/l3');
    const v6 = 'urn:schemas-upnp-org:service:WANIPv6FirewallControl:1';
    const found = parseDescription(description(others + service(v6, '/v6') + service(SERVICE, '/v4')), '/');
    expect(found.map(({ type }) => type)).toEqual([v6, SERVICE]);
  });

  it.each([
    ['of another device', description(service('urn:schemas-upnp-org:service:ContentDirectory:1', '/x'))],
    ['with a script for a control URL', description(service(SERVICE, 'javascript:alert(1)'))],
    ['with another root', '<html/>'],
  ])('refuses one %s', (_, xml) => {
    expect(() => parseDescription(xml, '/')).toThrow(WireError);
  });
});
