// The programs beside which sluice is measured, built from the sources in this folder.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a receiver does with every packet, all of which it gets whole. */
export type Job = 'accept' | 'rewrite';

export interface Receiver {
  readonly name: 'sluice' | 'classic' | 'batched' | 'python';
  readonly what: string;
  command(job: Job): readonly string[];
}

export const QUEUE = 7;

function compile(folder: string, name: string, libraries: readonly string[] = []): string {
  const program = `${folder}/${name}`;
  const args = ['-O2', '-o', program, `${here}${name}.c`, ...libraries];
  const { status, error, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `${name}.c was not built: ${error?.message ?? stderr}\n` +
        'Debian: apt install gcc libc6-dev libnetfilter-queue-dev',
    );
  return program;
}

export interface Tools {
  readonly flood: string;
  readonly latency: string;
}

export const buildTools = (folder: string): Tools => ({
  flood: compile(folder, 'flood'),
  latency: compile(folder, 'latency'),
});

/** In the order they take turns. */
export function buildReceivers(folder: string): readonly Receiver[] {
  const classic = compile(folder, 'classic', ['-lnetfilter_queue', '-lnfnetlink']);
  const batched = compile(folder, 'batched');
  return [
    {
      name: 'classic',
      what: 'C on libnetfilter_queue, a recv and a verdict for each packet',
      command: (job) => [classic, `${QUEUE}`, job],
    },
    {
      name: 'sluice',
      what: 'sluice queue with a handler of one line',
      command: (job) => [
        process.execPath,
        `${root}dist/sluice.js`,
        'queue',
        `${here}${job}.ts`,
        '--num',
        `${QUEUE}`,
        '--maxlen',
        '65535',
        '--quiet',
      ],
    },
    {
      name: 'batched',
      what: 'C with recvmmsg of 64 and their verdicts in one send',
      command: (job) => [batched, `${QUEUE}`, job],
    },
    {
      name: 'python',
      what: 'Python with its own sockets alone',
      command: (job) => ['python3', `${here}client.py`, `${QUEUE}`, job],
    },
  ];
}
