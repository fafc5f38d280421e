import type { ConnectOptions, NodeOptions } from './node-options.ts';

/** @throws RangeError for options that make no sense */
export function checkNodeOptions({ keepAliveMs, addressLifetimeMs }: NodeOptions): void {
  if (keepAliveMs !== 'measured') checkDuration('keepAliveMs', keepAliveMs, '"measured", or ');
  checkDuration('addressLifetimeMs', addressLifetimeMs);
}

/** @throws RangeError for options that make no sense */
export function checkConnectOptions({ timeoutMs, family, transport, relay }: ConnectOptions): void {
  checkDuration('timeoutMs', timeoutMs);
  checkChoice('family', family, [4, 6]);
  checkChoice('transport', transport, ['stream', 'datagram']);
  checkChoice('relay', relay, ['hold', 'at-once']);
}

function checkDuration(name: string, value: number | undefined, orElse = ''): void {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return;
  throw new RangeError(`${name}: expected ${orElse}milliseconds above 0, got ${value}`);
}

function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new RangeError(`${name}: expected ${choices.join(' or ')}, got ${String(value)}`);
}
