// ipset(8) of the machine in a namespace of its own, and `sluice ipset` over a state file of its own.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipset, runWords } from '../../../src/cli/commands/ipset.ts';
import { ipsetNames } from '../../../src/cli/commands/ipset-names.ts';
import { IpsetSession } from '../../../src/cli/commands/ipset-session.ts';
import { Store } from '../../../src/cli/commands/nft-store.ts';
import { testHost } from '../../../src/cli/test-host.ts';
import { ipsetOptions } from '../../../src/iptables/index.ts';

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Pair {
  real(words: readonly string[], input?: string): Outcome;
  ours(words: readonly string[], input?: string): Promise<Outcome>;
  /** Commands one after another; messages and exit statuses of all of them. */
  realAll(lines: readonly string[]): string[];
  oursAll(lines: readonly string[]): Promise<string[]>;
  close(): void;
}

const END = '~~~';

/** What both know of the machine. */
const FILES = ['/etc/services', '/etc/hosts'];

export function openPair(name: string): Pair {
  const netns = `${name}${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ipset-'));
  const env = { SLUICE_STATE: join(folder, 'ruleset.json') };
  spawnSync('ip', ['netns', 'add', netns]);
  const files = Object.fromEntries(
    FILES.map((path) => [path, spawnSync('cat', [path], { encoding: 'utf8' }).stdout]),
  );
  return {
    real(words, input = '') {
      const done = spawnSync('ip', ['netns', 'exec', netns, 'ipset', ...words], {
        encoding: 'utf8',
        input,
      });
      return { status: done.status ?? -1, out: done.stdout, err: done.stderr };
    },
    async ours(words, input = '') {
      const host = testHost({ env, input, files });
      const status = await ipset(words, host);
      return { status, out: host.stdout(), err: host.stderr() };
    },
    realAll(lines) {
      const script = lines.map((line) => `ipset ${line}; echo "[$?]${END}"\n`).join('');
      const sh = ['netns', 'exec', netns, 'sh', '-c', `exec 2>&1\n${script}`];
      const text = spawnSync('ip', sh, { encoding: 'utf8' }).stdout;
      return text.split(`${END}\n`).slice(0, -1);
    },
    async oursAll(lines) {
      const store = new Store(env.SLUICE_STATE);
      const first = testHost({ env, files });
      // One session: a state file does not hold what memory of the kernel keeps of elements that are gone.
      const session = new IpsetSession(store, first, ipsetNames(first), 'command');
      const answers: string[] = [];
      for (const line of lines) {
        const [out, err] = [first.stdout().length, first.stderr().length];
        session.options = ipsetOptions();
        const status = await runWords(session, store, wordsOf(line), first);
        const said = first.stdout().slice(out) + first.stderr().slice(err);
        answers.push(`${said}[${status}]`);
      }
      return answers;
    },
    close() {
      spawnSync('ip', ['netns', 'del', netns]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Blanks separate words, but not between quotes. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/["']([^"']*)["']|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** Seconds run on between the two. */
const plain = (text: string): string => text.replace(/timeout(>| )[1-9]\d*/g, 'timeout$1T');

/** Lines that only one of them has: the rest of a long listing says nothing. */
function onlyIn(text: string, other: string): string {
  const known = new Set(other.split('\n'));
  const lines = text.split('\n').filter((line) => !known.has(line));
  const shown = lines.length === 0 ? ['the same lines in another order'] : lines.slice(0, 12);
  return shown.map((line) => `    ${line}\n`).join('');
}

/** How the answers differ, or undefined. */
export function difference(line: string, want: Outcome, got: Outcome): string | undefined {
  if (want.status !== got.status)
    return `${line}\n  exit ${got.status}, ipset ${want.status}\n  ipset: ${want.err}  sluice: ${got.err}`;
  for (const stream of ['out', 'err'] as const) {
    const [theirs, our] = [plain(want[stream]), plain(got[stream])];
    if (theirs !== our)
      return `${line}\n  ipset alone, ${stream}:\n${onlyIn(theirs, our)}  sluice alone:\n${onlyIn(our, theirs)}`;
  }
  return undefined;
}
