import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../diagnostics/index.ts';
import { compileRestore } from './index.ts';

interface How {
  readonly table?: string;
  readonly family?: 'ip' | 'ip6';
  readonly counters?: boolean;
}

const file = (lines: readonly string[], table: string): string =>
  [
    ...[`*${table}`, ':INPUT ACCEPT [0:0]', ':a - [0:0]', ':b - [0:0]', ':c - [0:0]'],
    ...lines,
    ...['COMMIT', ''],
  ].join('\n');

/** Rules without their places, and what was said against lines. */
function compiled(lines: readonly string[], how: How = {}) {
  const { table = 'filter', family = 'ip', counters = false } = how;
  const source = { name: 'rules.v4', text: file(lines, table) };
  const { batch, diagnostics } = compileRestore(source, { family, counters });
  return {
    rules: batch.flatMap((change) => {
      if (change.op !== 'newrule') return [];
      const { source: place, ...rule } = change.rule;
      return [{ chain: change.chain, text: place?.text, ...rule }];
    }),
    messages: diagnostics.map(({ message }) => message),
  };
}

const oneByOne = (lines: readonly string[], how: How = {}) => {
  const all = lines.map((line) => compiled([line], how));
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

/** Words by what they stand for, some of them odd, and few enough that a rule has one twice. */
const WORDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  NET: fc.oneof(net, tidyNet),
  NET6: fc.constantFrom(
    ...['2001:db8::1', '2001:db8::1/128', '2001:db8::/32', '2001:db9::/32', '2001:DB8:0::2'],
    ...['::ffff:10.0.0.1', 'fe80::/10', 'fec0::/10', '2001:db8::1/30', '::/0', '1::2::3'],
  ),
  PORT: fc.oneof(port, fc.constantFrom('80', '8080')),
  IFACE: fc.constantFrom(
    'eth0',
    'eth1',
    'br-4f',
    'veth+',
    'cali+',
    '+',
    'e',
    'sixteen-letters-',
    '!',
  ),
  MAC: fc.constantFrom(
    '02:00:00:00:00:01',
    '02:00:0A:00:00:01',
    '2:0:0:0:0:3',
    '02-00-00-00-00-04',
  ),
  TO: fc
    .tuple(
      fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.1', '10.1.0.0', '10.0.0.1-10.0.0.9', '10.1')),
      fc.constantFrom('', ':80', ':8080', ':80-90', ':x'),
    )
    .map((parts) => parts.join('')),
  COUNT: fc.constantFrom('[0:0]', '[1:60]', '[2:120]', '[80:80]', '[1:x]', ''),
  TARGET: fc.constantFrom('a', 'b', 'c', 'ACCEPT', 'INPUT', 'nowhere', 'LOG'),
  TEXT: comment,
};

const lineOf = (form: string): fc.Arbitrary<string> =>
  fc
    .tuple(...form.split(' ').map((word) => WORDS[word] ?? fc.constant(word)))
    .map((words) => words.join(' ').trimStart());

const FORMS: readonly (How & { readonly line: string })[] = [
  { line: '-A a -s NET -i IFACE -j TARGET' },
  { line: '-A b -m mac --mac-source MAC -o IFACE -g TARGET' },
  { line: 'COUNT -A a -d NET -p tcp --dport PORT -j TARGET', counters: true },
  { line: 'COUNT -A a -d NET -p tcp -m multiport --dports PORT -j TARGET', counters: true },
  { line: 'COUNT -A INPUT -i IFACE -m comment --comment TEXT -j TARGET' },
  { line: '-A c -s NET6 -d NET6 -j TARGET', family: 'ip6' },
  { line: '-A c -s NET6 -p tcp --sport PORT --dport PORT -j DROP', family: 'ip6' },
  {
    line: '-A a -s NET -p tcp -m comment --comment TEXT -j DNAT --to-destination TO',
    table: 'nat',
  },
  { line: '-A a -o IFACE -p udp --dport PORT -j SNAT --to-source TO', table: 'nat' },
];

test.each(FORMS)('lines like $line are read as they would be alone', ({ line, ...how }) => {
  fc.assert(
    fc.property(fc.array(lineOf(line), { minLength: 3, maxLength: 12 }), (lines) => {
      expect(compiled(lines, how)).toEqual(oneByOne(lines, how));
    }),
    { numRuns: 60 },
  );
});

const likeAlone: readonly { readonly says: string; readonly lines: readonly string[] }[] = [
  {
    says: 'a chain that jumps to itself behind others that do not',
    lines: ['1', '2', '3'].map((n) => `-A ${n === '3' ? 'b' : 'a'} -s 10.0.0.${n} -j b`),
  },
  {
    says: 'bits of the host behind nets without',
    lines: ['10.1.16.0/20', '10.2.32.0/20', '10.3.0.1/20'].map((n) => `-A a -s ${n} -j DROP`),
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
    says: 'ports that are 0 behind others',
    lines: ['1 2', '3 4', '5 0', '0 0'].map((ports) => {
      const [from, to] = ports.split(' ');
      return `-A a -p tcp -m tcp --sport ${from} --dport ${to} -j DROP`;
    }),
  },
  {
    says: 'words that begin a comment on the line',
    lines: [
      ...['one', 'two', 'three', '#four', 'fi#ve'].map(
        (text, i) => `-A a -s 10.0.0.${i} -m comment --comment ${text} -j b`,
      ),
      '-A #a -s 10.0.0.5 -m comment --comment six -j b',
      '-A a -s 10.0.0.6 -m comment --comment seven -j #b',
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

test('a chain that has the name of a target by now is none to jump to', () => {
  const lines = ['a', 'b', 'LOG'].map((name, i) => `-A a -s 10.0.0.${i} -j ${name}`);
  const { rules } = compiled(['-E c LOG', ...lines]);
  expect(rules.at(-1)?.exprs.at(-1)).toMatchObject({ kind: 'target', name: 'LOG' });
});

test('counters of each line are its own', () => {
  const lines = [1, 2, 3, 4].map((n) => `[${n}:${n * 60}] -A a -s 10.0.0.${n} -j DROP`);
  const how = { counters: true };
  expect(compiled(lines, how)).toEqual(oneByOne(lines, how));
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

const UNTIDY = `
    *nat
    :PREROUTING ACCEPT [0:0]
    -A PREROUTING -j ACCEPT # all
  # why
    COMMIT   # done
*raw
-A OUTPUT -j NOTRACK
*filter
-A INPUT -m comment --comment "# no comment" -j DROP
 -A INPUT -j ACCEPT   ## rest
COMMIT
`;

test('what people write around rules is no reason to leave these out', () => {
  const { batch, diagnostics } = read(UNTIDY);
  expect(batch.filter(({ op }) => op === 'newrule')).toHaveLength(4);
  const at = ({ code, span }: Diagnostic) => [code, UNTIDY.slice(span.start, span.end)];
  expect(diagnostics.map(at)).toEqual([
    ['comment_behind', '# all'],
    ['missing_commit', '*filter'],
    ['comment_behind', '## rest'],
  ]);
});

test.each([
  ['a comment behind a rule', '*filter\n-A INPUT -j ACCEPT # all\nCOMMIT\n', '#'],
  ['a table in a table', '*raw\n*filter\nCOMMIT\n', '*filter'],
  ['a comment behind COMMIT', '*filter\nCOMMIT # done\n', 'COMMIT'],
  ['blanks behind COMMIT', '*filter\nCOMMIT \n', 'COMMIT'],
  ['a chain that is indented', '*filter\n :a - [0:0]\nCOMMIT\n', ':a'],
])('the program itself refuses %s', (_, text, word) => {
  const { diagnostics } = compileRestore({ name: 'f', text }, { family: 'ip', asProgram: true });
  expect(diagnostics[0]?.message).toBe(`Bad argument \`${word}'`);
});

test('a line without a command is told at its place', () => {
  const { diagnostics } = read('*filter\n-A INPUT -j DROP\n -j ACCEPT\nCOMMIT\n');
  expect(diagnostics).toMatchObject([{ code: 'no_command', span: { start: 25, end: 35 } }]);
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
