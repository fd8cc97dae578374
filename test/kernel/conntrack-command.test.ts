// `sluice conntrack` beside conntrack(8): the same commands, one after another, give the same output, the same
// messages and the same exit status.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference, openPair, type Pair } from './conntrack/pair.ts';
import { BATCHES, SCRIPT } from './conntrack/script.ts';
import { missing } from './needs.ts';

const reason = missing();

describe.skipIf(reason !== undefined)(
  `conntrack and sluice conntrack${reason ? ` (${reason})` : ''}`,
  () => {
    let pair: Pair;
    beforeAll(() => {
      pair = openPair('slct');
    });
    afterAll(() => pair.close());

    test('a script of commands, each with the same answer', { timeout: 120_000 }, async () => {
      const differences: (string | undefined)[] = [];
      for (const line of SCRIPT) {
        const words = line.split(/ +/);
        differences.push(difference(line, pair.real(words), await pair.ours(words)));
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
      expect(SCRIPT.length).toBeGreaterThan(300);
    });

    test('files of commands, and what they leave', async () => {
      const differences: (string | undefined)[] = [];
      for (const text of BATCHES) {
        const words = ['-R', '-'];
        differences.push(difference(text, pair.real(words, text), await pair.ours(words, text)));
        const after = difference(`-L after ${text}`, pair.real(['-L']), await pair.ours(['-L']));
        differences.push(after);
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
    });
  },
);
