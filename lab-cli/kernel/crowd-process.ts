import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Host, UdpSocket } from '../../core/ports/index.ts';
import { type Crowd, WEB_ADDRESS } from '../../kernel-lab/index.ts';
import { answerFlows } from '../trial/subscriber-flows.ts';

/** The subscribers of one trial, as the director sees them, and the server that answers them. */
export class CrowdProcess {
  readonly #child: ChildProcess;
  readonly #server: UdpSocket;

  private constructor(child: ChildProcess, server: UdpSocket) {
    this.#child = child;
    this.#server = server;
  }

  /** @returns once all of them are there */
  static async start(host: Host, { namespace, addresses }: Crowd): Promise<CrowdProcess> {
    const server = await answerFlows(host, WEB_ADDRESS);
    const file = fileURLToPath(new URL('./crowd.js', import.meta.url));
    const args = [`--net=/run/netns/${namespace}`, process.execPath, file, WEB_ADDRESS, ...addresses];
    const child = spawn('nsenter', args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const crowd = new CrowdProcess(child, server);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the ${addresses.length} subscribers ended before the trial began`);
    });
    try {
      await Promise.race([once(child, 'message'), ended]);
    } catch (error) {
      server.close();
      throw error;
    }
    ended.catch(() => {}); // From now on it ends when it is told to.
    return crowd;
  }

  /** @throws Error if they were not there to the end */
  async close(): Promise<void> {
    this.#server.close();
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the subscribers ended with ${signalCode ?? `exit code ${exitCode}`} in the middle of the trial`);
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
