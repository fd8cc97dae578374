// Everything the commands need of the machine, so that tests can hand in another one. What few of
// them need is loaded when they do: a script may call sluice hundreds of times.
import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { globPattern, type SourceLoader } from '../nft/index.ts';

/** A file being written, chunk by chunk. */
export interface Sink {
  /** Resolves when the sink can take more. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** As a loader it reads what rulesets include. */
export interface Host extends SourceLoader {
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
  /** Lines of standard input as they come; on a terminal with the prompt, and editing. */
  lines(prompt: string, prompts?: 'always'): AsyncIterable<string>;
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** Bytes that `chunks` will give, or undefined where that is not known. */
  size(path: string): Promise<number | undefined>;
  create(path: string): Promise<Sink>;
  /** What `import()` gives for a URL or a package. */
  importModule(specifier: string): Promise<unknown>;
}

const CHUNK = 256 * 1024;

/** The bytes of a file; what gzip packed is unpacked on the way. */
async function* readChunks(path: string): AsyncGenerator<Uint8Array, void> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  if (!(await isGzip(path))) {
    yield* file;
    return;
  }
  const { createGunzip } = await import('node:zlib');
  const unpacked = createGunzip();
  file.once('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked);
}

async function isGzip(path: string): Promise<boolean> {
  const { open } = await import('node:fs/promises');
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(new Uint8Array(2), 0, 2, 0);
    return buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const info = statSync(path);
  return info.isFile() && !(await isGzip(path)) ? info.size : undefined;
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

/** Files a glob(7) pattern stands for, sorted; a file that cannot be looked at is none. */
function globFiles(pattern: string): string[] {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  if (wild < 0) return isFile(pattern) ? [pattern] : [];
  const folder = parts.slice(0, wild).join('/');
  const matches = globPattern(parts.slice(0, wild + 1).join('/'));
  const found = entriesOf(folder === '' && pattern.startsWith('/') ? '/' : folder)
    .map((name) => (wild === 0 ? name : `${folder}/${name}`))
    .filter((path) => matches(path));
  const rest = parts.slice(wild + 1);
  return found.flatMap((path) => globFiles([path, ...rest].join('/'))).sort();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder === '' ? '.' : folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function readIncluded(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function* inputLines(prompt: string, prompts?: 'always'): AsyncGenerator<string, void> {
  const { createInterface } = await import('node:readline');
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const input = createInterface({ input: process.stdin, output: process.stdout, terminal, prompt });
  const ask = (): void => {
    if (terminal) input.prompt();
    else if (prompts === 'always') process.stdout.write(prompt);
  };
  ask();
  for await (const line of input) {
    yield line;
    ask();
  }
}

/** The built command is a script, which cannot import modules itself: its starter lends it this. */
export type ImportModule = (specifier: string) => Promise<unknown>;

/** The machine this process runs on. */
export const nodeHost = (importModule: ImportModule = (specifier) => import(specifier)): Host => ({
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  env: process.env,
  outIsTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  columns: process.stdout.columns ?? 100,
  elapsed: () => performance.now(),
  glob: globFiles,
  read: readIncluded,
  // A byte order mark says nothing of the text.
  readText: async (path) => readFileSync(path, 'utf8').replace(/^\uFEFF/, ''),
  readInput: async () => (await import('node:stream/consumers')).text(process.stdin),
  lines: inputLines,
  chunks: readChunks,
  size: sizeOf,
  create: createSink,
  importModule,
});
