import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HOSTS, sandboxCommand } from '../kernel-lab/index.ts';

const MAIN = fileURLToPath(new URL('./stage-main.mjs', import.meta.url));
/** The command that people install as `lab`. */
export const LAB = `"${process.execPath}" "${fileURLToPath(new URL('../dist/lab-cli/main.js', import.meta.url))}"`;

/** Where a command runs: on a host behind a NAT, or where the servers are. */
export type Place = 'a' | 'b' | 'core';

interface Message {
  readonly ready?: true;
  readonly id?: number;
  readonly stream?: 'stdout' | 'stderr';
  readonly text?: string;
  readonly code?: number | null;
}

/** Networks of this machine's kernel in which tests run whole commands: nothing is left of them after {@link close}. */
export class Stage {
  readonly #sandbox: ChildProcess;
  readonly #running = new Map<number, Actor>();
  #next = 0;

  private constructor(sandbox: ChildProcess) {
    this.#sandbox = sandbox;
  }

  /** Two hosts, each behind a NAT of this name, 40 ms apart there and back from the core, and nothing gets lost. */
  static async open(a: string, b: string): Promise<Stage> {
    const { file, args } = await sandboxCommand(process.execPath, [MAIN, a, b]);
    const sandbox = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const stage = new Stage(sandbox);
    let err = '';
    sandbox.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await new Promise<void>((resolve, reject) => {
      sandbox.once('close', (code) => reject(new Error(`the sandbox ended with ${code}: ${err}`)));
      createInterface({ input: sandbox.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as Message;
        if (message.ready) resolve();
        else stage.#hear(message);
      });
    });
    return stage;
  }

  /** Starts a shell command. */
  start(place: Place, line: string, cwd: string, env: Readonly<Record<string, string>> = {}): Actor {
    const id = this.#next++;
    const where = place === 'core' ? 'core' : HOSTS[place];
    const actor = new Actor((signal) => this.#tell({ id, signal }));
    this.#running.set(id, actor);
    this.#tell({ id, where, line: `exec ${line}`, cwd, env: { HOME: cwd, ...env } });
    return actor;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#sandbox.once('close', resolve));
    this.#sandbox.stdin!.end();
    await closed;
  }

  #tell(message: unknown): void {
    this.#sandbox.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  #hear({ id, stream, text, code }: Message): void {
    const actor = this.#running.get(id!);
    if (stream && text !== undefined) actor?.hear(stream, text);
    else actor?.end(code ?? null);
  }
}

/** A command on a stage. */
export class Actor {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  readonly #signal: (name: NodeJS.Signals) => void;
  readonly #waiting = new Set<() => void>();
  #end!: (code: number | null) => void;
  #code: number | null | undefined;

  constructor(signal: (name: NodeJS.Signals) => void) {
    this.#signal = signal;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Ends it as a machine that goes down would. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#signal(name);
  }

  /** Resolves with the first match in what it has written, or writes. @throws Error if it ends without one */
  said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const [found] = pattern.exec(this[stream]) ?? [];
        if (found !== undefined) resolve(found);
        else if (this.#code !== undefined) {
          reject(new Error(`it ended with ${this.#code} and never said ${pattern}:\n${this.stderr}`));
        } else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  hear(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    for (const look of [...this.#waiting]) look();
  }

  end(code: number | null): void {
    this.#code = code;
    this.#end(code);
    for (const look of [...this.#waiting]) look();
  }
}
