// Random commands to ipset(8) and to `sluice ipset`: each gets the same answer and exit status, and at the end there
// are the same sets, element by element in the order of the kernel, with the same sizes. Every other script has `-exist`.
//
// SLUICE_SEED repeats one script, SLUICE_PAIRS draws more of them.

import { describe, expect, test } from 'vitest';
import { seeded } from '../../src/core/index.ts';
import { difference, openPair, type Pair } from './ipset/pair.ts';
import { randomScript } from './ipset/random.ts';
import { missing } from './needs.ts';

const reason = missing();
const SCRIPTS = Number(process.env.SLUICE_PAIRS ?? 20);
const FIRST = Number(process.env.SLUICE_SEED ?? 1);

describe.skipIf(reason !== undefined)(
  `random ipset commands${reason ? ` (${reason})` : ''}`,
  () => {
    test(`${SCRIPTS} scripts from seed ${FIRST}`, async () => {
      const found: string[] = [];
      for (let seed = FIRST; seed < FIRST + SCRIPTS && found.length < 3; seed++) {
        const pair = openPair('slipr');
        try {
          const wrong = await compare(pair, seed);
          if (wrong !== undefined) found.push(wrong);
        } finally {
          pair.close();
        }
      }
      expect(found.join('\n\n')).toBe('');
    });
  },
);

/** What is answered otherwise first, with the commands up to there. */
async function compare(pair: Pair, seed: number): Promise<string | undefined> {
  const exist = seed % 2 === 0 ? '-! ' : '';
  const lines = randomScript(seeded(seed), 60).map((line) => exist + line);
  const want = pair.realAll(lines);
  const got = await pair.oursAll([...lines, SIZES.join(' ')]);
  const at = lines.findIndex((_, i) => want[i] !== got[i]);
  const about = `seed ${seed}:\n${lines.slice(0, at < 0 ? undefined : at + 1).join('\n')}`;
  if (at >= 0) return `${about}\nipset:\n${want[at]}\nsluice:\n${got[at]}`;
  return (
    difference(about, pair.real(['save']), await pair.ours(['save'])) ??
    sizesDiffer(about, pair.real(SIZES), got[lines.length] ?? '')
  );
}

/**
 * Asked in the session of the script: a flush leaves a trace in what a list counts, in the kernel when its
 * readers are gone, so the kernel is asked last.
 */
const SIZES = ['list', '-t'];

function sizesDiffer(
  about: string,
  { out, err, status }: ReturnType<Pair['real']>,
  got: string,
): string | undefined {
  const want = `${out}${err}[${status}]`;
  return want === got ? undefined : `${about}\nipset:\n${want}\nsluice:\n${got}`;
}
