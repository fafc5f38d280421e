/** MQTT 3.1.1 section 2.2.3: a length takes four bytes at most, of seven bits each. */
const MAX_LENGTH_BYTES = 4;

/**
 * Reads along an MQTT byte stream and tells when a packet says that it is too long. MQTT.js and aedes would both
 * collect up to 256 MiB before they look at it.
 */
export class MqttGuard {
  readonly #maxPacketLength: number;
  /** Bytes of the current packet's content that are still to come. */
  #left = 0;
  /** Where in the fixed header the stream is: 0 before a packet, then one more for each byte read. */
  #header = 0;

  /** @param maxPacketLength of what follows the fixed header, in bytes */
  constructor(maxPacketLength: number) {
    this.#maxPacketLength = maxPacketLength;
  }

  /** False: the stream must be closed. */
  accept(bytes: Uint8Array): boolean {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#header === 0) {
        const skipped = Math.min(this.#left, bytes.length - offset);
        this.#left -= skipped;
        offset += skipped;
        if (this.#left > 0 || offset === bytes.length) return true;
        this.#header = 1;
        offset++;
        continue;
      }
      const byte = bytes[offset++]!;
      this.#left += (byte & 0x7f) << (7 * (this.#header - 1));
      if (this.#left > this.#maxPacketLength) return false;
      if (byte < 0x80) this.#header = 0;
      else if (++this.#header > MAX_LENGTH_BYTES) return false;
    }
    return true;
  }
}
