// Many datagrams for one system call: the arrays of recvmmsg(2), laid out once.

import type { Libc } from './libc.ts';

/** sizeof(struct mmsghdr) and sizeof(struct iovec) where pointers have eight bytes. */
const MMSGHDR = 64;
const IOVEC = 16;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;
const MSG_FLAGS = 48;
const MSG_LEN = 56;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

export class ReceiveBatch {
  readonly size: number;
  /** All datagrams; `offset` says where each begins. A new one after `renew`. */
  bytes: Uint8Array;
  readonly #libc: Libc;
  readonly #slot: number;
  readonly #headers: Uint8Array;
  readonly #fields: Uint32Array;
  readonly #vectors: Uint8Array;

  /** `longest` is what a datagram may have; a longer one is cut and says so. */
  constructor(libc: Libc, size: number, longest: number) {
    this.#libc = libc;
    this.size = size;
    // Slots a whole number of pages apart would share the same few lines of the cache.
    this.#slot = ((longest + 4095) & ~4095) + 192;
    this.#headers = new Uint8Array(MMSGHDR * size);
    this.#fields = new Uint32Array(this.#headers.buffer);
    this.#vectors = new Uint8Array(IOVEC * size);
    this.bytes = new Uint8Array(0);
    const header = new DataView(this.#headers.buffer);
    for (let i = 0; i < size; i++) {
      const vector = libc.addressOf(this.#vectors) + BigInt(i * IOVEC);
      header.setBigUint64(i * MMSGHDR + MSG_IOV, vector, true);
      header.setBigUint64(i * MMSGHDR + MSG_IOVLEN, 1n, true);
    }
    this.renew();
  }

  /** Leaves the bytes to whoever looks at them, and goes on with others. */
  renew(): void {
    this.bytes = new Uint8Array(this.#slot * this.size);
    const base = this.#libc.addressOf(this.bytes);
    const vector = new DataView(this.#vectors.buffer);
    for (let i = 0; i < this.size; i++) {
      vector.setBigUint64(i * IOVEC, base + BigInt(i * this.#slot), true);
      vector.setBigUint64(i * IOVEC + 8, BigInt(this.#slot), true);
    }
  }

  offset(index: number): number {
    return index * this.#slot;
  }

  length(index: number): number {
    return this.#fields[(index * MMSGHDR + MSG_LEN) >> 2]!;
  }

  /** The datagram was longer than its place. */
  isCut(index: number): boolean {
    return (this.#fields[(index * MMSGHDR + MSG_FLAGS) >> 2]! & MSG_TRUNC) !== 0;
  }

  /** How many datagrams came; -1 as recvmmsg gives it. Waits for none. */
  receive(fd: number, most: number): number {
    const count = Math.min(most, this.size);
    return this.#libc.recvmmsg(fd, this.#headers, count, MSG_DONTWAIT, null);
  }
}
