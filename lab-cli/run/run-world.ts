import type { WorldName } from '../../reports/schema.ts';
import type { PoolWorker } from '../pool/worker-pool.ts';
import type { Shard, Workload } from '../pool/workload.ts';

/** What runs the trials of a matrix. */
export interface RunWorld {
  readonly name: WorldName;
  /** Of all that can change a result here, besides our own code. */
  readonly versions: Readonly<Record<string, string>>;
  /** Real time that a trial may take. @default that of the pool */
  readonly patienceMs?: number;
  startWorker(work: Workload, shard: Shard, halt: SharedArrayBuffer): PoolWorker;
}
