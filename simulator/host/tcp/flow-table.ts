import type { AddressId } from '../../packet.ts';
import type { Flow } from './segment.ts';

/** An endpoint as one exact integer. */
export function endpointKey(address: AddressId, port: number): number {
  return address * 65_536 + port;
}

/** Finds what stands for a flow by its four numbers, without a text key. */
export class FlowTable<Entry extends { readonly flow: Flow }> {
  readonly #byLocal = new Map<number, Map<number, Entry>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(local: AddressId, localPort: number, remote: AddressId, remotePort: number): Entry | undefined {
    return this.#byLocal.get(endpointKey(local, localPort))?.get(endpointKey(remote, remotePort));
  }

  /** Puts the entry in, in place of the one of the same flow. */
  set(entry: Entry): void {
    const { local, localPort, remote, remotePort } = entry.flow;
    const localKey = endpointKey(local, localPort);
    let remotes = this.#byLocal.get(localKey);
    if (!remotes) {
      remotes = new Map();
      this.#byLocal.set(localKey, remotes);
    }
    const before = remotes.size;
    remotes.set(endpointKey(remote, remotePort), entry);
    this.#size += remotes.size - before;
  }

  /** Takes the entry out, unless another has taken its flow. */
  delete(entry: Entry): void {
    const { local, localPort, remote, remotePort } = entry.flow;
    const localKey = endpointKey(local, localPort);
    const remoteKey = endpointKey(remote, remotePort);
    const remotes = this.#byLocal.get(localKey);
    if (remotes?.get(remoteKey) !== entry) return;
    remotes.delete(remoteKey);
    this.#size--;
    if (remotes.size === 0) this.#byLocal.delete(localKey);
  }

  /** Does any flow start at this local endpoint? */
  hasLocal(local: AddressId, localPort: number): boolean {
    return this.#byLocal.has(endpointKey(local, localPort));
  }

  /** Does any flow use this local port, whatever the address? */
  hasLocalPort(localPort: number): boolean {
    for (const key of this.#byLocal.keys()) if (key % 65_536 === localPort) return true;
    return false;
  }

  clear(): void {
    this.#byLocal.clear();
    this.#size = 0;
  }
}
