import type { Identity } from '../identity/identity.ts';
import type { Plugin } from '../plugins/plugin.ts';
import type { Host } from '../ports/index.ts';
import { withContext } from '../wire/context.ts';
import { type Hello, NONCE_LENGTH } from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import type { Candidate } from './attempt-runner.ts';
import type { HandshakeKeys } from './handshake.ts';
import { initiate } from './initiate.ts';
import type { FrameGuard } from './link/frame-guard.ts';
import type { LinkPath } from './link/link-path.ts';
import type { Nomination } from './nomination.ts';
import { respond } from './respond.ts';
import type { SessionKeys } from './session-keys.ts';

export interface ProverOptions {
  readonly host: Host;
  readonly identity: Identity;
  readonly id: Uint8Array;
  readonly remoteKey: Uint8Array;
  readonly keys: SessionKeys;
}

/** What the initiator takes a path for. */
export interface Selection {
  readonly transport?: 'stream' | 'datagram';
  readonly nomination: Nomination;
  /** Of the pipe that is there already; undefined if there is none yet. */
  readonly guard: () => FrameGuard | undefined;
}

/** Runs the handshakes of one session. */
export class Prover {
  readonly #options: ProverOptions;
  readonly #keys: HandshakeKeys;

  constructor(options: ProverOptions) {
    const { host, identity } = options;
    this.#options = options;
    this.#keys = {
      sign: (context, message) => identity.sign(context, message),
      verify: (context, signature, message, key) => host.signer.verify(signature, withContext(context, message), key),
      ephemeral: () => ephemeral(host),
    };
  }

  /** Proves a path, and waits until it is taken. See {@link initiate}. */
  async initiate(plugin: Plugin, { transport, host: own, signal }: Candidate, wanted: Selection): Promise<LinkPath> {
    if (wanted.transport !== undefined && transport.reliable !== (wanted.transport === 'stream')) {
      transport.abort();
      throw new Error(`a ${wanted.transport} was asked for`);
    }
    const { host, id, identity, remoteKey, keys } = this.#options;
    const nonce = host.random.bytes(NONCE_LENGTH);
    const { name, path: kind } = plugin;
    const parties = { sessionId: id, initiatorKey: identity.publicKey, responderKey: remoteKey };
    const hello: Hello = { ...parties, nonce, plugin: name };
    const path = {};
    const nominate = async (guard: FrameGuard) => {
      const current = wanted.guard();
      if (current && current !== guard) throw new Error('the pipe has other keys');
      await wanted.nomination.request(path, kind);
    };
    try {
      const base = { transport, host: own, keys: this.#keys, signal, plugin: name, kind };
      return await initiate({ ...base, hello, guard: keys.guard, nominate });
    } catch (error) {
      wanted.nomination.release(path);
      throw error;
    }
  }

  /** See {@link respond}. */
  respond({ name, path: kind }: Plugin, { transport, host, signal }: Candidate): Promise<LinkPath> {
    const nonce = this.#options.host.random.bytes(NONCE_LENGTH);
    const admit = (hello: Hello) => this.#admit(hello, name);
    return respond({ transport, host, keys: this.#keys, signal, plugin: name, kind, nonce, admit });
  }

  #admit(hello: Hello, plugin: string): FrameGuard | undefined {
    const { id, remoteKey, identity, keys } = this.#options;
    const expected = Buffer.concat([id, remoteKey, identity.publicKey]);
    const named = Buffer.concat([hello.sessionId, hello.initiatorKey, hello.responderKey]);
    if (!expected.equals(named) || hello.plugin !== plugin) throw new WireError('a hello for another session');
    return keys.known;
  }
}

function ephemeral({ random, signer }: Host): ReturnType<HandshakeKeys['ephemeral']> {
  const pair = signer.keyPair(random.bytes(48));
  return {
    share: pair.publicKey,
    secret: (peerShare) => {
      try {
        return signer.sharedSecret(pair.secretKey, peerShare);
      } catch (error) {
        if (error instanceof RangeError) throw new WireError('the share is not a point of the curve');
        throw error;
      }
    },
  };
}
