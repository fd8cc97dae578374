import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AcctObject } from '../program/index.ts';
import { Account, Accounting } from './acct.ts';

const limited = (mode: 'packet' | 'byte', value: bigint, packets = 0n, bytes = 0n): AcctObject => ({
  name: 'x',
  packets: String(packets),
  bytes: String(bytes),
  quota: { mode, value: String(value), over: false },
});

const U64 = 2n ** 64n;

describe('a quota', () => {
  test('answers as if all numbers had 64 bits', () => {
    const u64 = fc.bigInt({ min: 0n, max: U64 - 1n });
    const near = fc.bigInt({ min: 0n, max: 3000n });
    const lengths = fc.array(fc.integer({ min: 20, max: 1500 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.constantFrom('packet' as const, 'byte' as const),
        fc.oneof(u64, near),
        fc.oneof(near, u64),
        lengths,
        (mode, quota, begun, all) => {
          // What turns round is not what is asked here.
          fc.pre(begun + 12_000n < U64);
          const account = new Account(limited(mode, quota, begun, begun));
          let [packets, bytes] = [begun, begun];
          let isOver = false;
          for (const length of all) {
            packets += 1n;
            bytes += BigInt(length);
            const used = mode === 'packet' ? packets : bytes;
            isOver ||= used >= quota;
            expect(account.count(length)).toBe(used > quota);
            expect(account.isOver).toBe(isOver);
          }
          const { packets: p, bytes: b } = account.describe();
          expect([p, b]).toEqual([String(packets), String(bytes)]);
        },
      ),
    );
  });

  test('begins again when it is reset, and keeps its size', () => {
    const account = new Account(limited('packet', 1n, 9n, 900n));
    expect([account.count(40), account.isOver]).toEqual([true, true]);
    account.reset();
    expect(account.describe()).toEqual(limited('packet', 1n));
    expect([account.count(40), account.count(40)]).toEqual([false, true]);
  });
});

test('numbers of 64 bits turn round', () => {
  const account = new Account({ name: 'x', packets: '0', bytes: String(U64 - 10n) });
  expect(account.count(30)).toBe(true);
  expect(account.describe()).toMatchObject({ packets: '1', bytes: '20' });
});

test('what is kept comes back the same, in its order', () => {
  const kept = [limited('byte', 66n, 2n, 66n), { name: 'y', packets: '1', bytes: '2' }];
  kept[0] = { ...kept[0]!, quota: { mode: 'byte', value: '66', over: true } };
  const accounting = new Accounting();
  accounting.restore(kept);
  expect(accounting.save()).toEqual(kept);
});

test.each([
  ['', 'EINVAL'],
  ['a'.repeat(32), 'EINVAL'],
  ['a'.repeat(31), ''],
  ['there', 'EBUSY'],
])('an object named %j: %s', (name, errno) => {
  const accounting = new Accounting();
  accounting.add({ name: 'there', packets: '0', bytes: '0' });
  expect(accounting.add({ name, packets: '0', bytes: '0' })).toBe(errno);
});
