import { expect, test } from 'vitest';
import {
  type Expression,
  integer,
  joinSpans,
  NO_SPAN,
  statementExpressions,
  walkExpression,
} from './index.ts';

const word = (name: string): Expression => ({ kind: 'symbol', span: NO_SPAN, name, form: 'word' });
const or = (left: Expression, right: Expression): Expression => ({
  kind: 'binop',
  span: NO_SPAN,
  op: '|',
  left,
  right,
});

function names(root: Expression): string[] {
  const found: string[] = [];
  walkExpression(root, (e) => {
    if (e.kind === 'symbol') found.push(e.name);
  });
  return found;
}

test('a walk visits everything once, in the order it is written', () => {
  const elem: Expression = { kind: 'elem', span: NO_SPAN, key: word('c'), data: word('d') };
  const set: Expression = { kind: 'set', span: NO_SPAN, elements: [elem] };
  const map: Expression = {
    kind: 'map',
    span: NO_SPAN,
    key: or(word('a'), word('b')),
    mapping: set,
  };
  expect(names(map)).toEqual(['a', 'b', 'c', 'd']);
});

test('a walk does not mind a very deep tree', () => {
  let deep = word('x');
  for (let i = 0; i < 100_000; i++) deep = or(deep, word('y'));
  expect(names(deep)).toHaveLength(100_001);
});

test('a statement gives the expressions that it has and no others', () => {
  const [addr, port] = [word('10.0.0.1'), word('80')];
  const base = { kind: 'dnat', span: NO_SPAN, flags: [] } as const;
  expect(statementExpressions({ ...base, addr, port })).toEqual([addr, port]);
  expect(statementExpressions({ ...base, port })).toEqual([port]);
  expect(statementExpressions(base)).toEqual([]);
});

test('integers are numbers as long as they are exact', () => {
  expect(integer(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
  expect(integer(2n ** 53n)).toBe(2n ** 53n);
  expect(integer(-5n)).toBe(-5);
});

test('spans of two sources do not join', () => {
  const a = { source: 0, start: 1, end: 2 };
  expect(joinSpans(a, { source: 0, start: 5, end: 9 })).toEqual({ source: 0, start: 1, end: 9 });
  expect(joinSpans(a, { source: 1, start: 5, end: 9 })).toBe(a);
});
