// conntrack(8) or another tool of its kind of the machine in a namespace of its own, and the one of sluice
// over a state file of its own.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conntrack } from '../../../src/cli/commands/conntrack.ts';
import type { Host } from '../../../src/cli/host.ts';
import { testHost } from '../../../src/cli/test-host.ts';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Pair {
  real(words: readonly string[], input?: string): Outcome;
  ours(words: readonly string[], input?: string): Promise<Outcome>;
  close(): void;
}

type Tool = (words: readonly string[], host: Host) => Promise<number>;

export function openPair(name: string, program = 'conntrack', tool: Tool = conntrack): Pair {
  const netns = `${name}${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-conntrack-'));
  const env = { SLUICE_STATE: join(folder, 'ruleset.json') };
  spawnSync('ip', ['netns', 'add', netns]);
  return {
    real(words, input = '') {
      // conntrack opens /dev/stdin, which must not be a socket, as node's pipes are.
      const run = `cat | exec ip netns exec ${netns} ${program} "$@"`;
      const done = spawnSync('sh', ['-c', run, 'sh', ...words], { encoding: 'utf8', input });
      return { status: done.status ?? -1, out: done.stdout, err: done.stderr };
    },
    async ours(words, input = '') {
      const host = testHost({ env, input });
      const status = await tool(words, host);
      return { status, out: host.stdout(), err: host.stderr() };
    },
    close() {
      spawnSync('ip', ['netns', 'del', netns]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** What is another each time, by its kind: the release, seconds left, ids, times. */
const plain = (text: string): string =>
  text
    .replace(/v1\.4\.\d+/g, 'vN')
    .replace(/^((?:\S+ +\d+ )?\S+ +\d+) \d+ /gm, '$1 T ')
    .replace(/-t \d+/g, '-t T')
    .replace(/(<timeout>|<id>|<start>|\bid=)\d+/g, '$1N')
    .replace(/\[start=[^\]]*\]/g, '[start=N]')
    .replace(/^(cpu=0 +\t).*\n(cpu=.*\n)*/gm, (all) => `cpu: ${all.match(/[a-z_]+(?==)/g)?.[1]}\n`);

/** The kernel lists by hash, sluice by age. */
const lines = (text: string): string => plain(text).split('\n').sort().join('\n');

const onlyIn = (text: string, other: string): string => {
  const known = new Set(other.split('\n'));
  const own = text.split('\n').filter((line) => !known.has(line));
  return own.map((line) => `    ${line}\n`).join('');
};

export function difference(line: string, want: Outcome, got: Outcome): string | undefined {
  if (want.status !== got.status)
    return `${line}\n  exit ${got.status}, conntrack ${want.status}\n  conntrack: ${want.err}  sluice: ${got.err}`;
  for (const stream of ['out', 'err'] as const) {
    const [theirs, our] = [lines(want[stream]), lines(got[stream])];
    if (theirs !== our)
      return `${line}\n  conntrack alone, ${stream}:\n${onlyIn(theirs, our)}  sluice alone:\n${onlyIn(our, theirs)}`;
  }
  return undefined;
}
