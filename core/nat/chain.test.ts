import { describe, expect, it } from 'vitest';
import { type ChainView, judgeChain } from './chain.ts';

const HOME: ChainView = { own: ['192.168.1.2'], mapped: '203.0.113.1', translated: true, gateway: undefined };

describe('judgeChain', () => {
  it.each<[string, Partial<ChainView>, boolean | 'unknown', boolean | 'unknown']>([
    ['a home, from inside', {}, 'unknown', 'unknown'],
    ['no translation', { own: ['203.0.113.1'], translated: false }, false, false],
    ['a customer without a router', { own: ['100.64.0.2'] }, true, 'unknown'],
    ['a server inside the carrier’s network', { mapped: '100.127.255.254' }, true, 'unknown'],
    ['just beside the carriers’ space', { own: ['100.128.0.1'], mapped: '100.63.255.255' }, 'unknown', 'unknown'],
    ['a gateway with the address that the server sees', { gateway: '203.0.113.1' }, false, false],
    ['a gateway behind a carrier', { gateway: '100.64.0.2' }, true, true],
    ['a gateway behind another router', { gateway: '192.168.0.2' }, 'unknown', true],
    ['a gateway with several addresses, maybe', { gateway: '203.0.113.2' }, 'unknown', 'unknown'],
    ['a test network', { mapped: '10.0.0.1', gateway: '10.0.0.1' }, 'unknown', false],
    ['a silent server', { mapped: undefined, translated: false }, 'unknown', 'unknown'],
    ['IPv6', { own: ['fd00::2'], mapped: '2001:db8::1' }, 'unknown', 'unknown'],
  ])('%s', (_name, view, carrier, nested) => {
    const chain = judgeChain({ ...HOME, ...view });
    expect([chain.carrier.value, chain.nested.value]).toEqual([carrier, nested]);
  });
});
