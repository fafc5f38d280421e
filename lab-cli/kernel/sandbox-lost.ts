/** A sandbox ended before it could run a trial. Told by its code, where loading this is too slow. */
export class SandboxLost extends Error {
  override readonly name = 'SandboxLost';
  readonly code = 'sandbox-lost';
}
