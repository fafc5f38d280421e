import { describe } from 'vitest';
import type { MakeLab } from './lab.suite.ts';
import { tcpPortCases } from './tcp-port.suite.ts';
import { tcpResetCases } from './tcp-reset.suite.ts';
import { tcpStreamCases } from './tcp-stream.suite.ts';

/** What every Tcp must do. */
export function tcpSuite(world: string, makeLab: MakeLab): void {
  describe(`tcp, ${world}`, () => {
    describe('ports', () => tcpPortCases(makeLab));
    describe('streams', () => tcpStreamCases(makeLab));
    describe('resets', () => tcpResetCases(makeLab));
  });
}
