import { InputError } from '../scenario/problem.ts';

/** What `DIR#CELL/TRIAL` or `DIR#CELL/TRIAL/PLUGIN` names. */
export interface ReplayTarget {
  readonly directory: string;
  readonly cell: string;
  readonly trial: number;
  readonly plugin: string | undefined;
}

/** @throws InputError if the text has another form */
export function parseReplayTarget(text: string): ReplayTarget {
  // Neither a cell nor a plugin has a hash or slash in its name, but a directory may.
  const match = /^(.+)#([^#/]+)\/(\d{1,9})(?:\/([^#/]+))?$/.exec(text);
  if (!match) throw new InputError(`"${text}" names no trial, expected DIR#CELL/TRIAL or DIR#CELL/TRIAL/PLUGIN`);
  return { directory: match[1]!, cell: match[2]!, trial: Number(match[3]), plugin: match[4] };
}
