import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { CommandLine } from '../../kernel-lab/index.ts';
import { type Assignment, HaltFlag, type Report } from '../pool/protocol.ts';
import type { Workload } from '../pool/workload.ts';
import { type FinishedTrial, finishedTrial } from '../run/finished-trial.ts';
import { crashedResult } from '../run/result-line.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';
import { kernelResult, kernelTask, unsupportedResult } from './kernel-task.ts';
import type { FromDirector, KernelTask } from './messages.ts';
import { SandboxLost } from './sandbox-lost.ts';

const STDERR_KEPT = 2000;

/** A sandbox as the pool sees it: it takes assignments and reports trials, like a thread of the simulator. */
export class KernelWorker extends EventEmitter {
  readonly #work: Workload;
  readonly #halt: HaltFlag;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #waiting: ((message: FromDirector) => void) | undefined;
  #stderr = '';
  #ready = false;

  /** @param sandbox starts the director */
  constructor(sandbox: CommandLine, work: Workload, halt: SharedArrayBuffer) {
    super();
    this.#work = work;
    this.#halt = new HaltFlag(halt);
    // Of a session of its own, so that ctrl-C on the terminal reaches us alone, who let the trial end.
    this.#child = spawn(sandbox.file, sandbox.args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      detached: true,
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#child.on('message', (message: FromDirector) => this.#hear(message));
    this.#child.on('error', (error) => this.emit('error', error));
    this.#gone = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve();
        this.emit('error', this.#loss(signal ?? `exit code ${code}`));
        this.emit('exit', code ?? 1);
      });
    });
  }

  postMessage({ first, end }: Assignment): void {
    void this.#run(first, end);
  }

  /** Ends everything in the sandbox at once. */
  async terminate(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  #loss(end: string): Error {
    const said = this.#stderr.trim();
    if (this.#ready) return new Error(`the sandbox ended with ${end}${said && `: ${said}`}`);
    const last = said.split('\n').at(-1);
    const what = `a sandbox ended with ${end} while it started${last && ` (${last})`}`;
    return new SandboxLost(`${what}: run it again, with a smaller --workers if memory is short`);
  }

  async #run(first: number, end: number): Promise<void> {
    for (let index = first; index < end; index++) {
      if (this.#halt.raised) {
        this.#report({ kind: 'halted' });
        return;
      }
      const value = await this.#trial(this.#work.at(index));
      this.#report({ kind: 'done', index, value });
    }
  }

  async #trial(spec: TrialSpec): Promise<FinishedTrial> {
    const task = kernelTask(spec);
    if ('reason' in task) return finishedTrial(unsupportedResult(spec, task.reason));
    const message = await this.#ask(task);
    if (message.kind === 'done') return finishedTrial(kernelResult(spec, message.outcome));
    return finishedTrial(crashedResult(spec, message.kind === 'failed' ? message.error : 'no result'));
  }

  #ask(task: KernelTask): Promise<FromDirector> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#child.send(task);
    });
  }

  #hear(message: FromDirector): void {
    if (message.kind === 'ready') {
      this.#ready = true;
      this.#report({ kind: 'ready' });
    } else this.#waiting?.(message);
  }

  #report(report: Report<FinishedTrial>): void {
    this.emit('message', report);
  }
}
