import { expect, it } from 'vitest';
import { birthday } from './birthday.ts';

it.each([
  // danderson/nat-birthday-paradox, whose range is 1025 to 65535
  [256, 174, 64_511, 0.4998],
  [256, 256, 64_511, 0.6394],
  [256, 1024, 64_511, 0.9835],
  [256, 2048, 64_511, 0.9997],
  [64, 4096, 64_511, 0.985],
  [1, 2048, 64_511, 0.0317],
  // Linux: 32768 to 60999
  [256, 256, 28_232, 0.9039],
  [256, 1024, 512, 1],
  [0, 1024, 64_511, 0],
])('%i open ports, %i probes, %i ports in all: %f', (open, probes, range, chance) => {
  expect(birthday(open, probes, range)).toBeCloseTo(chance, 3.5);
});
