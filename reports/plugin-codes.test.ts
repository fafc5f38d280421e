import { expect, it } from 'vitest';
import { pluginCodes } from './plugin-codes.ts';

it('gives every plugin a code of its own', () => {
  const plugins = ['direct-connect', 'udp-punch', 'tcp-punch', 'turn-relay', 'mine', 'm-i', 'mi', '---', 'a-b-c-d'];
  expect(Object.fromEntries(pluginCodes(plugins))).toEqual({
    'direct-connect': 'DC',
    'udp-punch': 'UP',
    'tcp-punch': 'TP',
    'turn-relay': 'TR',
    mine: 'MI',
    'm-i': 'MI2',
    mi: 'MI3',
    '---': 'X',
    'a-b-c-d': 'AB',
  });
});
