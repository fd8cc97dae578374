import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../ast/index.ts';
import { memoryLoader, parse } from './index.ts';

const chain = (rules: readonly string[], end: string): string =>
  `table inet t {\n chain c {\n${rules.join(end)}${end}}\n}\n`;

/** What was read, rule by rule. */
const rulesOf = (commands: readonly Command[]) =>
  commands.flatMap((command) =>
    command.kind === 'add' && command.object.kind === 'table'
      ? command.object.items.flatMap((item) => (item.kind === 'chain' ? item.rules : []))
      : [],
  );

function read(text: string) {
  const { commands, diagnostics } = parse(text);
  return {
    diagnostics,
    rules: rulesOf(commands).map(({ span, statements, comment }) => ({
      span,
      statements,
      comment,
    })),
  };
}

const address = fc.oneof(
  fc.ipV4(),
  fc.constantFrom(
    '10.0.0.1',
    '010.0.0.1',
    '10.0.0',
    '10.0.0.1/24',
    '10.0.0.1-10.0.0.9',
    '256.1.1.1',
  ),
);
const port = fc.oneof(
  fc.nat({ max: 70_000 }).map(String),
  fc.constantFrom('080', '0x50', 'http', '22-25', '1.2', '00'),
);
const line = fc.record({ a: address, p: port, tail: fc.constantFrom('accept', 'drop', 'drop ') });
const forms: readonly ((line: { a: string; p: string; tail: string }) => string)[] = [
  ({ a, p, tail }) => `ip saddr ${a} tcp dport ${p} counter ${tail}`,
  ({ a, tail }) => `ip daddr ${a} ${tail}`,
  ({ p, tail }) => `udp sport ${p} ${tail}`,
  ({ a, p }) => `tcp dport ${p} ip saddr ${a}`,
  ({ a, p }) => `ip saddr ${a} meta mark ${/^\d+$/.test(p) ? p : '7'} comment "ip saddr ${a}"`,
];

test('lines that are alike are read as they are alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: forms.length - 1 }), line), { maxLength: 12 }),
      (drawn) => {
        const rules = drawn.map(([form, values]) => forms[form]!(values));
        // Behind a semicolon no line is recognised, and everything stands where it stood.
        expect(read(chain(rules, '\n'))).toEqual(read(chain(rules, ';')));
      },
    ),
  );
});

test('a line that goes on differently is read to its end', () => {
  const rule = 'ip saddr 10.0.0.1 accept';
  const text = chain([rule, `${rule} comment "x"`, `${rule} # why`, `${rule}ed`], '\n');
  const { rules, diagnostics } = read(text);
  expect(rules.map(({ comment }) => comment)).toEqual([undefined, 'x', undefined]);
  expect(diagnostics.map(({ span }) => span.start)).toEqual([text.indexOf('accepted')]);
});

test('the last line of an included file may lack its newline', () => {
  const loader = memoryLoader({ '/a.nft': 'ip saddr 10.0.0.2 accept' });
  const rules = ['ip saddr 10.0.0.1 accept', 'include "/a.nft"', 'ip saddr 10.0.0.3 accept'];
  const { commands, diagnostics } = parse(chain(rules, '\n'), { loader });
  expect(diagnostics).toEqual([]);
  expect(rulesOf(commands).map(({ span }) => span.source)).toEqual([0, 1, 0]);
});
