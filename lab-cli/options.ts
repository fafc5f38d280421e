import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { Shard } from './pool/workload.ts';

// Readers of the command line's values. commander prints what they throw, with the option's name, and we exit with 2.

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export function shard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index && count && index <= count) return { index, count };
  throw new InvalidArgumentError('Expected I/N with I from 1 to N, such as 2/5.');
}

export function defaultWorkers(): number {
  return availableParallelism();
}
