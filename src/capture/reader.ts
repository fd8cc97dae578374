import { CaptureError } from './error.ts';
import { isPcapMagic, PcapDecoder } from './pcap-read.ts';
import { PcapngDecoder, SECTION_HEADER } from './pcapng-read.ts';
import { ByteQueue } from './queue.ts';
import type { CaptureRecord, PacketRecord } from './records.ts';

/** Takes records off the queue; undefined asks for more bytes. Throws CaptureError. */
export interface Decoder {
  next(queue: ByteQueue): CaptureRecord | undefined;
  readonly expected: string;
}

export interface ReaderOptions {
  /**
   * Largest block or packet taken, in bytes; a file that claims a larger one is hostile or broken.
   * Bounds the memory of the reader. Default 16 MiB, as in Wireshark.
   */
  readonly maxBlockLength?: number;
}

/** A push parser for pcap and pcapng: memory is bounded by one block plus the chunk in hand. */
export interface CaptureReader {
  /**
   * Hands over the next bytes of the file (not to be written to afterwards) and iterates the records
   * they complete. Records left unread come with the next call. Never throws for what a file holds.
   */
  push(chunk: Uint8Array): IterableIterator<CaptureRecord>;
  /** Says that the file has ended, after the last records were taken; gives what was wrong with it. */
  end(): CaptureError | undefined;
  /** Set as soon as the file is known to be broken; nothing is read after that. */
  readonly error: CaptureError | undefined;
}

const DEFAULT_MAX_BLOCK = 16 * 1024 * 1024;
const GZIP_MAGIC = 0x1f8b;

/** Makes a reader; the format is told from the first bytes. */
export function createReader(options: ReaderOptions = {}): CaptureReader {
  return new Reader(options.maxBlockLength ?? DEFAULT_MAX_BLOCK);
}

class Reader implements CaptureReader {
  readonly #limit: number;
  readonly #queue = new ByteQueue();
  #decoder: Decoder | undefined;
  error: CaptureError | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): IterableIterator<CaptureRecord> {
    if (this.error === undefined) this.#queue.push(chunk);
    return this.#records();
  }

  *#records(): Generator<CaptureRecord, undefined> {
    for (;;) {
      const record = this.#next();
      if (record === undefined) return;
      yield record;
    }
  }

  #next(): CaptureRecord | undefined {
    if (this.error !== undefined) return undefined;
    try {
      this.#decoder ??= this.#detect();
      return this.#decoder?.next(this.#queue);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.error = error;
      return undefined;
    }
  }

  #detect(): Decoder | undefined {
    if (!this.#queue.has(4)) return undefined;
    const { view, at } = this.#queue;
    const be = view.getUint32(at);
    if (be === SECTION_HEADER) return new PcapngDecoder(this.#limit);
    if (isPcapMagic(be, view.getUint32(at, true))) return new PcapDecoder(this.#limit);
    if (be >>> 16 === GZIP_MAGIC)
      throw new CaptureError(0, 'compressed with gzip; unpack it first');
    const magic = be.toString(16).padStart(8, '0');
    throw new CaptureError(0, `neither pcap nor pcapng: starts with ${magic}`);
  }

  end(): CaptureError | undefined {
    if (this.error !== undefined) return this.error;
    const { length, offset } = this.#queue;
    if (this.#decoder === undefined)
      this.error = new CaptureError(0, `neither pcap nor pcapng: only ${length} bytes`);
    else if (length > 0)
      this.error = new CaptureError(
        offset,
        `the file ends ${length} bytes into ${this.#decoder.expected}`,
      );
    return this.error;
  }
}

/** A whole capture in memory. `error` says why reading ended early; the records before it are good. */
export interface Capture {
  readonly records: CaptureRecord[];
  readonly packets: PacketRecord[];
  readonly error: CaptureError | undefined;
}

/** Reads a capture that is in memory already. For files of unknown size use `createReader`. */
export function readCapture(bytes: Uint8Array, options: ReaderOptions = {}): Capture {
  const reader = createReader(options);
  const records = [...reader.push(bytes)];
  const packets = records.filter((r) => r.kind === 'packet');
  return { records, packets, error: reader.end() };
}

/**
 * Iterates the records of a stream of chunks, such as a file being read.
 * @throws CaptureError at the end of what could be read.
 */
export async function* readRecords(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReaderOptions = {},
): AsyncGenerator<CaptureRecord, void> {
  const reader = createReader(options);
  for await (const chunk of chunks) {
    yield* reader.push(chunk);
    if (reader.error !== undefined) break;
  }
  const error = reader.end();
  if (error !== undefined) throw error;
}
