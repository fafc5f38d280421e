import { MemoryTable } from '../../core/port-mapping/testdata/home.ts';
import { Gateway } from '../../core/servers/gateway/gateway.ts';
import { startNtpServer } from '../../core/servers/ntp/ntp-server.ts';
import { startStunServer } from '../../core/servers/stun/stun-server.ts';
import { startTurnServer } from '../../core/servers/turn/turn-server.ts';
import { encodeNtpPacket } from '../../core/wire/ntp/packet.ts';
import { encodePcpRequest } from '../../core/wire/pcp/pcp.ts';
import { encodeSsdpSearch } from '../../core/wire/ssdp/ssdp.ts';
import { encodeMessage } from '../../core/wire/stun/encode-message.ts';
import { METHOD } from '../../core/wire/stun/message.ts';
import { Segment, SimHost, World } from '../../simulator/index.ts';
import { NTP_QUESTION } from './ntp-question.ts';

/** The smallest request that a server over UDP answers best, and the answer: bytes with IPv4 and UDP headers. */
export interface Answered {
  readonly server: string;
  readonly asked: number;
  readonly answered: number;
}

const HEADERS = 28;
const SERVER = '10.0.1.1';
const CLIENT = '10.0.1.2';
const SECOND = '10.0.1.3';

const stun = (method: number) =>
  encodeMessage({ messageClass: 'request', method, transactionId: Buffer.alloc(12, 1), attributes: [] });
const ntp = () => encodeNtpPacket(NTP_QUESTION);
const pcp = () =>
  encodePcpRequest({
    op: 'map',
    clientAddress: CLIENT,
    lifetimeS: 600,
    nonce: Buffer.alloc(12, 1),
    protocol: 'udp',
    internalPort: 6000,
    externalPort: 6000,
    externalAddress: '0.0.0.0',
    options: [],
  });

const QUESTIONS: readonly (readonly [server: string, port: number, request: () => Uint8Array])[] = [
  ['STUN by RFC 5780: Binding', 3478, () => stun(METHOD.binding)],
  ['TURN: Allocate without credentials', 3480, () => stun(METHOD.allocate)],
  [
    'TURN: Send indication',
    3480,
    () =>
      encodeMessage({
        messageClass: 'indication',
        method: METHOD.send,
        transactionId: Buffer.alloc(12),
        attributes: [],
      }),
  ],
  ['NTP', 123, ntp],
  ['Gateway, inside: PCP', 5351, pcp],
  ['Gateway, inside: NAT-PMP', 5351, () => Buffer.of(0, 0)],
  [
    'Gateway, inside: SSDP',
    1900,
    () =>
      encodeSsdpSearch(
        { target: 'urn:schemas-upnp-org:device:InternetGatewayDevice:1', maxWaitS: 1 },
        {
          address: SERVER,
          port: 1900,
        },
      ),
  ],
];

/** Asks each once, from an address that a stranger may have made up. */
export async function answersOfServers(): Promise<Answered[]> {
  const world = new World({ seed: 'amplification' });
  const segment = new Segment(world);
  const [server, client] = [[SERVER, SECOND], [CLIENT]].map((addresses, index) => {
    const host = new SimHost(world, `host${index}`);
    host.attach(segment, {
      addresses: addresses.map((address) => `${address}/24`),
      link: { up: { latencyUs: 200 }, down: { latencyUs: 0 } },
    });
    return host;
  }) as [SimHost, SimHost];
  const run = await world.run(async () => {
    await startStunServer(server, {
      primary: { address: SERVER, port: 3478 },
      alternate: { address: SECOND, port: 3479 },
    });
    await startTurnServer(server, { endpoint: { address: SERVER, port: 3480 }, realm: 'punchlab', users: new Map() });
    await startNtpServer(server, { address: SERVER, port: 123 });
    const networks = [{ address: SERVER, contains: () => true }];
    await Gateway.start(server, { networks, table: new MemoryTable(), protocols: ['igd1', 'igd2', 'nat-pmp', 'pcp'] });
    const answers: Answered[] = [];
    for (const [name, port, request] of QUESTIONS) {
      const socket = await client.udp.bind();
      let answered = 0;
      socket.onMessage = (bytes) => {
        answered += bytes.length + HEADERS;
      };
      const bytes = request();
      socket.send(bytes, { address: SERVER, port });
      await new Promise<void>((resolve) => void client.clock.after(3000, resolve));
      socket.close();
      answers.push({ server: name, asked: bytes.length + HEADERS, answered });
    }
    return answers;
  });
  if (run.outcome === 'crashed') throw run.error;
  if (run.outcome !== 'done') throw new Error(run.outcome);
  return run.value;
}
