import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AcctObject } from '../../program/index.ts';
import { acctListText, parseAcctList, readAcctLine } from './index.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const object: fc.Arbitrary<AcctObject> = fc.record(
  {
    name: fc.stringMatching(/^[!-:<-~]{1,31}$/),
    packets: u64,
    bytes: u64,
    quota: fc.record({
      mode: fc.constantFrom('packet' as const, 'byte' as const),
      value: u64,
      over: fc.boolean(),
    }),
  },
  { requiredKeys: ['name', 'packets', 'bytes'] },
);

test('what is listed reads the same again', () => {
  fc.assert(
    fc.property(fc.uniqueArray(object, { selector: ({ name }) => name }), (objects) => {
      const text = acctListText(objects, 'plain', 0);
      expect(parseAcctList({ name: 'list', text })).toEqual({ objects, problems: [] });
    }),
  );
});

test('no line makes the reader throw', () => {
  const part = fc.constantFrom(
    '{ pkts = ',
    '1',
    ', bytes = ',
    ' } = ',
    'x',
    ';',
    ', quota = ',
    '-',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part).map((parts) => parts.join('')),
      ),
      (line) => {
        readAcctLine(line);
      },
    ),
  );
});

test('what is wrong is told with its place, and the rest is read', () => {
  const text =
    '# kept\n\n{ pkts = 1, bytes = 2 } = a;\n  { pkts = 1 } = b;\n{ pkts = 1, bytes = 2 } = c\n{ pkts = 3, bytes = 4 } = a;\n{ pkts = 5, bytes = 6, quota = 7, mode = byte } = d;\n';
  const { objects, problems } = parseAcctList({ name: 'list', text });
  expect(objects.map(({ name }) => name)).toEqual(['a', 'd']);
  expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([
    ['nfacct_syntax', 4, 3],
    ['nfacct_syntax', 5, 1],
    ['nfacct_exists', 6, 1],
  ]);
  expect(problems[0]?.text).toMatch(/^list:4:3: error: .*\n {3}4 \| \{ pkts = 1 } = b;$/);
});
