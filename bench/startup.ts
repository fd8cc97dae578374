// How long commands take from their start to their end, as processes, beside an empty Node.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = 15;
const RULES = 1000;
const root = fileURLToPath(new URL('..', import.meta.url));

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function time(args: readonly string[]): number {
  const start = performance.now();
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'ignore' });
  if (done.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${done.status}`);
  return performance.now() - start;
}

const TRACE = [
  'dist/sluice.js',
  'trace',
  '-r',
  'examples/gateway.nft',
  'tcp 10.0.0.20:40000 > 192.0.2.80:80 syn, in eth0',
];

const ruleset = (): string => {
  const rules = Array.from(
    { length: RULES },
    (_, i) => `ip saddr 10.0.${i >> 8}.${i & 255} tcp dport ${1 + i} counter accept`,
  );
  return `table inet t {\n chain c {\n type filter hook forward priority 0\n${rules.join('\n')}\n }\n}\n`;
};

export interface StartupFigures {
  readonly node: number;
  readonly trace: number;
  /** `sluice nft list ruleset` over a kept ruleset of 1,000 rules. */
  readonly list: number;
}

/** Medians in milliseconds, in turns. The command is what `npm run build` makes. */
export function measureStartup(): StartupFigures {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const kept = ['dist/sluice.js', 'nft', '--state', join(folder, 'state.json')];
    const file = join(folder, 'ruleset.nft');
    writeFileSync(file, ruleset());
    time([...kept, '-f', file]);
    const turns = Array.from({ length: RUNS }, () => ({
      node: time(['-e', '0']),
      trace: time(TRACE),
      list: time([...kept, 'list', 'ruleset']),
    }));
    const pick = (key: keyof StartupFigures): number => median(turns.map((turn) => turn[key]));
    return { node: pick('node'), trace: pick('trace'), list: pick('list') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
