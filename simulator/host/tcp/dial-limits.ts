import type { TcpDialOptions } from '../../../core/ports/index.ts';
import type { Scheduler } from '../../world/scheduler.ts';

/**
 * Watches over a dial that is under way: its `timeoutMs` and its `signal`.
 *
 * @returns ends the watch
 */
export function watchDial(
  scheduler: Scheduler,
  options: TcpDialOptions,
  giveUp: (code: 'ETIMEDOUT' | 'ECANCELED') => void,
): () => void {
  const { timeoutMs, signal } = options;
  const timer =
    timeoutMs === undefined
      ? undefined
      : scheduler.timer(Math.max(0, Math.round(timeoutMs * 1000)), () => giveUp('ETIMEDOUT'));
  const onAbort = () => giveUp('ECANCELED');
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => {
    timer?.cancel();
    signal?.removeEventListener('abort', onAbort);
  };
}
