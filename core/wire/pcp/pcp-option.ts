import type { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';

/** An option as it travels (RFC 6887 section 7.3); what it means is for who reads it. */
export interface PcpOption {
  /** Below 128: whoever does not know it must refuse the request. */
  readonly code: number;
  readonly data: Uint8Array;
}

/** RFC 6887 section 13. */
export const PCP_OPTION = { thirdParty: 1, preferFailure: 2, filter: 3 } as const;

/** More than there are. */
const MAX_OPTIONS = 8;

export function isMandatory({ code }: PcpOption): boolean {
  return code < 128;
}

export function encodeOptions(writer: ByteWriter, options: readonly PcpOption[]): ByteWriter {
  for (const { code, data } of options) {
    writer
      .u8(code)
      .u8(0)
      .u16(data.length)
      .bytes(data)
      .bytes(Buffer.alloc(paddingOf(data.length)));
  }
  return writer;
}

/** @throws WireError */
export function decodeOptions(reader: ByteReader): PcpOption[] {
  const options: PcpOption[] = [];
  while (reader.remaining > 0) {
    if (options.length === MAX_OPTIONS) throw new WireError(`more than ${MAX_OPTIONS} PCP options`);
    const code = reader.u8('PCP option code');
    reader.u8('PCP option reserved');
    const length = reader.u16('PCP option length');
    const data = reader.take(length, 'PCP option');
    reader.take(paddingOf(length), 'PCP option padding');
    options.push({ code, data });
  }
  return options;
}

/** Data is padded to a multiple of 4 bytes. */
function paddingOf(length: number): number {
  return (4 - (length % 4)) % 4;
}
