// What runs the command, from its source (from-source.ts) and as it is built (from-build.ts).
import { type Host, nodeHost } from './host.ts';
import { run } from './run.ts';

export { type Host, nodeHost, run };

/** This process as the command: its words to its exit code. */
export async function main(words: readonly string[]): Promise<void> {
  // `sluice list … | head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.exitCode = await run(words, nodeHost());
}
