import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latin1, toLatin1 } from '../../bytes/index.ts';
import { running } from '../test-support.ts';
import { rewriteStream, type StreamOptions } from './rewrite-stream.ts';
import type { Rule } from './rules.ts';
import { converse, type EndOptions, type Weather } from './tcp-bed.ts';

const CALM: Weather = { seed: 1, lost: 0, doubled: 0, overtaken: 0 };

const end = (writes: readonly string[], more: Partial<EndOptions> = {}): EndOptions => ({
  iss: 1000,
  mss: 100,
  window: 1000,
  writes: writes.map(toLatin1),
  ...more,
});

/** What both ends heard of each other, and what the handler counted. */
async function talk(
  options: StreamOptions,
  client: EndOptions,
  server: EndOptions,
  weather: Weather = CALM,
) {
  const handler = rewriteStream({ headroom: 20, ...options });
  const failures: unknown[] = [];
  const { queue } = await running(handler, {
    observer: { failed: (_, _cause, error) => failures.push(error) },
  });
  const [a, b] = converse(queue, [client, server], weather);
  expect(failures).toEqual([]);
  return { toServer: latin1(b.heard), toClient: latin1(a.heard), counts: handler.counts };
}

test('bytes change both ways', async () => {
  const found = await talk(
    { toServer: [['cat', 'elephant']], toClient: [[/do(g)/, '$1']] },
    end(['a cat, ', 'two cats']),
    end(['dogs dogs dogs']),
  );
  expect(found).toMatchObject({ toServer: 'a elephant, two elephants', toClient: 'gs gs gs' });
});

test('a match is found across segments', async () => {
  const writes = [...'the needle in the haystack'];
  const { toServer } = await talk({ toServer: [['needle', 'pin']] }, end(writes), end([]));
  expect(toServer).toBe('the pin in the haystack');
});

const RULES: readonly Rule[] = [
  ['abc', 'ABCABCABCABC'],
  ['bb', ''],
  [/a[^bc]b+c?/, '[$&]'],
  [/cc\n/, 'C'],
  ['ca', 'XY'],
];
const WHOLE = /(abc)|(bb)|(a[^bc]b+c?)|(cc\n)|(ca)/g;
const replaced = (text: string): string =>
  text.replace(WHOLE, (match, one, two, three, four) =>
    one ? 'ABCABCABCABC' : two ? '' : three ? `[${match}]` : four ? 'C' : 'XY',
  );

/** Whether `after` is `before` with some matches replaced, though perhaps not all of them. */
function isPartlyReplaced(before: string, after: string): boolean {
  const anywhere: [RegExp, (match: string) => string][] = [
    [/abc/y, () => 'ABCABCABCABC'],
    [/bb/y, () => ''],
    [/a[^bc]b+c?/y, (m) => `[${m}]`],
    [/cc\n/y, () => 'C'],
    [/ca/y, () => 'XY'],
  ];
  const reached = new Map<number, Set<number>>([[0, new Set([0])]]);
  for (let i = 0; i < before.length; i++) {
    for (const j of reached.get(i) ?? []) {
      const go = (to: number, place: number): void => {
        reached.set(to, (reached.get(to) ?? new Set()).add(place));
      };
      if (before[i] === after[j]) go(i + 1, j + 1);
      for (const [regex, made] of anywhere) {
        for (let stop = before.length; stop > i; stop--) {
          regex.lastIndex = i;
          const match = regex.exec(before.slice(0, stop));
          if (match === null) break;
          const text = made(match[0]);
          if (after.startsWith(text, j)) go(i + match[0].length, j + text.length);
        }
      }
    }
    reached.delete(i);
  }
  return reached.get(before.length)?.has(after.length) ?? false;
}

const writes = fc.array(fc.string({ unit: fc.constantFrom(...'abc\n'), maxLength: 300 }), {
  maxLength: 6,
});
const ends = fc.record({
  iss: fc.constantFrom(0, 1000, 2 ** 31 - 100, 2 ** 32 - 1, 2 ** 32 - 200),
  mss: fc.integer({ min: 50, max: 200 }),
  window: fc.integer({ min: 30, max: 2000 }),
});
const weathers = fc.record({
  seed: fc.nat(),
  lost: fc.constantFrom(0, 3, 20),
  doubled: fc.constantFrom(0, 10),
  overtaken: fc.constantFrom(0, 20),
});

test('whatever the network does, each end hears what was made of what the other said', async () => {
  let exact = 0;
  await fc.assert(
    fc.asyncProperty(writes, writes, ends, ends, weathers, async (up, down, a, b, weather) => {
      const { toServer, toClient, counts } = await talk(
        { toServer: RULES, toClient: RULES },
        end(up, a),
        end(down, b),
        weather,
      );
      if (counts.flushed === 0) {
        exact++;
        expect(toServer).toBe(replaced(up.join('')));
        expect(toClient).toBe(replaced(down.join('')));
      } else {
        expect(isPartlyReplaced(up.join(''), toServer)).toBe(true);
        expect(isPartlyReplaced(down.join(''), toClient)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
  expect(exact).toBeGreaterThan(100);
});
