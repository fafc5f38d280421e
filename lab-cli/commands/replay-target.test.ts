import { expect, it } from 'vitest';
import { InputError } from '../scenario/problem.ts';
import { parseReplayTarget } from './replay-target.ts';

it.each([
  ['out/x#a,b,lan/7', { directory: 'out/x', cell: 'a,b,lan', trial: 7, plugin: undefined }],
  [
    'out/x#a+c,b,20ms-loss-1%/0/udp-punch',
    { directory: 'out/x', cell: 'a+c,b,20ms-loss-1%', trial: 0, plugin: 'udp-punch' },
  ],
  ['/run #1/x#a,b,lan/7', { directory: '/run #1/x', cell: 'a,b,lan', trial: 7, plugin: undefined }],
])('%s', (text, target) => {
  expect(parseReplayTarget(text)).toEqual(target);
});

it.each(['out/x', 'out/x#a,b,lan', '#a,b,lan/1', 'out/x#a,b,lan/-1', 'out/x#a,b,lan/1/', 'out/x#a,b,lan/x'])(
  '%s names no trial',
  (text) => {
    expect(() => parseReplayTarget(text)).toThrow(InputError);
  },
);
