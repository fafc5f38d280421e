/**
 * `timeout`: no broker took the message in time. `unacknowledged`: one did, but the receiver never said that it has it.
 * `overload`: too many messages wait already. `closed`: the channel is closed.
 */
export type SignalErrorCode = 'timeout' | 'unacknowledged' | 'overload' | 'closed';

/** Why a message was not sent. */
export class SignalError extends Error {
  override readonly name = 'SignalError';
  readonly code: SignalErrorCode;

  constructor(code: SignalErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
