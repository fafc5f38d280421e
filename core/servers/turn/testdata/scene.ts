import { expect } from 'vitest';
import { type SimHost, symmetricLink, Topology, World } from '../../../../simulator/index.ts';
import type { Endpoint } from '../../../net/endpoint.ts';
import type { Host, UdpSocket } from '../../../ports/index.ts';
import { type Attribute, attributeOf } from '../../../wire/stun/attribute.ts';
import { longTermKey } from '../../../wire/stun/credentials.ts';
import { decodeMessage, type ReceivedMessage } from '../../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../../wire/stun/encode-message.ts';
import { hasIntegrity, verifyIntegrity } from '../../../wire/stun/integrity.ts';
import { METHOD } from '../../../wire/stun/message.ts';
import { decodeChannelData, encodeChannelData, isChannelData } from '../../../wire/turn/channel-data.ts';
import type { TurnServerOptions } from '../turn-options.ts';
import { startTurnServer } from '../turn-server.ts';

export const REALM = 'test';
export const USERS = new Map([
  ['ann', 'one'],
  ['bob', 'two'],
]);
const PORT = 3478;
export const UDP_TRANSPORT: Attribute = { type: 'requested-transport', value: 17 };

export interface Scene {
  readonly net: Topology;
  readonly server: SimHost;
  readonly serverEndpoint: Endpoint;
  readonly client: Client;
  readonly another: (username?: string) => Promise<Client>;
  readonly peer: SimHost;
  readonly stop: () => void;
}

export async function scene(options: Partial<TurnServerOptions>, play: (scene: Scene) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'turn server' });
  const net = new Topology(world);
  const link = { link: symmetricLink({ latencyUs: 1000 }) };
  const server = net.server('turn', link);
  const host = net.server('client', link);
  const peer = net.server('peer', link);
  const serverEndpoint = { address: addressOf(server), port: PORT };
  const result = await world.run(
    async () => {
      const { close } = await startTurnServer(server, {
        endpoint: serverEndpoint,
        realm: REALM,
        users: USERS,
        ...options,
      });
      const another = async (username = 'ann') => new Client(host, await host.udp.bind(), serverEndpoint, username);
      await play({ net, server, serverEndpoint, client: await another(), another, peer, stop: close });
      close();
      await sleep(server, 60_000);
      expect(server.audit()).toMatchObject({ udpSockets: 0, tcpSockets: 0 });
    },
    { limitUs: 4 * 3600 * 1e6 },
  );
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
  expect(world.audit().events).toBe(0);
}

export function addressOf(host: Host): string {
  return host.interfaces()[1]!.addresses[0]!.address;
}

export function sleep(host: Host, ms: number): Promise<void> {
  return new Promise((resolve) => host.clock.after(ms, resolve));
}

/** The same host, but its sockets take 100 ms to open. */
export function slowToBind({ clock, random, tcp, udp }: Host): Pick<Host, 'clock' | 'random' | 'tcp' | 'udp'> {
  const bind: Host['udp']['bind'] = async (options) => {
    await new Promise<void>((resolve) => clock.after(100, resolve));
    return udp.bind(options);
  };
  return { clock, random, tcp, udp: { bind } };
}

/** Speaks TURN by hand, so that the server can be told anything. */
export class Client {
  readonly host: Host;
  readonly socket: UdpSocket;
  readonly server: Endpoint;
  username: string;
  nonce = '';
  /** Text of what peers sent, with a mark of how it came. */
  readonly heard: string[] = [];
  #waiting: ((message: ReceivedMessage) => void) | undefined;
  #serial = 0;

  constructor(host: Host, socket: UdpSocket, server: Endpoint, username: string) {
    this.host = host;
    this.socket = socket;
    this.server = server;
    this.username = username;
    socket.onMessage = (data) => this.#receive(data);
  }

  get key(): Buffer {
    return longTermKey(this.username, REALM, USERS.get(this.username) ?? 'nobody');
  }

  /** The bytes of a request with credentials, as far as a nonce is known. */
  encode(method: number, attributes: readonly Attribute[], serial = ++this.#serial): Buffer {
    const transactionId = Buffer.alloc(12);
    transactionId.writeUInt32BE(serial, 0);
    const credentials: Attribute[] = [
      { type: 'username', value: this.username },
      { type: 'realm', value: REALM },
      { type: 'nonce', value: this.nonce },
    ];
    const all = this.nonce ? [...attributes, ...credentials] : attributes;
    const request = { messageClass: 'request', method, transactionId, attributes: all } as const;
    return encodeMessage(request, this.nonce ? { key: this.key } : {});
  }

  /** Sends and waits for whatever comes back; undefined after a second. */
  exchange(bytes: Uint8Array): Promise<ReceivedMessage | undefined> {
    return new Promise((resolve) => {
      const timer = this.host.clock.after(1000, () => resolve(undefined));
      this.#waiting = (message) => {
        timer.cancel();
        resolve(message);
      };
      this.socket.send(bytes, this.server);
    });
  }

  /** The answer in short: `ok` or the error code. Gets a nonce first if there is none. */
  async ask(method: number, attributes: readonly Attribute[]): Promise<'ok' | number | undefined> {
    if (!this.nonce) await this.challenge();
    const message = await this.exchange(this.encode(method, attributes));
    if (!message) return undefined;
    expect(hasIntegrity(message) && verifyIntegrity(message, this.key)).toBe(true);
    return codeOf(message);
  }

  async challenge(): Promise<void> {
    this.nonce = '';
    const message = await this.exchange(this.encode(METHOD.allocate, []));
    this.nonce = attributeOf(message!, 'nonce')!;
  }

  /** Allocates and returns the answer. */
  async allocate(attributes: readonly Attribute[] = []): Promise<ReceivedMessage> {
    await this.challenge();
    const message = await this.exchange(this.encode(METHOD.allocate, [UDP_TRANSPORT, ...attributes]));
    expect(verifyIntegrity(message!, this.key)).toBe(true);
    return message!;
  }

  permit(...addresses: string[]): Promise<'ok' | number | undefined> {
    return this.ask(
      METHOD.createPermission,
      addresses.map((address) => ({ type: 'xor-peer-address', value: { address, port: 0 } })),
    );
  }

  bind(number: number, peer: Endpoint): Promise<'ok' | number | undefined> {
    return this.ask(METHOD.channelBind, [
      { type: 'channel-number', value: number },
      { type: 'xor-peer-address', value: peer },
    ]);
  }

  refresh(lifetime?: number): Promise<'ok' | number | undefined> {
    return this.ask(METHOD.refresh, lifetime === undefined ? [] : [{ type: 'lifetime', value: lifetime }]);
  }

  send(text: string, peer: Endpoint, ...more: Attribute[]): void {
    const attributes: Attribute[] = [
      { type: 'xor-peer-address', value: peer },
      { type: 'data', value: Buffer.from(text) },
      ...more,
    ];
    const message = {
      messageClass: 'indication',
      method: METHOD.send,
      transactionId: Buffer.alloc(12),
      attributes,
    } as const;
    this.socket.send(encodeMessage(message), this.server);
  }

  sendOnChannel(text: string, number: number): void {
    this.socket.send(encodeChannelData(number, Buffer.from(text), false), this.server);
  }

  #receive(data: Uint8Array): void {
    if (isChannelData(data)) {
      const { channel, data: content } = decodeChannelData(data);
      this.heard.push(`channel ${channel.toString(16)}: ${Buffer.from(content)}`);
      return;
    }
    const message = decodeMessage(data);
    const content = attributeOf(message, 'data');
    if (content) this.heard.push(`data: ${Buffer.from(content)}`);
    else this.#waiting?.(message);
  }
}

export function codeOf(message: ReceivedMessage): 'ok' | number {
  return message.messageClass === 'success' ? 'ok' : attributeOf(message, 'error-code')!.code;
}

/** A peer that notes what it hears. */
export async function listen(host: Host): Promise<{ socket: UdpSocket; endpoint: Endpoint; heard: string[] }> {
  const socket = await host.udp.bind();
  const heard: string[] = [];
  socket.onMessage = (data, from) => heard.push(`${Buffer.from(data)} from ${from.port}`);
  return { socket, endpoint: { address: addressOf(host), port: socket.local.port }, heard };
}
