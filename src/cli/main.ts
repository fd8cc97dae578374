#!/usr/bin/env node
import { nodeHost } from './host.ts';
import { run } from './run.ts';

// `sluice list … | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), nodeHost());
