import { NamesError } from '../../core/names/names-error.ts';
import { AddressError } from '../../core/node/index.ts';
import { InputError } from '../scenario/problem.ts';

/** What a person can put right, as such: an address or nickname that is none, unknown or taken. Else undefined. */
export function inputError(error: unknown): InputError | undefined {
  if (error instanceof InputError) return error;
  if (error instanceof AddressError) return new InputError(`this is no address: ${error.message}`);
  // What is no name, and an unknown plugin, is a RangeError.
  return error instanceof NamesError || error instanceof RangeError ? new InputError(error.message) : undefined;
}
