// Many frames for one system call: the arrays of sendmmsg(2), laid out once.

import type { Libc } from './libc.ts';

/** sizeof(struct mmsghdr) and sizeof(struct iovec) where pointers have eight bytes. */
const MMSGHDR = 64;
const IOVEC = 16;
const MSG_IOV = 16;
const MSG_IOVLEN = 24;

/** Frames that are sent together, again and again. Keeps its memory where it is. */
export class FrameBatch {
  readonly length: number;
  /** struct mmsghdr[], to be handed to sendmmsg. */
  readonly headers: Uint8Array;
  readonly #kept: readonly Uint8Array[];

  constructor(libc: Libc, frames: readonly Uint8Array[]) {
    this.length = frames.length;
    this.headers = new Uint8Array(MMSGHDR * frames.length);
    const vectors = new Uint8Array(IOVEC * frames.length);
    this.#kept = [vectors, ...frames];
    const [header, vector] = [new DataView(this.headers.buffer), new DataView(vectors.buffer)];
    for (const [i, frame] of frames.entries()) {
      vector.setBigUint64(i * IOVEC, libc.addressOf(frame), true);
      vector.setBigUint64(i * IOVEC + 8, BigInt(frame.length), true);
      header.setBigUint64(i * MMSGHDR + MSG_IOV, libc.addressOf(vectors) + BigInt(i * IOVEC), true);
      header.setBigUint64(i * MMSGHDR + MSG_IOVLEN, 1n, true);
    }
  }

  /** Bytes held for the kernel to read. */
  get size(): number {
    return this.#kept.reduce((sum, part) => sum + part.length, 0);
  }
}
