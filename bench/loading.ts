// Loading rulesets, as whole processes: `sluice check` beside `nft -c -f` of this machine on the
// same file, in turns; the same in a process that runs already; and what a look-up costs in sets of
// very different size.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRuleset } from '../src/lab/index.ts';
import type { Libc } from '../src/linux/index.ts';
import { measureEngine } from './forwarding.ts';

export const TURNS = 15;
export const root = fileURLToPath(new URL('..', import.meta.url));

const rules = (n: number): string =>
  Array.from(
    { length: n },
    (_, i) =>
      `ip saddr 10.${(i >> 8) & 255}.${i & 255}.1 tcp dport ${1 + (i % 60000)} counter accept`,
  ).join('\n');

/** Closed ranges with gaps between them, so that nothing merges. */
const intervals = (n: number): string =>
  Array.from({ length: n }, (_, i) => {
    const base = `172.${16 + (i >> 14)}.${(i >> 6) & 255}`;
    return `${base}.${(i & 63) * 4}-${base}.${(i & 63) * 4 + 2}`;
  }).join(',\n');

const RULES = `table inet t {\n chain c {\n type filter hook forward priority 0; policy accept;\n${rules(10_000)}\n }\n}\n`;
const SET = (n: number): string =>
  `table ip t {\n set s {\n type ipv4_addr\n flags interval\n elements = { ${intervals(n)} }\n }\n`;

const FILES = {
  '10,000 rules': RULES,
  'a set of 100,000 intervals': `${SET(100_000)}}\n`,
} as const;

export interface LoadFigures {
  readonly name: string;
  /** Milliseconds, medians. */
  readonly sluice: number;
  readonly nft?: number;
  /** Without starting: loaded by a process that has loaded it before. No other tool's figure compares with it. */
  readonly again: number;
}

export const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1]!;

export function time(program: string, args: readonly string[], env = process.env): number {
  const start = performance.now();
  const done = spawnSync(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${done.status}`);
  return performance.now() - start;
}

const WARM_UP = 5;

/** Milliseconds for loading what this process has loaded before, with code that V8 has compiled. */
export function timeAgain(load: () => unknown): number {
  const turns = Array.from({ length: WARM_UP + TURNS }, () => {
    const start = performance.now();
    load();
    return performance.now() - start;
  });
  return median(turns.slice(WARM_UP));
}

/** `libc` stands for being allowed to ask the kernel, which `nft -c` does. */
export function measureLoading(libc: Libc | undefined): LoadFigures[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const namespace = `slbench${process.pid}`;
  if (libc !== undefined) spawnSync('ip', ['netns', 'add', namespace]);
  try {
    return Object.entries(FILES).map(([name, text]) => {
      const file = join(folder, 'ruleset.nft');
      writeFileSync(file, text);
      const turns = Array.from({ length: TURNS }, () => ({
        sluice: time(process.execPath, [`${root}dist/sluice.js`, 'check', file]),
        nft:
          libc === undefined
            ? undefined
            : time('ip', ['netns', 'exec', namespace, 'nft', '-c', '-f', file]),
      }));
      const sluice = median(turns.map((t) => t.sluice));
      const again = timeAgain(() => loadRuleset([{ name: file, text }]));
      if (libc === undefined) return { name, sluice, again };
      return { name, sluice, again, nft: median(turns.map((t) => t.nft ?? 0)) };
    });
  } finally {
    if (libc !== undefined) spawnSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true });
  }
}

/** Packets per second through a look-up that misses, in a set of 100 and of 100,000 intervals. */
export function measureLookup(): { small: number; large: number; none: number } {
  const traffic = Array.from({ length: 256 }, (_, i) => ({
    on: 'eth0',
    packet: `udp 10.0.0.${2 + (i % 8)}:${10000 + i} > 192.0.2.2:53 len 22`,
  }));
  const chain = (rule: string): string =>
    ` chain c {\n type filter hook forward priority 0; policy accept;\n${rule}\n }\n}\n`;
  const run = (name: string, ruleset: string): number =>
    measureEngine({ name, ruleset, opening: [], traffic });
  const rule = Array.from({ length: 10 }, () => 'ip saddr @s drop').join('\n');
  return {
    none: run('no look-up', `table ip t {\n${chain('')}`),
    small: run('100 intervals', SET(100) + chain(rule)),
    large: run('100,000 intervals', SET(100_000) + chain(rule)),
  };
}
