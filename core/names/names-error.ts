import type { NameStatus } from '../wire/names/messages.ts';

/**
 * What a name server said, if not `ok`; `unreachable`: too few servers answered in time; `disagreement`: they know
 * different owners; `forged`: what they know is not by the name's owner.
 */
export type NamesErrorCode = Exclude<NameStatus, 'ok'> | 'unreachable' | 'disagreement' | 'forged';

/** Why a name was not found, put or given up. The text names it. */
export class NamesError extends Error {
  override readonly name = 'NamesError';
  readonly code: NamesErrorCode;

  constructor(code: NamesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
