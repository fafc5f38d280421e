/** How one plugin's try ended, for the account of a session. */
export interface AttemptReport {
  readonly plugin: string;
  /** One at most has won: the one whose path carries the pipe in the end. */
  readonly outcome: 'won' | 'failed' | 'cancelled' | 'not-applicable';
  readonly reason: string;
  /** From the start of the session, in microseconds. */
  readonly atUs: number;
  /** Datagrams, dials and TCP writes of this end. */
  readonly packets: number;
  /** Which try this was, from 1: what fails early is tried again with fresh observations. */
  readonly tries: number;
}

/** Nothing connected. The text says why for each plugin. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly attempts: readonly AttemptReport[];

  constructor(message: string, attempts: readonly AttemptReport[]) {
    const reasons = attempts.map(({ plugin, outcome, reason }) => `  ${plugin}: ${outcome}: ${reason}`);
    super([message, ...reasons].join('\n'));
    this.attempts = attempts;
  }
}
