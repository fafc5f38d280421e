import type { Forecast } from '../nat/prediction/forecast.ts';
import { MAX_WINDOW } from '../nat/prediction/window.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { type ByteReader, ByteWriter } from '../wire/bytes.ts';
import { readEndpoint, readEndpoints, writeEndpoint, writeEndpoints } from '../wire/endpoints.ts';
import { WireError } from '../wire/wire-error.ts';

/** What one end tells the other of where to punch. */
export interface PunchOffer {
  /** Both ends take fresh observations for each round, from 1 on. */
  readonly round: number;
  /** Local port of the socket that is bound to all addresses of the end, for a peer in the same network. */
  readonly port: number;
  /** How servers saw that socket. */
  readonly mapped: readonly Endpoint[];
  readonly forecast: Forecast;
}

/** After as many the ends give up. */
export const MAX_ROUNDS = 4;
const MAX_MAPPED = 4;
const KINDS = ['unpredictable', 'steady', 'series'] as const;

export function encodeOffer({ round, port, mapped, forecast }: PunchOffer): Buffer {
  const writer = writeEndpoints(new ByteWriter().u8(round).u16(port), mapped).u8(KINDS.indexOf(forecast.kind));
  if (forecast.kind === 'steady') writeEndpoint(writer, forecast.endpoint);
  if (forecast.kind === 'series') {
    const { address, series, width } = forecast;
    writeEndpoint(writer, { address, port: series.last })
      .u16(series.step & 0xffff)
      .u8(width);
  }
  return writer.finish();
}

/** @throws WireError */
export function decodeOffer(reader: ByteReader): PunchOffer {
  const round = reader.u8('punch round');
  if (round === 0 || round > MAX_ROUNDS) throw new WireError(`punch round ${round}, there are ${MAX_ROUNDS}`);
  const port = reader.u16('punch port');
  const mapped = readEndpoints(reader, 'punch endpoints', MAX_MAPPED);
  const forecast = readForecast(reader);
  reader.end('punch offer');
  return { round, port, mapped, forecast };
}

function readForecast(reader: ByteReader): Forecast {
  const kind = KINDS[reader.u8('punch forecast')];
  switch (kind) {
    case undefined:
      throw new WireError('a punch forecast of no known kind');
    case 'unpredictable':
      return { kind };
    case 'steady':
      return { kind, endpoint: readEndpoint(reader, 'punch forecast') };
    case 'series': {
      const { address, port } = readEndpoint(reader, 'punch series');
      const step = (reader.u16('punch step') << 16) >> 16;
      const width = reader.u8('punch width');
      if (step === 0 || width === 0 || width > MAX_WINDOW) {
        throw new WireError(`a punch series of step ${step} and width ${width}`);
      }
      return { kind, address, series: { last: port, step }, width };
    }
  }
}
