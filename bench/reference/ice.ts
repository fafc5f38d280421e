import { type Endpoint, formatEndpoint, sameEndpoint } from '../../core/net/endpoint.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../../core/plugins/plugin.ts';
import { ByteReader, ByteWriter } from '../../core/wire/bytes.ts';
import { readEndpoints, writeEndpoints } from '../../core/wire/endpoints.ts';
import { planToMeet } from './endpoints.ts';
import { type ProbeSocket, Probes } from './probe-socket.ts';

/** RFC 8445 section 14.2: the pace of checks. */
const PACE_MS = 50;
/** RFC 8445 section 14.3: the least time to a retransmission. */
const LEAST_RTO_MS = 500;
/** RFC 8489 section 6.2.1: requests in all (Rc), and what the last one waits for (Rm). */
const REQUESTS = 7;
const LAST_WAIT = 16;
const MAX_CANDIDATES = 4;

interface Pair {
  readonly to: Endpoint;
  state: 'waiting' | 'in-progress' | 'failed' | 'succeeded';
}

/**
 * ICE (RFC 8445) with one component, UDP, STUN and no relay, at its default pacing: host and server-reflexive
 * candidates, checks 50 ms apart in the order of priority, triggered checks, peer-reflexive candidates, and regular
 * nomination as soon as there is a valid pair. Candidates go together, not as a trickle.
 */
export class Ice implements Plugin<null> {
  readonly name = 'ice';
  readonly path = 'direct';

  plan(input: PlanInput): Plan<null> {
    return planToMeet(input);
  }

  async attempt(_plan: null, attempt: Attempt): Promise<ProvenTransport> {
    const probes = new Probes(attempt);
    const socket = await probes.open();
    const mapped = await socket.mapped();
    const hosts = attempt.local.interfaces.map(({ address }) => ({ address, port: socket.port }));
    const candidates = [...hosts.filter((host) => !sameEndpoint(host, mapped)), mapped].slice(-MAX_CANDIDATES);
    attempt.line.send(writeEndpoints(new ByteWriter(), candidates).finish());
    const agent = new IceAgent(attempt, probes, socket);
    const peers = readEndpoints(new ByteReader(await attempt.line.receive()), 'ICE candidates', MAX_CANDIDATES);
    agent.run(peers).catch((error: Error) => probes.fail(error));
    return probes.proven;
  }
}

class IceAgent {
  readonly #attempt: Attempt;
  readonly #probes: Probes;
  readonly #socket: ProbeSocket;
  readonly #pairs: Pair[] = [];
  readonly #triggered: Pair[] = [];
  #nominated = false;

  constructor(attempt: Attempt, probes: Probes, socket: ProbeSocket) {
    this.#attempt = attempt;
    this.#probes = probes;
    this.#socket = socket;
    probes.onProbe = (kind, from) => {
      if (kind === 'ping') this.#request(from);
      if (kind === 'pong') this.#response(from);
      if (kind === 'nominate') socket.send('nominated', from);
      if (kind === 'nominated') socket.prove(from);
    };
  }

  async run(peers: readonly Endpoint[]): Promise<void> {
    for (const to of peers) this.#pair(to); // Host candidates have the higher priority, and come first.
    while (!this.#probes.over) {
      const next = this.#triggered.shift() ?? this.#pairs.find(({ state }) => state === 'waiting');
      if (next) this.#check(next);
      else if (this.#pairs.every(({ state }) => state === 'failed')) throw new Error('every check has failed');
      await this.#attempt.sleep(PACE_MS);
    }
  }

  #pair(to: Endpoint): Pair {
    const known = this.#pairs.find((pair) => sameEndpoint(pair.to, to));
    if (known) return known;
    const pair: Pair = { to, state: 'waiting' };
    this.#pairs.push(pair);
    return pair;
  }

  #check(pair: Pair): void {
    if (pair.state === 'succeeded') return;
    const busy = this.#pairs.filter(({ state }) => state === 'waiting' || state === 'in-progress').length;
    pair.state = 'in-progress';
    this.#transmit(pair, Math.max(LEAST_RTO_MS, PACE_MS * busy), 1);
  }

  #transmit(pair: Pair, rtoMs: number, count: number): void {
    if (this.#probes.over || pair.state !== 'in-progress') return;
    this.#socket.send('ping', pair.to);
    const last = count === REQUESTS;
    this.#attempt.host.clock.after(last ? (rtoMs / 2 ** (REQUESTS - 1)) * LAST_WAIT : rtoMs, () => {
      if (last && pair.state === 'in-progress') pair.state = 'failed';
      else this.#transmit(pair, rtoMs * 2, count + 1);
    });
  }

  /** RFC 8445 section 7.3: answers, learns a peer-reflexive candidate, and checks the other way. */
  #request(from: Endpoint): void {
    this.#socket.send('pong', from);
    const pair = this.#pair(from);
    if (pair.state === 'succeeded' || this.#triggered.includes(pair)) return;
    pair.state = 'waiting';
    this.#triggered.push(pair);
  }

  /** RFC 8445 section 7.2.5.2.1: an answer from elsewhere than the check went to counts as a failure. */
  #response(from: Endpoint): void {
    const pair = this.#pairs.find(({ to }) => formatEndpoint(to) === formatEndpoint(from));
    if (pair?.state !== 'in-progress' && pair?.state !== 'waiting') return;
    pair.state = 'succeeded';
    if (this.#attempt.role === 'responder' || this.#nominated) return;
    this.#nominated = true;
    this.#nominate(pair.to, LEAST_RTO_MS, 1);
  }

  #nominate(to: Endpoint, rtoMs: number, count: number): void {
    if (this.#probes.over || count > REQUESTS) return;
    this.#socket.send('nominate', to);
    this.#attempt.host.clock.after(rtoMs, () => this.#nominate(to, rtoMs * 2, count + 1));
  }
}
