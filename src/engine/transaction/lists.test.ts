import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch, Change } from '../../program/index.ts';
import { TransactionError } from '../index.ts';
import { base, bench, chain, counter, rule, table, verdict } from '../test-support.ts';

const T = { family: 'ip', table: 't' } as const;
const OTHERS = ['a', 'b', 'd', 'e'] as const;
const comment = (n: number) => rule('c', [counter, verdict('accept')], { comment: `${n}` });

const change = fc.record({
  op: fc.constantFrom('add', 'insert', 'insert', 'replace', 'delete', 'delete', 'flush', 'chain'),
  at: fc.nat({ max: 7 }),
});

/** The changes, and the rules and chains that are to be there behind them. */
function carriedOut(drawn: readonly { readonly op: string; readonly at: number }[]) {
  const rules = ['1', '2', '3'];
  const chains: string[] = ['c', ...OTHERS];
  const batch: Change[] = [];
  for (const [i, { op, at }] of drawn.entries()) {
    const name = `${i + 10}`;
    if (op === 'add') {
      rules.push(name);
      batch.push(comment(i + 10));
    } else if (op === 'flush') {
      rules.length = 0;
      batch.push({ ...T, op: 'delrule', destroy: false, chain: 'c' });
    } else if (op === 'chain') {
      const other = OTHERS[at % OTHERS.length]!;
      const known = chains.indexOf(other);
      if (known < 0) chains.push(other);
      else chains.splice(known, 1);
      batch.push(
        known < 0 ? chain(other) : { ...T, op: 'delchain', destroy: false, chain: { name: other } },
      );
    } else if (rules.length > 0) {
      const index = at % rules.length;
      if (op === 'delete')
        batch.push({ ...T, op: 'delrule', destroy: false, chain: 'c', rule: { index } });
      else batch.push({ ...comment(i + 10), where: op as 'insert' | 'replace', index });
      rules.splice(index, op === 'insert' ? 0 : 1, ...(op === 'delete' ? [] : [name]));
    }
  }
  return { batch, rules, chains };
}

const SETUP: Batch = [table(), base(), comment(1), comment(2), comment(3), ...OTHERS.map(chain)];

test('many changes of one chain in a batch stand where each said, or none of them does', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), (drawn) => {
      const { nft } = bench();
      nft.apply(SETUP);
      const before = JSON.stringify(nft.list());
      const { batch, rules, chains } = carriedOut(drawn);
      expect(() => nft.apply([...batch, { ...comment(0), chain: 'nowhere' }])).toThrow(
        TransactionError,
      );
      expect(JSON.stringify(nft.list())).toBe(before);
      nft.apply(batch);
      const [now] = nft.list().tables;
      expect(now!.chains.map(({ name }) => name)).toEqual(chains);
      expect(now!.chains[0]!.rules.map((one) => one.comment)).toEqual(rules);
    }),
  );
});
