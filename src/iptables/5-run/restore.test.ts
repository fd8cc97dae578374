import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRestore } from './index.ts';

const file = (lines: readonly string[]): string =>
  ['*filter', ':INPUT ACCEPT [0:0]', ':a - [0:0]', ':b - [0:0]', ...lines, 'COMMIT', ''].join('\n');

/** Rules without their places, and what was said against lines. */
function compiled(lines: readonly string[], counters = false) {
  const source = { name: 'rules.v4', text: file(lines) };
  const { batch, diagnostics } = compileRestore(source, { family: 'ip', counters });
  return {
    rules: batch.flatMap((change) => {
      if (change.op !== 'newrule') return [];
      const { source: place, ...rule } = change.rule;
      return [{ chain: change.chain, text: place?.text, ...rule }];
    }),
    messages: diagnostics.map(({ message }) => message),
  };
}

const oneByOne = (lines: readonly string[], counters = false) => {
  const all = lines.map((line) => compiled([line], counters));
  return { rules: all.flatMap((x) => x.rules), messages: all.flatMap((x) => x.messages) };
};

const chain = fc.constantFrom('INPUT', 'a', 'b');
const net = fc
  .tuple(fc.ipV4(), fc.constantFrom('', '/8', '/20', '/24', '/32', '/0'))
  .map(([address, bits]) => `${address}${bits}`);
const byte = fc.integer({ min: 1, max: 9 });
const tidyNet = byte.map((n) => `10.${n}.0.0/16`);
const port = fc.oneof(fc.integer({ min: 0, max: 66_000 }).map(String), fc.constant('http'));
const comment = fc.oneof(
  fc.constantFrom('"rule 1"', '"rule 2"', 'three', '"-j DROP"', '"rule \\"4\\""'),
  byte.map((n) => `"number ${n}"`),
);
const piece = fc.constantFrom(
  ...['-s NET', '! -d NET', '-s TIDY', '-i eth0', '-m conntrack --ctstate NEW'],
  ...[
    '-p tcp -m tcp --dport PORT',
    '-p udp --sport PORT',
    '-p tcp -m tcp --sport PORT --dport PORT',
  ],
  ...['-m comment --comment TEXT', '-m nothing --like this'],
);
const target = fc.constantFrom('-j ACCEPT', '-j a', '-j b', '-j nowhere', '-g b', '');

test('lines of one shape are read as they would be alone', () => {
  const values = fc.tuple(chain, net, tidyNet, port, port, comment);
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 3 }),
      target,
      fc.array(values, { minLength: 3, maxLength: 8 }),
      (pieces, jump, all) => {
        const lines = all.map(([where, address, tidy, from, to, text]) => {
          const ports = [from, to];
          const words = pieces
            .join(' ')
            .replaceAll('NET', address)
            .replaceAll('TIDY', tidy)
            .replaceAll('TEXT', text)
            .replaceAll('PORT', () => ports.shift() ?? to);
          return `-A ${where} ${words} ${jump}`;
        });
        expect(compiled(lines)).toEqual(oneByOne(lines));
      },
    ),
    { numRuns: 500 },
  );
});

const likeAlone: readonly { readonly says: string; readonly lines: readonly string[] }[] = [
  {
    says: 'a chain that jumps to itself behind others that do not',
    lines: ['1', '2', '3'].map((n) => `-A ${n === '3' ? 'b' : 'a'} -s 10.0.0.${n} -j b`),
  },
  {
    says: 'bits of the host behind nets without',
    lines: ['10.1.0.0/16', '10.2.0.0/16', '10.3.0.1/16'].map((n) => `-A a -s ${n} -j DROP`),
  },
  {
    says: 'the same comment twice, and then two',
    lines: ['x x', 'y y', 'z w'].map((both) => {
      const [one, other] = both.split(' ');
      return `-A a -m comment --comment ${one} -m comment --comment ${other} -j DROP`;
    }),
  },
  {
    says: 'lines that look like those before up to a word, a blank or a quote',
    lines: [
      ...['1', '2', '3', '4'].map((n) => `-A a -s 10.0.0.${n} -m comment --comment "no ${n}" -j b`),
      '-A b -s 10.0.0.5 -m comment --comment "no 5" -j b',
      '-A c -s 10.0.0.6 -m comment --comment "no 6" -j b',
      '-A a -s 10.0.0.07 -m comment --comment "no 7" -j b',
      '-A a -s 10.0.0.8  -m comment --comment "no 8" -j b ',
      '-A a -s 10.0.0.9 -m comment --comment "no \\"9\\"" -j b',
      '-A a -s 10.0.0.10 -m comment --comment "no 10"x -j b',
      '-A a -s 10.0.0.11 -m comment --comment no11 -j b',
      '-A a -s 10.0.0.12 -m comment --comment "no 12" -j bb',
      '-A a -s 10.0.0.13/8 -m comment --comment "no 13" -j b',
      '-A INPUT -s 10.0.0.14 -m comment --comment "no 14" -j b',
      '-A a -s 10.0.0.15 -m comment --comment "no 15" -j b',
    ],
  },
  {
    says: 'a second protocol match that may not be',
    lines: ['1', '2', '3'].map((n) => `-A a -p icmp -m tcp --dport ${n} -j DROP`),
  },
];

test.each(likeAlone)('$says', ({ lines }) => {
  expect(compiled(lines)).toEqual(oneByOne(lines));
});

test('counters of each line are its own', () => {
  const lines = [1, 2, 3, 4].map((n) => `[${n}:${n * 60}] -A a -s 10.0.0.${n} -j DROP`);
  expect(compiled(lines, true)).toEqual(oneByOne(lines, true));
});

test('what an extension warns of is told for every line', () => {
  const lines = [1, 2, 3].map(
    (n) => `-A a -s 10.0.0.${n} -m state --state NEW -p tcp --dport ! 5 -j DROP`,
  );
  const { messages } = compiled(lines);
  expect(messages.length).toBeGreaterThanOrEqual(lines.length);
  expect(messages).toEqual(oneByOne(lines).messages);
});

const read = (text: string, asProgram = false) =>
  compileRestore({ name: 'rules.v4', text }, { family: 'ip', asProgram });

test('rules before the line of a chain jump to it, and stay', () => {
  const text = '*filter\n-A INPUT -j a\n-A a -j DROP\n:a - [0:0]\n-A a -j ACCEPT\nCOMMIT\n';
  const { batch, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  expect(batch.map(({ op }) => op)).toEqual([
    'newtable',
    'newchain',
    'newchain',
    'newrule',
    'newrule',
    'newrule',
  ]);
});

const TWO = '*raw\n-A OUTPUT -j ACCEPT\nCOMMIT\n*filter\n-A INPUT -j DROP\n';
const tables = (text: string): string[] =>
  read(text, true).batch.flatMap((change) => (change.op === 'newtable' ? change.table.name : []));

test.each([
  ['the first mistake', `${TWO}-A INPUT --nope stray\n:x\nCOMMIT\n`, ['raw']],
  ['a table without COMMIT', TWO, ['raw']],
  ['nothing wrong', `${TWO}COMMIT\n`, ['raw', 'filter']],
])('as a program it does what was committed before %s', (_, text, want) => {
  expect(tables(text)).toEqual(want);
});

test('what a file without COMMIT says is taken and told otherwise', () => {
  const { batch, diagnostics } = read(TWO);
  expect(batch.filter(({ op }) => op === 'newtable')).toHaveLength(2);
  expect(diagnostics).toMatchObject([{ code: 'missing_commit', severity: 'warning' }]);
});

test('what lines print, and with verbose what they do', () => {
  const text = '*filter\n:a - [0:0]\n-A a -s 10.0.0.1 -j DROP\n-S a\nCOMMIT\n';
  const output = (verbose: boolean): string =>
    compileRestore({ name: 'rules.v4', text }, { family: 'ip', verbose }).output;
  expect(output(false)).toBe('-N a\n-A a -s 10.0.0.1/32 -j DROP\n');
  expect(output(true)).toMatch(
    /^Flushing chain `INPUT'\n.*DROP {2}all opt -- in \* out \* {2}10\.0\.0\.1 {2}-> 0\.0\.0\.0\/0 {2}\n-N a\n/s,
  );
});
