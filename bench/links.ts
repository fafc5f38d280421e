import { DirectedLink } from '../simulator/link/directed-link.ts';
import type { LinkModel } from '../simulator/link/link-model.ts';
import { udpPacket } from '../simulator/packet.ts';
import { SeededRandom } from '../simulator/world/random.ts';
import { bestRate, type Row } from './row.ts';

const PACKETS = 1_000_000;
const ROUNDS = 5;
const GAP_US = 100;

const PLAIN: LinkModel = { latencyUs: 20_000 };
const ROUGH: LinkModel = { ...PLAIN, jitterUs: 3000, lossPpm: 10_000 };
const EVERYTHING: LinkModel = {
  ...ROUGH,
  exponentialJitterUs: 1000,
  holdBack: { sharePpm: 10_000, byUs: 10_000 },
  burstLoss: { toBadPpm: 1000, toGoodPpm: 200_000, goodLossPpm: 0, badLossPpm: 1_000_000 },
  timedLoss: { goodUs: 1_000_000, badUs: 10_000, goodLossPpm: 0, badLossPpm: 1_000_000 },
  exactLoss: { lost: 1, of: 100 },
  duplicatePpm: 1000,
  rate: { bitsPerSecond: 100_000_000, queueBytes: 100_000 },
};

/** What one direction of a link costs by itself, by how much goes on there. */
export async function linkRows(): Promise<Row[]> {
  const models: [string, LinkModel][] = [
    ['latency', PLAIN],
    ['latency, jitter and loss', ROUGH],
    ['everything that there is', EVERYTHING],
  ];
  const rows: Row[] = [];
  for (const [what, model] of models) {
    const value = await bestRate(ROUNDS, () => cross(model));
    rows.push({ name: `One way of a link, ${what}`, unit: 'packets/s', value });
  }
  return rows;
}

function cross(model: LinkModel): number {
  const link = DirectedLink.of(model, SeededRandom.fromText('bench'))!;
  const packet = udpPacket(1, 0, 1, 1, 2, 64, new Uint8Array(100));
  for (let index = 0; index < PACKETS; index++) {
    link.duplicates();
    link.transit(packet, index * GAP_US);
  }
  return PACKETS;
}
