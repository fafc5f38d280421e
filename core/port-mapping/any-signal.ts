/**
 * Fires with the first of the given ones. In place of `AbortSignal.any`, whose signals Node keeps alive, with all that
 * listens to them, until they fire: one that never does would hold a whole simulated world.
 */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const any = new AbortController();
  const stops: (() => void)[] = [];
  const settled = signals.find(({ aborted }) => aborted);
  if (settled) any.abort(settled.reason);
  for (const signal of settled ? [] : signals) {
    const fire = (): void => {
      any.abort(signal.reason);
      for (const each of stops) each();
    };
    signal.addEventListener('abort', fire, { once: true });
    stops.push(() => signal.removeEventListener('abort', fire));
  }
  return any.signal;
}
