// The fused image must do what the expressions do one by one. The traced walk evaluates them one
// by one, so any ruleset and any packets have to come out the same from both.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch, Expr } from '../../program/index.ts';
import {
  base,
  bench,
  chain,
  cmp,
  counter,
  elements,
  jump,
  load,
  lookup,
  rule,
  run,
  set,
  table,
  trace,
  udp,
  verdict,
} from '../test-support.ts';

const byte = fc.constantFrom('00', '01', '02', '35', '11');
const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.array(byte, { minLength: bytes, maxLength: bytes }).map((all) => all.join(''));
const op = fc.constantFrom('eq' as const, 'neq' as const);

/** A load, perhaps a mask, and a comparison of as many bytes or fewer. */
const test_ = fc
  .tuple(
    fc.constantFrom('network' as const, 'transport' as const),
    fc.constantFrom(0, 1, 2, 9, 12, 16, 28),
    fc.constantFrom(1, 2, 3, 4, 6),
    fc.boolean(),
    fc.integer({ min: 1, max: 6 }),
    op,
  )
  .chain(([where, offset, len, masked, wanted, how]) =>
    fc.tuple(hexOf(len), hexOf(Math.min(len, wanted))).map(([mask, data]): Expr[] => [
      load(where, offset, len),
      ...(masked
        ? [
            {
              kind: 'bitwise' as const,
              op: 'mask-xor' as const,
              sreg: 1,
              dreg: 1,
              len,
              mask,
              xor: '00'.repeat(len),
            },
          ]
        : []),
      cmp(data, how),
    ]),
  );

/** Like an everyday block list: rules that differ in one value only. */
const port = fc
  .constantFrom('0035', '0001', '0111', '3535')
  .map((data) => [load('transport', 2, 2), cmp(data)]);
const key = fc
  .tuple(fc.constantFrom('l4proto', 'nfproto', 'mark', 'iifname', 'oifname', 'len'), op, hexOf(2))
  .map(([name, how, data]): Expr[] => [
    { kind: 'meta', key: name, dreg: 1 },
    cmp(
      name === 'iifname' || name === 'oifname'
        ? '65746830'
        : data.slice(0, name === 'mark' ? 4 : 2),
      how,
    ),
  ]);
const state = fc
  .constantFrom('00000001', '00000040')
  .map((mask): Expr[] => [
    { kind: 'ct', key: 'state', dreg: 1 },
    { kind: 'bitwise', op: 'mask-xor', sreg: 1, dreg: 1, len: 4, mask, xor: '00000000' },
    cmp('00000000', 'neq'),
  ]);
const effect = fc.oneof(
  fc.constant<Expr[]>([counter]),
  // Reads the register that a test before it left behind.
  fc.constant<Expr[]>([
    { kind: 'meta', key: 'mark', dreg: 1 },
    { kind: 'meta-set', key: 'mark', sreg: 1 },
  ]),
  fc.constant<Expr[]>([
    load('network', 12, 4),
    cmp('0a'),
    { kind: 'meta-set', key: 'mark', sreg: 1 },
  ]),
  fc.constant<Expr[]>([load('transport', 2, 2), lookup('s')]),
  fc.constant<Expr[]>([
    load('transport', 0, 2),
    {
      kind: 'payload-write',
      base: 'transport',
      offset: 2,
      len: 2,
      sreg: 1,
      csumType: 'none',
      csumOffset: 0,
      csumFlags: 0,
    },
  ]),
  fc.constant<Expr[]>([
    { kind: 'numgen', type: 'inc', modulus: 3, offset: 0, dreg: 1 },
    cmp('00000001'),
  ]),
);
const end = fc.constantFrom<Expr[]>(
  [],
  [],
  [],
  [verdict('accept')],
  [verdict('drop')],
  [verdict('return')],
  [jump('a')],
  [jump('b', 'goto')],
);
const exprs = fc
  .tuple(fc.array(fc.oneof(test_, key, state, effect, port), { maxLength: 3 }), end)
  .map(([all, last]) => [...all.flat(), ...last]);
const list = fc.array(
  port.map((test) => [...test, counter]),
  { minLength: 8, maxLength: 12 },
);
const rules = fc
  .tuple(
    fc.array(exprs, { maxLength: 6 }),
    fc.oneof(list, fc.constant([])),
    fc.array(exprs, { maxLength: 4 }),
  )
  .map((parts) => parts.flat());

test('the fused image and the expressions one by one agree', () => {
  fc.assert(
    fc.property(
      fc.tuple(rules, rules, rules),
      fc.array(fc.constantFrom(0, 1, 0x35, 0x3535), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      ([c, a, b], ports, short) => {
        // Only downwards, or the chains would loop.
        const without = (all: Expr[][], names: string[]): Expr[][] =>
          all.map((one) =>
            one.filter((e) => {
              const data =
                e.kind === 'immediate' && e.data.kind === 'verdict' ? e.data.verdict : undefined;
              return !(data !== undefined && 'chain' in data && names.includes(data.chain));
            }),
          );
        const batch: Batch = [
          table(),
          set({ name: 's', keyLen: 2, keyType: 'inet_service' }),
          elements('s', [{ key: '0035' }]),
          chain('b'),
          chain('a'),
          base(),
          ...without(b, ['a', 'b']).map((e) => rule('b', e)),
          ...without(a, ['a']).map((e) => rule('a', e)),
          ...c.map((e) => rule('c', e)),
        ];
        const fast = bench();
        const slow = bench();
        fast.nft.apply(batch);
        slow.nft.apply(batch);
        for (const dport of ports) {
          const p = udp(fast, { dport, length: short ? 0 : 8 });
          const q = udp(slow, { dport, length: short ? 0 : 8 });
          const verdictFast = run(fast, p).kind;
          trace(slow, q);
          expect(p.mark).toBe(q.mark);
          expect(p.frameBytes().join()).toBe(q.frameBytes().join());
          expect(verdictFast === 'drop' ? 'NETFILTER_DROP' : '').toBe(q.dropReason);
        }
        expect(JSON.stringify(fast.nft.list())).toBe(JSON.stringify(slow.nft.list()));
        expect(fast.nft.policyHits('ip', 't', 'c')).toEqual(slow.nft.policyHits('ip', 't', 'c'));
      },
    ),
    { numRuns: 300 },
  );
});
