import { expect, test } from 'vitest';
import { compile } from './index.ts';

const TEXT = `table ip t {
  set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
  chain c { type filter hook input priority 0; ip saddr @s tcp dport 22 counter accept }
}`;

const IN_TABLE = { family: 'ip', table: 't' };
const field = (protocol: string, name: string) => ({ payload: { protocol, field: name } });
const JSON_TEXT = JSON.stringify({
  nftables: [
    { add: { table: { family: 'ip', name: 't' } } },
    { add: { chain: { ...IN_TABLE, name: 'c', type: 'filter', hook: 'input', prio: 0 } } },
    { add: { set: { ...IN_TABLE, name: 's', type: 'ipv4_addr', elem: ['10.0.0.1', '10.0.0.2'] } } },
    {
      add: {
        rule: {
          ...IN_TABLE,
          chain: 'c',
          expr: [
            { match: { op: '==', left: field('ip', 'saddr'), right: '@s' } },
            { match: { op: '==', left: field('tcp', 'dport'), right: 22 } },
            { counter: null },
            { accept: null },
          ],
        },
      },
    },
  ],
});

/** The rules of a batch, without their places. */
const expressions = (text: string): unknown[] =>
  compile({ name: 'f', text }).batch.flatMap((operation) =>
    operation.op === 'newrule' ? [operation.rule.exprs] : [],
  );

test('a ruleset in JSON compiles to the same rules as in text', () => {
  expect(compile({ name: 'f', text: JSON_TEXT }).diagnostics).toEqual([]);
  expect(expressions(TEXT)).toEqual([expect.arrayContaining([expect.anything()])]);
  expect(expressions(JSON_TEXT)).toEqual(expressions(TEXT));
});

test('a hundred and fifty thousand commands are one batch', () => {
  const text = `add table t\n${'add rule t c accept\n'.repeat(3)}${'add table t\n'.repeat(150_000)}`;
  const { batch } = compile({ name: 'f', text: `add table t\nadd chain t c\n${text}` });
  expect(batch.length).toBeGreaterThan(150_000);
});
