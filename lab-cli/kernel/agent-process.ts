import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentCalls, AgentReply, AgentRequest } from './messages.ts';

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** An agent as the director sees it: a process in a network namespace that answers calls. */
export class AgentProcess {
  readonly #namespace: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #error: Error | undefined;

  /** @param pluginFiles with plugins of people's own */
  constructor(namespace: string, pluginFiles: readonly string[]) {
    this.#namespace = namespace;
    const file = fileURLToPath(new URL('./agent.js', import.meta.url));
    this.#child = spawn('nsenter', [`--net=/run/netns/${namespace}`, process.execPath, file, ...pluginFiles], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (reply: AgentReply) => this.#hear(reply));
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('exit', (code, signal) => this.#end(new Error(`ended with ${signal ?? `exit code ${code}`}`)));
  }

  /** Undefined: it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#error === undefined;
  }

  /** @throws Error that the agent met, or that ended it */
  call<Call extends keyof AgentCalls>(call: Call, ask: AgentCalls[Call]['ask']): Promise<AgentCalls[Call]['answer']> {
    if (this.#error) return Promise.reject(this.#error);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#child.send({ id, call, ask } satisfies AgentRequest);
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(reply: AgentReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.answer);
  }

  #end(cause: Error): void {
    this.#error ??= new Error(`the agent in ${this.#namespace}: ${cause.message}`);
    for (const { reject } of this.#waiting.values()) reject(this.#error);
    this.#waiting.clear();
  }
}
