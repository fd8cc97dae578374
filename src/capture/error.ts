/**
 * What is wrong with a capture file, and where. Readers hand it over as a value after every whole
 * packet; only the async adapter, which has no other channel, throws it.
 */
export class CaptureError extends Error {
  /** Byte offset in the file of the structure that is broken. */
  readonly offset: number;
  /** The sentence without the offset. */
  readonly reason: string;
  constructor(offset: number, reason: string) {
    super(`byte ${offset}: ${reason}`);
    this.name = 'CaptureError';
    this.offset = offset;
    this.reason = reason;
  }
}
