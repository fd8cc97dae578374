// What a kernel 6.18 on x86-64 answered for the same keys and seed: `meta mark set jhash … mod
// 1000000 seed 0x1234`, the mark added to a set.

import { expect, test } from 'vitest';
import type { Expr } from '../program/index.ts';
import { base, bench, load, rule, run, table, udp } from './test-support.ts';

function markBy(key: readonly Expr[], len: number, offset = 0): number {
  const b = bench();
  const hash: Expr = {
    kind: 'hash',
    type: 'jenkins',
    sreg: 1,
    len,
    seed: 0x1234,
    autoSeed: false,
    modulus: 1_000_000,
    offset,
    dreg: 1,
  };
  b.nft.apply([
    table(),
    base(),
    rule('c', [...key, hash, { kind: 'meta-set', key: 'mark', sreg: 1 }]),
  ]);
  const packet = udp(b, { dst: 0x7f000005, dport: 53 });
  packet.mark = 0x01020304;
  run(b, packet);
  return packet.mark;
}

test('jhash over an address', () => {
  expect(markBy([load('network', 16, 4)], 4)).toBe(0x7d6cb);
});

test('over a concatenation, the port padded to four bytes', () => {
  expect(markBy([load('network', 16, 4), load('transport', 2, 2, 9)], 8)).toBe(0xd6759);
});

test("over a number of the host, in the host's byte order", () => {
  expect(markBy([{ kind: 'meta', key: 'mark', dreg: 1 }], 4)).toBe(0xf296b);
});

test('and with more than twelve bytes, plus the offset', () => {
  const one = '00000000000000000000000000000001';
  const localhost: Expr = { kind: 'immediate', dreg: 1, data: { kind: 'value', bytes: one } };
  expect(markBy([localhost], 16)).toBe(0xa4a5f);
  expect(markBy([localhost, load('transport', 2, 2, 12)], 20, 7)).toBe(0x16289);
});
