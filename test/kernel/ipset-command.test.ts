// `sluice ipset` beside ipset(8): the same commands, one after another, give the same output, the same messages
// and the same exit status.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference, openPair, type Pair, wordsOf } from './ipset/pair.ts';
import { RESTORES, SCRIPT } from './ipset/script.ts';
import { missing } from './needs.ts';

const reason = missing();

describe.skipIf(reason !== undefined)(
  `ipset and sluice ipset${reason ? ` (${reason})` : ''}`,
  () => {
    let pair: Pair;
    beforeAll(() => {
      pair = openPair('slips');
    });
    afterAll(() => pair.close());

    test('a script of commands, each with the same answer', async () => {
      const differences: (string | undefined)[] = [];
      for (const line of SCRIPT) {
        const words = wordsOf(line);
        differences.push(difference(line, pair.real(words), await pair.ours(words)));
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
      expect(SCRIPT.length).toBeGreaterThan(400);
    });

    test('files to restore, and what they leave', async () => {
      const differences: (string | undefined)[] = [];
      for (const text of RESTORES) {
        const real = pair.real(['restore'], text);
        differences.push(difference(text, real, await pair.ours(['restore'], text)));
        const after = difference(
          `save after ${text}`,
          pair.real(['save']),
          await pair.ours(['save']),
        );
        differences.push(after);
      }
      expect(differences.filter((d) => d !== undefined).join('\n\n')).toBe('');
    });
  },
);
