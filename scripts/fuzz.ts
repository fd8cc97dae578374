// `npm run fuzz -- [--seconds N] [--seed N] [TARGET …]`: runs each target for N seconds (600 unless
// told) on inputs made from chance. A finding prints its seed and input, and the exit status is 1.

import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/index.ts';
import type { FuzzTarget } from './fuzz/target.ts';

/** An input that takes longer than this, in milliseconds, is a hang. */
const SLOW = 2000;

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});

async function targets(): Promise<FuzzTarget[]> {
  const files = readdirSync(new URL('./fuzz/', import.meta.url)).filter((f) => f.endsWith('.ts'));
  const modules = await Promise.all(files.map((f) => import(`./fuzz/${f}`)));
  return modules
    .flatMap((m) => ('target' in m ? [m.target as FuzzTarget] : []))
    .filter((t) => positionals.length === 0 || positionals.includes(t.name));
}

/** Runs one input; what is wrong with it, or undefined. */
function complaint(target: FuzzTarget, input: unknown): string | undefined {
  const start = performance.now();
  try {
    target.run(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = performance.now() - start;
  return took > SLOW ? `took ${Math.round(took)} ms` : undefined;
}

/** Fuzzes one target; true when nothing was found. */
function fuzz(target: FuzzTarget, seconds: number, first: number): boolean {
  const end = performance.now() + seconds * 1000;
  let seed = first;
  for (; performance.now() < end; seed++) {
    const input = target.generate(seeded(seed));
    const wrong = complaint(target, input);
    if (wrong === undefined) continue;
    console.log(`${target.name}: seed ${seed}\n${wrong}\n${target.show(input)}`);
    return false;
  }
  const runs = seed - first;
  console.log(
    `${target.name}: ${runs} inputs in ${seconds} s, ${Math.round(runs / seconds)}/s, no finding`,
  );
  return true;
}

const found = (await targets()).filter(
  (t) => !fuzz(t, Number(values.seconds), Number(values.seed)),
);
process.exitCode = found.length > 0 ? 1 : 0;
