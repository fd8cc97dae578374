import { put16, put16le, put32, put32le, viewOf } from './access.ts';
import { utf8Encode } from './utf8.ts';

/** Writes a byte array from front to back, growing as it goes. Methods return the writer. */
export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  /** `capacity` is only the first guess. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16));
  }

  /** Bytes written so far, and so the offset of the next one. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for `size` bytes and returns where they begin. */
  #claim(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    this.#length = at + size;
    return at;
  }

  u8(value: number): this {
    const at = this.#claim(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#claim(2);
    put16(this.#bytes, at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#claim(4);
    put32(this.#bytes, at, value);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#claim(8);
    viewOf(this.#bytes).setBigUint64(at, value);
    return this;
  }

  u16le(value: number): this {
    const at = this.#claim(2);
    put16le(this.#bytes, at, value);
    return this;
  }

  u32le(value: number): this {
    const at = this.#claim(4);
    put32le(this.#bytes, at, value);
    return this;
  }

  u64le(value: bigint): this {
    const at = this.#claim(8);
    viewOf(this.#bytes).setBigUint64(at, value, true);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const at = this.#claim(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** UTF-8 without a terminator. */
  text(text: string): this {
    return this.bytes(utf8Encode(text));
  }

  zeros(length: number): this {
    const at = this.#claim(length);
    this.#bytes.fill(0, at, at + length);
    return this;
  }

  /** Zeros up to the next offset divisible by `size`. */
  align(size: number): this {
    return this.zeros((size - (this.#length % size)) % size);
  }

  /** Overwrites 16 bits written before, such as a length known only now. */
  patch16(offset: number, value: number): this {
    put16(this.#bytes, offset, value);
    return this;
  }

  /** Overwrites 32 bits written before. */
  patch32(offset: number, value: number): this {
    put32(this.#bytes, offset, value);
    return this;
  }

  /** As {@link Writer.patch16}, little-endian. */
  patch16le(offset: number, value: number): this {
    put16le(this.#bytes, offset, value);
    return this;
  }

  /** As {@link Writer.patch32}, little-endian. */
  patch32le(offset: number, value: number): this {
    put32le(this.#bytes, offset, value);
    return this;
  }

  /** A copy of what was written; the writer may go on. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Forgets what was written and keeps the room. */
  reset(): this {
    this.#length = 0;
    return this;
  }
}

/** The arrays one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
