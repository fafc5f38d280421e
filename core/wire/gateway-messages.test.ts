import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDescription } from './igd/description.ts';
import { HttpCollector } from './igd/http-message.ts';
import { decodeSoap } from './igd/soap.ts';
import { decodeNatPmpRequest, decodeNatPmpResponse } from './nat-pmp/nat-pmp.ts';
import { decodePcpResponse, PCP_RESULT } from './pcp/pcp.ts';
import { decodeSsdpAnswer, decodeSsdpSearch } from './ssdp/ssdp.ts';

interface Message {
  readonly source: string;
  readonly what: string;
  readonly hex: string;
}

const FILE = new URL('./testdata/gateway-messages.json', import.meta.url);
const { messages } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly messages: readonly Message[] };

function from(source: string, what: string): Buffer {
  const found = messages.find((each) => each.source.startsWith(source) && each.what === what);
  if (!found) throw new Error(`no ${what} of ${source}`);
  return Buffer.from(found.hex, 'hex');
}

function bodyOf(message: Buffer, mode: 'empty' | 'until-close' = 'until-close'): string {
  return new HttpCollector(mode, 65_536).take(message)!.body.toString();
}

describe('what miniupnpd 2.3.1 said', () => {
  it('by PCP', () => {
    const mapped = decodePcpResponse(from('miniupnpd', 'pcp map'));
    const expected = { result: PCP_RESULT.success, lifetimeS: 600, protocol: 'udp', externalAddress: '11.0.0.10' };
    expect(mapped).toMatchObject(expected);
    expect(mapped).toMatchObject({ internalPort: 0xd11e, externalPort: 0xd11e });
    expect(decodePcpResponse(from('miniupnpd', 'pcp delete'))).toMatchObject({ result: 0, lifetimeS: 0 });
    const pinhole = { result: 0, protocol: 'tcp', externalAddress: '2001:db8:1::2' };
    expect(decodePcpResponse(from('miniupnpd', 'pcp map ipv6'))).toMatchObject(pinhole);
  });

  it('by NAT-PMP', () => {
    const address = decodeNatPmpResponse(from('miniupnpd', 'nat-pmp address'));
    expect(address).toEqual({ op: 'address', result: 0, epochS: 5, address: '11.0.0.10' });
    const mapped = {
      op: 'map',
      protocol: 'tcp',
      result: 0,
      internalPort: 0x9919,
      externalPort: 0x9919,
      lifetimeS: 600,
    };
    expect(decodeNatPmpResponse(from('miniupnpd', 'nat-pmp map'))).toMatchObject(mapped);
    expect(decodeNatPmpResponse(from('miniupnpd', 'nat-pmp delete'))).toMatchObject({ externalPort: 0, lifetimeS: 0 });
  });

  it('by SSDP, as a device and by SOAP', () => {
    const { location, target } = decodeSsdpAnswer(from('miniupnpd', 'ssdp answer'));
    expect([location, target]).toEqual([
      'http://10.0.1.1:5000/rootDesc.xml',
      'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
    ]);
    expect(parseDescription(bodyOf(from('miniupnpd', 'http description')), '/rootDesc.xml')).toEqual([
      { type: 'urn:schemas-upnp-org:service:WANIPConnection:2', controlPath: '/ctl/IPConn' },
      { type: 'urn:schemas-upnp-org:service:WANIPv6FirewallControl:1', controlPath: '/ctl/IP6FCtl' },
    ]);
    const valuesOf = (what: string) => [...decodeSoap(bodyOf(from('miniupnpd', what))).values];
    expect(valuesOf('http external address')).toEqual([['NewExternalIPAddress', '11.0.0.10']]);
    expect(valuesOf('http mapping')).toEqual([['NewReservedPort', expect.stringMatching(/^\d+$/)]]);
    expect(valuesOf('http pinhole')).toEqual([['UniqueID', expect.stringMatching(/^\d+$/)]]);
  });
});

describe('what stock clients asked', () => {
  it('natpmpc', () => {
    expect(decodeNatPmpRequest(from('natpmpc', 'nat-pmp address'))).toEqual({ op: 'address' });
    const asked = { op: 'map', protocol: 'udp', internalPort: 6004, suggestedPort: 6004, lifetimeS: 600 };
    expect(decodeNatPmpRequest(from('natpmpc', 'nat-pmp map'))).toEqual(asked);
  });

  it.each([
    ['upnpc', 1, 2],
    ['nat-upnp', 1, 1],
    ['@achingbrain/nat-port-mapper', 2, 1],
  ])('%s searches for version %i', (source, version, maxWaitS) => {
    const target = `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`;
    expect(decodeSsdpSearch(from(source, 'ssdp search'))).toEqual({ target, maxWaitS });
  });

  it.each([
    ['upnpc', '6001', '6001'],
    ['nat-upnp', '6005', '6006'],
  ])('%s asks for a mapping', (source, external, internal) => {
    const { name, values } = decodeSoap(bodyOf(from(source, 'http map'), 'empty'));
    expect(name).toBe('AddPortMapping');
    expect([...values]).toEqual([
      ['NewRemoteHost', ''],
      ['NewExternalPort', external],
      ['NewProtocol', 'UDP'],
      ['NewInternalPort', internal],
      ['NewInternalClient', '10.0.1.2'],
      ['NewEnabled', '1'],
      ['NewPortMappingDescription', 'test'],
      ['NewLeaseDuration', '600'],
    ]);
  });
});
