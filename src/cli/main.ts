// What runs the command, from its source (from-source.ts) and as it is built (from-build.ts).
import { type Host, type ImportModule, nodeHost } from './host.ts';
import { run } from './run.ts';

export { type Host, nodeHost, run };

/** This process as the command: its words to its exit code. */
export async function main(words: readonly string[], importModule?: ImportModule): Promise<void> {
  // `sluice list … | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const code = await run(words, nodeHost(importModule));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Not left to the event loop: taking the heap of ten thousand rules apart takes 10 ms.
  process.exit(code);
}

/** Until what was written is with the reader: pipes are not written at once on every system. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((done) => {
    stream.write('', () => done());
  });
