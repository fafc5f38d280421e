import { isNetError, type NetError } from '../../../core/net/error.ts';
import type { TcpConnection, TcpListener, TcpSink } from '../../../core/ports/index.ts';
import { ACK, type AddressId, FIN, type Packet, PSH, RST, SYN } from '../../packet.ts';
import { AddressTable } from '../../world/address-table.ts';
import { SeededRandom } from '../../world/random.ts';
import { Scheduler } from '../../world/scheduler.ts';
import type { IpLayer } from '../ip-layer.ts';
import { NO_BYTES, tcpSegment } from './segment.ts';
import { TcpStack } from './tcp-stack.ts';

/** What becomes of a packet: the delays of the copies that arrive, in microseconds. None: it is lost. */
export type Verdict = readonly number[];

export const LATENCY_US = 10_000;
const LIMIT_US = 3600 * 1_000_000;
/** Enough for a test to go on after an `await` of what an event settled. */
const MICROTASKS = 5;

/** Hosts on one wire, whose every packet a test may look at, lose, delay and repeat. */
export class TestNetwork {
  readonly scheduler = new Scheduler();
  readonly addresses = new AddressTable();
  /** Every packet that a host sent, lost ones too. */
  readonly sent: Packet[] = [];
  rule: (packet: Packet) => Verdict = () => [LATENCY_US];
  readonly #random: SeededRandom;
  readonly #hosts: { readonly owns: ReadonlySet<AddressId>; receive(packet: Packet): void }[] = [];
  #packets = 0;

  constructor(seed = 'tcp') {
    this.#random = SeededRandom.fromText(seed);
  }

  /** A host with a TCP stack. */
  stack(...addresses: string[]): TcpStack {
    const ip = this.#layer(addresses);
    const stack = new TcpStack(ip);
    this.#hosts.push({ owns: ip.owns, receive: (packet) => stack.receive(packet) });
    return stack;
  }

  /** A host whose segments the test writes itself. */
  raw(address: string): RawHost {
    const ip = this.#layer([address]);
    const raw = new RawHost(ip, this.addresses.id(address));
    this.#hosts.push({ owns: ip.owns, receive: (packet) => raw.received.push(packet) });
    return raw;
  }

  /** Runs until nothing is left to do, or until `untilUs`. */
  async run(untilUs = LIMIT_US): Promise<void> {
    await settle();
    while (this.scheduler.nextTime <= untilUs) {
      this.scheduler.step();
      await settle();
    }
    if (untilUs < LIMIT_US) this.scheduler.now = Math.max(untilUs, this.scheduler.now);
  }

  /** Runs for so long. */
  async runFor(durationUs: number): Promise<void> {
    await this.run(this.scheduler.now + durationUs);
  }

  /** What was sent, as text: `S.` is SYN with ACK, as tcpdump has it. */
  flagsSent(): string[] {
    return this.sent.map(flagsOf);
  }

  #layer(texts: string[]): IpLayer & { owns: Set<AddressId> } {
    const owns = new Set(texts.map((text) => this.addresses.id(text)));
    const network = this;
    return {
      owns,
      scheduler: this.scheduler,
      addresses: this.addresses,
      random: this.#random.fork(texts[0]!),
      isLocal: (address) => owns.has(address),
      sourceFor(destination) {
        if (owns.has(destination)) return destination;
        const sixth = network.addresses.text(destination).includes(':');
        return [...owns].find((own) => network.addresses.text(own).includes(':') === sixth);
      },
      nextPacketId: () => ++this.#packets,
      send: (packet) => this.#carry(packet, owns),
    };
  }

  #carry(packet: Packet, owns: Set<AddressId>): void {
    this.sent.push(packet);
    const host = this.#hosts.find((candidate) => candidate.owns.has(packet.destination));
    const delays = owns.has(packet.destination) ? [0] : this.rule(packet);
    for (const delayUs of delays) this.scheduler.schedule(delayUs, () => host?.receive({ ...packet }));
  }
}

/** A host without a stack. */
export class RawHost {
  readonly received: Packet[] = [];
  readonly #ip: IpLayer;
  readonly #address: AddressId;

  constructor(ip: IpLayer, address: AddressId) {
    this.#ip = ip;
    this.#address = address;
  }

  get last(): Packet {
    return this.received.at(-1)!;
  }

  /** Sends a segment to where the last one came from, unless told otherwise. */
  send(flags: number, sequence: number, acknowledgement: number, options: RawOptions = {}): void {
    const { payload = NO_BYTES, window = 65_535 } = options;
    const flow = {
      local: this.#address,
      localPort: options.port ?? this.last.destinationPort,
      remote: options.to ? this.#ip.addresses.id(options.to.address) : this.last.source,
      remotePort: options.to?.port ?? this.last.sourcePort,
    };
    this.#ip.send(
      tcpSegment(this.#ip.nextPacketId(), flow, flags, sequence >>> 0, acknowledgement >>> 0, window, payload),
    );
  }
}

interface RawOptions {
  readonly payload?: Uint8Array;
  readonly window?: number;
  readonly port?: number;
  readonly to?: { readonly address: string; readonly port: number };
}

/** A sink that remembers. */
export class Recorder implements TcpSink {
  readonly events: string[] = [];
  readonly chunks: Uint8Array[] = [];
  error: NetError | undefined;
  length = 0;
  onData: (bytes: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrained: () => void = () => {};

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  get closedTimes(): number {
    return this.events.filter((event) => event.startsWith('closed')).length;
  }

  data(bytes: Uint8Array): void {
    this.events.push('data');
    this.chunks.push(bytes);
    this.length += bytes.length;
    this.onData(bytes);
  }

  end(): void {
    this.events.push('end');
    this.onEnd();
  }

  drained(): void {
    this.events.push('drained');
    this.onDrained();
  }

  closed(error?: NetError): void {
    this.events.push(error ? `closed ${error.code}` : 'closed');
    this.error = error;
  }
}

/** Two hosts with a connection between them, both ends read. */
export interface Pair {
  readonly network: TestNetwork;
  readonly client: TcpConnection;
  readonly server: TcpConnection;
  readonly clientSink: Recorder;
  readonly serverSink: Recorder;
  readonly listener: TcpListener;
  readonly stacks: readonly [TcpStack, TcpStack];
}

export const CLIENT = '192.0.2.1';
export const SERVER = '192.0.2.2';
export const PORT = 80;

export async function connectedPair(network = new TestNetwork()): Promise<Pair> {
  const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
  const accepted: TcpConnection[] = [];
  const listener = await stacks[1].listen({ port: PORT }, (connection) => accepted.push(connection));
  const dialled = stacks[0].dial({ address: SERVER, port: PORT });
  for (let waited = 0; accepted.length === 0 && waited < 2000; waited++) await network.runFor(LATENCY_US);
  const client = await dialled;
  const server = accepted[0]!;
  const clientSink = new Recorder();
  const serverSink = new Recorder();
  client.start(clientSink);
  server.start(serverSink);
  await network.runFor(0);
  return { network, client, server, clientSink, serverSink, listener, stacks };
}

/** An established connection whose far end the test plays. */
export interface RawPair {
  readonly network: TestNetwork;
  readonly stack: TcpStack;
  readonly raw: RawHost;
  readonly connection: TcpConnection;
  readonly sink: Recorder;
  /** First sequence number of each side's text. */
  readonly ours: number;
  readonly theirs: number;
}

export async function rawPair(window = 65_535): Promise<RawPair> {
  const network = new TestNetwork();
  const stack = network.stack(CLIENT);
  const raw = network.raw(SERVER);
  const dialled = stack.dial({ address: SERVER, port: PORT });
  await network.runFor(LATENCY_US);
  const ours = (raw.last.sequence + 1) >>> 0;
  raw.send(SYN | ACK, 4_294_967_290, ours, { window });
  await network.runFor(2 * LATENCY_US);
  const connection = await dialled;
  const sink = new Recorder();
  connection.start(sink);
  await network.runFor(0);
  return { network, stack, raw, connection, sink, ours, theirs: 4_294_967_291 };
}

export function flagsOf(packet: Packet): string {
  const { flags } = packet;
  const letters = [
    [SYN, 'S'],
    [FIN, 'F'],
    [RST, 'R'],
    [PSH, 'P'],
    [ACK, '.'],
  ] as const;
  return letters.map(([flag, letter]) => (flags & flag ? letter : '')).join('');
}

/** The code that a promise fails with, or `ok`. Any other failure is a bug and is thrown. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'ok';
  } catch (error) {
    if (!isNetError(error)) throw error;
    return error.code;
  }
}

/** Bytes that show a wrong offset. */
export function pattern(length: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) {
    const position = from + index;
    bytes[index] = (position ^ (position >> 8) ^ (position >> 16)) & 0xff;
  }
  return bytes;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < MICROTASKS; turn++) await null;
}
