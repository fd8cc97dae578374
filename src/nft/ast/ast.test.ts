import { expect, test } from 'vitest';
import {
  type Expression,
  type ExpressionHandlers,
  integer,
  NO_SPAN,
  visitExpression,
} from './index.ts';

test('integers are numbers as long as they are exact', () => {
  expect(integer(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
  expect(integer(2n ** 53n)).toBe(2n ** 53n);
  expect(integer(-5n)).toBe(-5);
});

test('a visit calls the handler of the kind, with the node and the context', () => {
  const seen: unknown[] = [];
  const proxy = new Proxy(
    {},
    { get: (_, kind) => (e: Expression, cx: string) => seen.push(kind, e, cx) },
  );
  const expr: Expression = { kind: 'tcp option', span: NO_SPAN, name: 'maxseg' };
  visitExpression(proxy as ExpressionHandlers<string, number>, expr, 'context');
  expect(seen).toEqual(['tcp option', expr, 'context']);
});
