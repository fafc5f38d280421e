import { describe, expect, it } from 'vitest';
import { ByteReader } from '../wire/bytes.ts';
import { decodeOffer, encodeOffer, type PunchOffer } from './punch-offer.ts';

const mapped = [{ address: '203.0.113.1', port: 40_000 }];
const series = { kind: 'series', address: '203.0.113.1', series: { last: 40_000, step: -3 }, width: 12 } as const;

const offers: PunchOffer[] = [
  { round: 1, port: 50_000, mapped, forecast: { kind: 'steady', endpoint: mapped[0]! } },
  { round: 4, port: 50_000, mapped, forecast: series },
  { round: 2, port: 0, mapped: [], forecast: { kind: 'unpredictable' } },
];

describe('a punch offer', () => {
  it.each(offers)('comes through: $forecast.kind', (offer) => {
    expect(decodeOffer(new ByteReader(encodeOffer(offer)))).toEqual(offer);
  });

  it.each([
    ['a round that there is not', { ...offers[0]!, round: 5 }],
    ['round 0', { ...offers[0]!, round: 0 }],
    ['a series that stands still', { ...offers[1]!, forecast: { ...series, series: { last: 1, step: 0 } } }],
    ['a window of no width', { ...offers[1]!, forecast: { ...series, width: 0 } }],
    ['a window that is too wide', { ...offers[1]!, forecast: { ...series, width: 25 } }],
    ['more endpoints than anybody has', { ...offers[0]!, mapped: Array.from({ length: 5 }, () => mapped[0]!) }],
  ])('is refused with %s', (_, offer) => {
    expect(() => decodeOffer(new ByteReader(encodeOffer(offer)))).toThrow();
  });

  it('is refused wherever it is cut', () => {
    for (const offer of offers) {
      const bytes = encodeOffer(offer);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeOffer(new ByteReader(bytes.subarray(0, length)))).toThrow();
      }
    }
  });
});
