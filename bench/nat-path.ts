import { resolveBehaviour } from '../core/nat/behaviour.ts';
import type { Endpoint } from '../core/net/endpoint.ts';
import type { Link } from '../simulator/link/link-model.ts';
import { symmetricLink } from '../simulator/link/link-model.ts';
import { Topology } from '../simulator/topology.ts';
import { World } from '../simulator/world/world.ts';
import { bestRate, type Row } from './row.ts';

const PACKETS = 200_000;
const ROUNDS = 5;
const PAYLOAD = Buffer.alloc(100);
/** Datagrams on their way in each direction of a flow. */
const WINDOW = 8;
const FIRST_PORT = 5000;

const CLEAN = symmetricLink({ latencyUs: 20_000 });
const ROUGH = symmetricLink({ latencyUs: 20_000, jitterUs: 3000, lossPpm: 10_000 });

/** Datagrams from host to host over a NAT, the core, and another NAT, traced and hashed. */
export async function natPathRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const flows of [1, 50]) {
    const value = await bestRate(ROUNDS, () => pingPong(flows, CLEAN));
    rows.push({ name: `UDP over two NATs, ${flows} flows`, unit: 'packets/s', value });
  }
  const value = await bestRate(ROUNDS, () => pingPong(50, ROUGH));
  return [...rows, { name: 'UDP over two NATs, 50 flows, jitter and 1 % loss', unit: 'packets/s', value }];
}

/** Each datagram that arrives sends another one, and one more where some were lost. */
async function pingPong(flows: number, link: Link): Promise<number> {
  const world = new World({ seed: 'bench' });
  const net = new Topology(world);
  const nat = resolveBehaviour({ filtering: 'address-and-port-dependent' });
  const [a, b] = ['a', 'b'].map((name) => net.side(name, { nats: [nat], link }));
  let delivered = 0;
  let sent = 0;
  await world.run(
    async () => {
      await new Promise<void>((done) => {
        const open = async (from: typeof a, to: typeof a, port: number): Promise<void> => {
          const socket = await from!.host.udp.bind({ port });
          const peer: Endpoint = { address: to!.nats[0]!.outside.addresses[0]!.address, port };
          const send = (): void => {
            sent++;
            socket.send(PAYLOAD, peer);
          };
          socket.onMessage = () => {
            if (++delivered === PACKETS) done();
            send();
            if (sent - delivered < 2 * flows * WINDOW) send();
          };
          for (let index = 0; index < WINDOW; index++) send();
        };
        for (let flow = 0; flow < flows; flow++) {
          void open(a, b, FIRST_PORT + flow);
          void open(b, a, FIRST_PORT + flow);
        }
      });
    },
    { maxEvents: Number.POSITIVE_INFINITY, limitUs: Number.POSITIVE_INFINITY },
  );
  return delivered;
}
