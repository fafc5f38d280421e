import { WireError } from '../wire-error.ts';
import { childOf, elementsOf, escapeXml, parseXml, type XmlElement } from './xml.ts';

const ENVELOPE_NS = 'http://schemas.xmlsoap.org/soap/envelope/';
const CONTROL_NS = 'urn:schemas-upnp-org:control-1-0';
const MAX_VALUE = 1024;

/** An action with its arguments, or the answer with its results (UPnP Device Architecture 1.1 section 3.1). */
export interface SoapMessage {
  /** Such as `AddPortMapping`, of an answer `AddPortMappingResponse`. */
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface SoapFault {
  /** UPnP error code, such as 718. */
  readonly code: number;
  readonly description: string;
}

/** @param values in the order of the service's definition, which some devices insist on */
export function encodeSoap(service: string, name: string, values: readonly (readonly [string, string])[]): string {
  const inner = values.map(([key, value]) => `<${key}>${escapeXml(value)}</${key}>`).join('');
  return envelope(`<u:${name} xmlns:u="${service}">${inner}</u:${name}>`);
}

export function encodeSoapFault({ code, description }: SoapFault): string {
  return envelope(
    `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>` +
      `<UPnPError xmlns="${CONTROL_NS}"><errorCode>${code}</errorCode>` +
      `<errorDescription>${escapeXml(description)}</errorDescription></UPnPError></detail></s:Fault>`,
  );
}

/** @throws WireError for anything but an action or an answer to one */
export function decodeSoap(xml: string): SoapMessage {
  const message = bodyOf(xml);
  if (message.name === 'Fault') throw new WireError('a SOAP fault where a result is due');
  const values = new Map<string, string>();
  for (const { name, text } of message.children) {
    if (text.length > MAX_VALUE) throw new WireError(`SOAP: ${name} has ${text.length} characters`);
    if (!values.has(name)) values.set(name, text);
  }
  return { name: message.name, values };
}

/** @throws WireError if it is no fault with a code */
export function decodeSoapFault(xml: string): SoapFault {
  const fault = bodyOf(xml);
  const error = fault.name === 'Fault' ? elementsOf(fault, 'UPnPError')[0] : undefined;
  const code = childOf(error, 'errorCode')?.text ?? '';
  if (!/^\d{3}$/.test(code)) throw new WireError('a SOAP fault without an error code');
  const description = childOf(error, 'errorDescription')?.text ?? '';
  return { code: Number(code), description: description.slice(0, MAX_VALUE) };
}

function bodyOf(xml: string): XmlElement {
  const root = parseXml(xml);
  const body = root.name === 'Envelope' ? childOf(root, 'Body') : undefined;
  const message = body?.children[0];
  if (!message) throw new WireError('no SOAP envelope with a body');
  return message;
}

function envelope(body: string): string {
  return (
    `<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="${ENVELOPE_NS}" ` +
    `s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>${body}</s:Body></s:Envelope>\r\n`
  );
}
