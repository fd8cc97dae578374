// How long `sluice trace` takes from its start to its end, as a process, beside an empty Node.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUNS = 9;
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

/** Medians in milliseconds. The bundle is what `npm run build` makes. */
export function measureStartup(): { trace: number; node: number } {
  const trace = median(Array.from({ length: RUNS }, () => time(TRACE)));
  const node = median(Array.from({ length: RUNS }, () => time(['-e', '0'])));
  return { trace, node };
}
