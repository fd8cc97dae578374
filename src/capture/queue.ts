import { viewOf } from '../bytes/index.ts';

const NOTHING = new Uint8Array(0);

/**
 * Bytes pushed but not yet parsed. Chunks are joined only when a structure crosses their border,
 * and only once all of it has come, so that feeding a large block byte by byte stays linear.
 */
export class ByteQueue {
  /** The chunk being parsed; bytes before `at` are consumed. */
  bytes: Uint8Array = NOTHING;
  view: DataView = new DataView(NOTHING.buffer);
  at = 0;
  /** File offset of `at`. */
  offset = 0;
  readonly #later: Uint8Array[] = [];
  #laterLength = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.at === this.bytes.length && this.#later.length === 0) this.#use(chunk);
    else {
      this.#later.push(chunk);
      this.#laterLength += chunk.length;
    }
  }

  /** Bytes pushed and not consumed. */
  get length(): number {
    return this.bytes.length - this.at + this.#laterLength;
  }

  /** True when n unread bytes lie contiguously at `at`; joins chunks if that makes it so. */
  has(n: number): boolean {
    if (this.bytes.length - this.at >= n) return true;
    if (this.length < n) return false;
    const joined = new Uint8Array(this.length);
    joined.set(this.bytes.subarray(this.at));
    let to = this.bytes.length - this.at;
    for (const chunk of this.#later) {
      joined.set(chunk, to);
      to += chunk.length;
    }
    this.#later.length = 0;
    this.#laterLength = 0;
    this.#use(joined);
    return true;
  }

  consume(n: number): void {
    this.at += n;
    this.offset += n;
  }

  #use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.at = 0;
  }
}
