import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Identity } from '../../identity/identity.ts';
import { addressFromBytes } from '../../net/ip.ts';
import { createAddress, formatAddress, looksLikeAddress, MAX_ADDRESS_LENGTH, parseAddress } from './address.ts';
import {
  type AddressContent,
  type AddressInterface,
  ALLOCATION_TRAITS,
  FILTERING_TRAITS,
  MAPPING_TRAITS,
  UNKNOWN_NAT,
} from './address-content.ts';
import { AddressError } from './address-error.ts';
import { example, identity, refusal, signer } from './address-helpers.suite.ts';
import { decodeContent, encodeContent } from './content-codec.ts';

const seed = 4787;

const v4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((bytes) => bytes.join('.'));
const v6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes[0] !== 0xff && bytes[0] !== 0)
  .map(addressFromBytes);
const port = fc.integer({ min: 1, max: 65_535 });
const nat = fc
  .record({
    mapping: fc.constantFrom(...MAPPING_TRAITS),
    filtering: fc.constantFrom(...FILTERING_TRAITS),
    allocation: fc.constantFrom(...ALLOCATION_TRAITS),
    step: fc.oneof(fc.integer({ min: -32_768, max: -1 }), fc.integer({ min: 1, max: 32_767 })),
  })
  .map((traits) => (traits.allocation === 'sequential' ? traits : { ...traits, step: 0 }));
const transport = (external: boolean) =>
  fc.oneof(
    fc.record({ nat }),
    fc.record({ nat, port }),
    external ? fc.record({ nat, port, externalPort: port }) : fc.record({ nat, port }),
  );
const entry: fc.Arbitrary<AddressInterface> = fc.tuple(fc.constantFrom(v4, v6), fc.boolean()).chain(([ip, external]) =>
  fc.record({
    index: fc.nat(255),
    address: ip,
    prefixLength: fc.nat(32),
    ...(external && { external: ip }),
    udp: transport(external),
    tcp: transport(external),
  }),
);
const content: fc.Arbitrary<Omit<AddressContent, 'publicKey'>> = fc
  .record({
    issuedAtMs: fc.nat(2 ** 48 - 1),
    lifetimeS: fc.option(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { nil: undefined }),
    interfaces: fc.uniqueArray(entry, { maxLength: 16, selector: ({ index, address }) => `${index} ${address}` }),
    brokers: fc.uniqueArray(fc.record({ address: fc.oneof(v4, v6), port }), {
      maxLength: 3,
      selector: ({ address, port }) => `${address} ${port}`,
    }),
  })
  .map(({ lifetimeS, ...fields }) => ({
    ...fields,
    ...(lifetimeS !== undefined && { expiresAtMs: fields.issuedAtMs + lifetimeS * 1000 }),
  }));

describe('an address', () => {
  it('reads back as it was written, from bytes and from text', () => {
    fc.assert(
      fc.property(content, (fields) => {
        const made = createAddress(fields, identity);
        const { bytes, ...read } = parseAddress(made.bytes, signer);
        expect(read).toEqual({ ...fields, publicKey: identity.publicKey });
        expect(bytes).toEqual(Uint8Array.from(made.bytes));
        expect(parseAddress(` ${formatAddress(made)}\n`, signer)).toEqual(parseAddress(made.bytes, signer));
      }),
      { numRuns: 100, seed },
    );
  });

  it('is compact', () => {
    expect(createAddress(example, identity).bytes.length).toBe(192);
    const longest = { nat: { ...UNKNOWN_NAT, allocation: 'sequential', step: 1 } as const, port: 1, externalPort: 1 };
    const interfaces = Array.from({ length: 16 }, (_, index) => ({
      index,
      address: '2001:db8::1',
      prefixLength: 64,
      external: '2001:db8::2',
      udp: longest,
      tcp: longest,
    }));
    const brokers = [1, 2, 3].map((port) => ({ address: '2001:db8::1', port }));
    const { bytes } = createAddress({ issuedAtMs: 0, interfaces, brokers }, identity);
    expect(bytes.length).toBeLessThanOrEqual(MAX_ADDRESS_LENGTH);
  });

  it('keeps its bytes from one version to the next', () => {
    const body = encodeContent({ ...example, publicKey: identity.publicKey });
    const fields = Buffer.from(body).toString('hex').replace(Buffer.from(identity.publicKey).toString('hex'), 'KEY');
    expect(fields).toBe(
      '01KEY01ba60d3387b' +
        '02' +
        '1e0018c0a80114cb007109' + // flags, index, prefix length, address, external address
        '4afffe9c400400' + // udp: traits, step, port, external port
        '209c41' + // tcp: traits, port
        '07004020010db800000000000000000000000520010db8000000000000000000000005' +
        '149c4000' +
        '02' +
        '04c6336401075b' +
        '0620010db8000000000000000000000001075b',
    );
  });

  it('tells whether a text claims to be one', () => {
    expect(looksLikeAddress(formatAddress(createAddress(example, identity)))).toBe(true);
    expect(looksLikeAddress('alice')).toBe(false);
  });
});

describe('a hostile address', () => {
  const { bytes } = createAddress(example, identity);
  const text = formatAddress({ bytes });

  it('is refused for any flipped bit', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bent = Uint8Array.from(bytes);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      refusal(() => parseAddress(bent, signer));
    }
  });

  it('is refused for any cut and any tail', () => {
    for (let length = 0; length < bytes.length; length++) {
      refusal(() => parseAddress(bytes.subarray(0, length), signer));
    }
    expect(refusal(() => parseAddress(Buffer.concat([bytes, Buffer.of(0)]), signer))).toBe('malformed');
    expect(refusal(() => parseAddress(new Uint8Array(5000), signer))).toBe('malformed');
  });

  it('is told from a typo', () => {
    for (let position = 6; position < text.length; position++) {
      const other = text[position] === 'A' ? 'B' : 'A';
      const typo = text.slice(0, position) + other + text.slice(position + 1);
      expect(refusal(() => parseAddress(typo, signer))).toBe('checksum');
    }
    const bent = Uint8Array.from(bytes);
    bent[bytes.length - 1]! ^= 1;
    expect(refusal(() => parseAddress(formatAddress({ bytes: bent }), signer))).toBe('signature');
  });

  it.each([
    ['an empty text', '', 'malformed'],
    ['another prefix', `lunch1${text.slice(6)}`, 'malformed'],
    ['a prefix alone', 'punch1', 'checksum'],
    ['padding', `${text}=`, 'checksum'],
    ['a space within', `${text.slice(0, 20)} ${text.slice(20)}`, 'checksum'],
    ['a text too long', `punch1${'A'.repeat(1400)}`, 'malformed'],
  ] as const)('is refused for %s', (_name, input, code) => {
    expect(refusal(() => parseAddress(input, signer))).toBe(code);
  });

  it("is refused under another node's key", () => {
    const other = Identity.fromSecretKey(signer, new Uint8Array(32).fill(8));
    const stolen = Buffer.from(bytes);
    stolen.set(other.publicKey, 1);
    expect(refusal(() => parseAddress(stolen, signer))).toBe('signature');
  });

  it('of another version is named so', () => {
    const later = Buffer.from(bytes);
    later[0] = 3;
    expect(refusal(() => parseAddress(later, signer))).toBe('version');
    expect(() => parseAddress(later, signer)).toThrow('version 3, made by a newer program');
    later[0] = 0;
    expect(() => parseAddress(later, signer)).toThrow('version 0, which no program writes');
  });

  it('of the first version holds for good, of the second for a while', () => {
    expect(bytes[0]).toBe(1);
    expect(parseAddress(bytes, signer).expiresAtMs).toBeUndefined();
    const expiresAtMs = example.issuedAtMs + 60_000;
    const second = createAddress({ ...example, expiresAtMs }, identity);
    expect(second.bytes[0]).toBe(2);
    expect(second.bytes.length).toBe(bytes.length + 4);
    expect(parseAddress(second.bytes, signer).expiresAtMs).toBe(expiresAtMs);
    const without = Buffer.from(encodeContent({ ...example, publicKey: identity.publicKey, expiresAtMs }));
    without.writeUInt32BE(0, 40);
    expect(refusal(() => decodeContent(without))).toBe('malformed');
  });

  it('throws nothing but an AddressError, whatever the bytes', () => {
    const mutated = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [position, value] of changes) copy[position] = value;
        return copy;
      });
    const body = fc.oneof(mutated, fc.uint8Array({ maxLength: 1100 }));
    fc.assert(
      fc.property(body, (input) => {
        if (!Buffer.from(input).equals(bytes)) refusal(() => parseAddress(input, signer));
      }),
      { numRuns: 1000, seed },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((tail) => `punch1${tail}`),
        ),
        (input) => {
          refusal(() => parseAddress(input, signer));
        },
      ),
      { numRuns: 500, seed },
    );
  });

  it('has one form only: what decodes is what encodes', () => {
    const start = encodeContent({ ...example, publicKey: identity.publicKey });
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 2 }), (changes) => {
        const copy = Uint8Array.from(start);
        for (const [position, value] of changes) copy[position] = value;
        let read: AddressContent;
        try {
          read = decodeContent(copy);
        } catch (error) {
          expect(error).toBeInstanceOf(AddressError);
          return;
        }
        taken++;
        expect(Uint8Array.from(encodeContent(read))).toEqual(copy);
      }),
      { numRuns: 2000, seed },
    );
    expect(taken).toBeGreaterThan(500);
  });
});
