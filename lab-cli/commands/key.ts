import { createRealHost } from '../../core/real/index.ts';
import type { Console } from '../console.ts';
import { keptIdentity, keyFile } from '../peer/key-store.ts';

/** `lab key`: prints the public key of a name, as the plan of a field test wants it. @returns the exit code */
export function key(name: string, { key: file }: { readonly key?: string }, { out }: Console): number {
  const { publicKey } = keptIdentity(file ?? keyFile(name), createRealHost());
  out.write(`${name}: ${Buffer.from(publicKey).toString('base64url')}\n`);
  return 0;
}
