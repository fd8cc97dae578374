import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../index.ts';

const table = (rules: readonly string[]): string =>
  `table inet t {\n chain e { }\n chain c {\n type filter hook input priority 0\n${rules.join('\n')}\n }\n}\n`;

/** Expressions of each rule, and what was said against them. */
function compiled(rules: readonly string[]) {
  const { batch, diagnostics } = compile([{ name: 'a.nft', text: table(rules) }]);
  return {
    exprs: batch.flatMap((change) => (change.op === 'newrule' ? [change.rule.exprs] : [])),
    codes: diagnostics.map(({ code }) => code),
  };
}

const oneByOne = (rules: readonly string[]) => {
  const all = rules.map((rule) => compiled([rule]));
  return { exprs: all.flatMap((x) => x.exprs), codes: all.flatMap((x) => x.codes) };
};

const address = fc.ipV4();
// Few ports, so that some are bytes of addresses and of each other.
const port = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom(0, 80, 2560, 2816));
const piece = fc.oneof(
  fc.tuple(fc.constantFrom('ip saddr ', 'ip daddr ', 'ip saddr != '), address),
  fc.tuple(
    fc.constantFrom('tcp dport ', 'tcp sport ', 'udp dport ', 'th dport ', 'tcp dport > '),
    port,
  ),
  fc.constantFrom(['counter'], ['ct state established'], ['iifname "lo"'], ['meta mark 5']),
);
const shape = fc.array(piece, { minLength: 1, maxLength: 4 });

test('rules of one shape compile as they would alone', () => {
  fc.assert(
    fc.property(
      shape,
      fc.array(fc.tuple(address, address, port, port), { minLength: 3, maxLength: 8 }),
      fc.constantFrom('accept', 'drop', 'jump e', 'jump nowhere', ''),
      (pieces, values, verdict) => {
        const rules = values.map(([a, b, p, q]) => {
          const words = pieces.map(([field, value], i) => {
            if (value === undefined) return field;
            const isAddress = typeof value === 'string';
            return `${field}${isAddress ? (i % 2 === 0 ? a : b) : i % 2 === 0 ? p : q}`;
          });
          return `${words.join(' ')} ${verdict}`;
        });
        expect(compiled(rules)).toEqual(oneByOne(rules));
      },
    ),
    { numRuns: 300 },
  );
});

const likeAlone: readonly { readonly says: string; readonly rules: readonly string[] }[] = [
  {
    says: 'a port that reads like the beginning of an address',
    rules: [
      'tcp dport 2560 ip saddr 10.0.0.1 accept',
      'tcp dport 2816 ip saddr 11.0.0.1 accept',
      'tcp dport 80 ip saddr 192.0.2.1 accept',
    ],
  },
  {
    says: 'two ports in one comparison',
    rules: [
      'tcp sport 1 tcp dport 2 accept',
      'tcp sport 3 tcp dport 4 accept',
      'tcp sport 5 tcp dport 6 accept',
    ],
  },
  {
    says: 'the same address twice, and then two',
    rules: [
      'ip saddr 10.0.0.1 ip daddr 10.0.0.1 drop',
      'ip saddr 10.0.0.2 ip daddr 10.0.0.2 drop',
      'ip saddr 10.0.0.3 ip daddr 10.0.0.4 drop',
      'ip saddr 10.0.0.5 ip daddr 10.0.0.6 drop',
      'ip saddr 10.0.0.7 ip daddr 10.0.0.8 drop',
    ],
  },
  {
    says: 'a name that holds the words of another rule',
    rules: [
      'iifname "a\ncounter 0 0" ip saddr 10.0.0.1',
      'iifname "a\ncounter 0 0" ip saddr 10.0.0.2',
      'iifname "a" counter ip saddr 10.0.0.3',
    ],
  },
];

test.each(likeAlone)('$says', ({ rules }) => {
  expect(compiled(rules)).toEqual(oneByOne(rules));
});

test('a chain that is gone is told of, however many rules led there', () => {
  const rule = (n: number) => `add rule t c ip saddr 10.0.0.${n} jump e\n`;
  const text = `add table t\nadd chain t c\nadd chain t e\n${[1, 2, 3, 4].map(rule).join('')}delete chain t e\n${rule(5)}`;
  const { diagnostics } = compile([{ name: 'a.nft', text }]);
  expect(diagnostics.map(({ code }) => code)).toEqual(['no_such_chain']);
});
