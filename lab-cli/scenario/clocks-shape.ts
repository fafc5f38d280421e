import type { z } from 'zod';
import { durationMs, strictMap } from './shapes.ts';
import type { ClockErrors } from './types.ts';

/** The section `clocks`. */
export function clocksShape() {
  const clock = () => {
    const off = () => durationMs('1ms', '24h').optional();
    return strictMap({ ahead: off().describe('It is later there'), behind: off().describe('It is earlier there') })
      .refine(({ ahead, behind }) => (ahead === undefined) !== (behind === undefined), {
        error: 'either ahead or behind, with a duration',
      })
      .optional();
  };
  return strictMap({
    a: clock().describe('Of the peer that dials'),
    b: clock().describe('Of the peer that is dialled'),
  });
}

export function readClocks(written: z.output<ReturnType<typeof clocksShape>>): ClockErrors {
  const offMs = ({ ahead, behind }: { ahead?: number | undefined; behind?: number | undefined } = {}) => {
    return (ahead ?? 0) - (behind ?? 0);
  };
  return { aMs: offMs(written.a), bMs: offMs(written.b) };
}
