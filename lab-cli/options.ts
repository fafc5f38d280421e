import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { Family } from '../core/net/endpoint.ts';
import { canonicalAddress, isAddress } from '../core/net/ip.ts';
import type { Mode, WorldName } from '../reports/schema.ts';
import { type HostPort, parseHostPort } from './network/host-port.ts';
import { parseServerLink, type ServerLink, ServerLinkError } from './network/server-link.ts';
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

/** In real time a trial mostly waits, so that a processor has time for several. A plugin alone that fails waits longest. */
const SANDBOXES_PER_PROCESSOR: Record<Mode, number> = { race: 3, each: 8 };

export function defaultWorkers(world: WorldName, mode: Mode): number {
  return availableParallelism() * (world === 'kernel' ? SANDBOXES_PER_PROCESSOR[mode] : 1);
}

export function family(text: string): Family {
  if (text === '4' || text === '6') return text === '4' ? 4 : 6;
  throw new InvalidArgumentError('Expected 4 or 6.');
}

export function address(text: string): string {
  if (isAddress(text)) return canonicalAddress(text);
  throw new InvalidArgumentError('Expected an IP address of this machine.');
}

/** Collects the values of an option that is given several times. */
export function hostPort(defaultPort: number): (text: string, before?: readonly HostPort[]) => HostPort[] {
  return (text, before = []) => {
    const parsed = parseHostPort(text, defaultPort);
    if (parsed) return [...before, parsed];
    throw new InvalidArgumentError('Expected HOST or HOST:PORT, with an IPv6 address in brackets if a port follows.');
  };
}

/** Joined by commas; the option may be repeated. */
export function names(text: string, before: readonly string[] = []): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.some((name) => name === '')) throw new InvalidArgumentError('Expected names joined by commas.');
  return [...new Set([...before, ...found])];
}

/** For an option that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

export function addresses(text: string, before: readonly string[] = []): string[] {
  const one = address(text);
  if (before.includes(one)) throw new InvalidArgumentError(`${one} is there twice.`);
  return [...before, one];
}

/** One link or several, separated by blanks: that is how an environment variable holds them. */
export function serverLinks(text: string, before: readonly ServerLink[] = []): ServerLink[] {
  try {
    return [...before, ...text.trim().split(/\s+/).map(parseServerLink)];
  } catch (error) {
    if (error instanceof ServerLinkError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** It names a file, too. */
export function keyName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Expected 1 to 64 of a-z, 0-9, dot, dash and underscore, a letter or digit at both ends.',
  );
}
