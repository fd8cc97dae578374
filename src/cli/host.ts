// Everything the commands need of the machine, so that tests can hand in another one.
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** A file being written, chunk by chunk. */
export interface Sink {
  /** Resolves when the sink can take more. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface Host {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output and standard error are terminals. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly columns: number;
  /** Milliseconds, for how long things took. */
  elapsed(): number;
  /** @throws Error as node does, with a `code` such as ENOENT */
  readText(path: string): Promise<string>;
  readInput(): Promise<string>;
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** Bytes of a file, or undefined where that is not known. */
  size(path: string): Promise<number | undefined>;
  create(path: string): Promise<Sink>;
}

const CHUNK = 256 * 1024;

async function* readChunks(path: string): AsyncGenerator<Uint8Array, void> {
  yield* createReadStream(path, { highWaterMark: CHUNK });
}

async function sizeOf(path: string): Promise<number | undefined> {
  const info = await stat(path);
  return info.isFile() ? info.size : undefined;
}

async function createSink(path: string): Promise<Sink> {
  const stream = createWriteStream(path, { highWaterMark: CHUNK });
  await new Promise<void>((opened, failed) => {
    stream.once('open', () => opened());
    stream.once('error', failed);
  });
  return {
    write: (bytes) =>
      new Promise((done, failed) => {
        if (stream.write(bytes, (error) => error && failed(error))) done();
        else stream.once('drain', done);
      }),
    close: () =>
      new Promise((done, failed) => {
        stream.once('error', failed);
        stream.end(done);
      }),
  };
}

/** The machine this process runs on. */
export const nodeHost = (): Host => ({
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  env: process.env,
  outIsTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 100,
  elapsed: () => performance.now(),
  readText: (path) => readFile(path, 'utf8'),
  readInput: () => text(process.stdin),
  chunks: readChunks,
  size: sizeOf,
  create: createSink,
});
