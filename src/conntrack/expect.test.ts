import { describe, expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { IPS_EXPECTED, NF_CT_EXPECT_INACTIVE, NF_CT_EXPECT_PERMANENT } from './constants.ts';
import type { Expectation } from './expect.ts';
import { matchesMask } from './expect.ts';
import { createTuple, T_PORTS, T_PROTO } from './tuple.ts';

const CONTROL = 'tcp 10.0.0.1:1000 > 10.0.0.2:21';
const DATA = 'tcp 10.0.0.2:20 > 10.0.0.1:4321 syn';

/** From 10.0.0.2, any port, to 10.0.0.1:4321, announced by the entry of the loaded packet. */
function expectation(bed: Bed, change: Partial<Expectation> = {}): Expectation {
  const tuple = createTuple();
  const mask = createTuple();
  tuple[0] = 0x0a000002;
  tuple[4] = 0x0a000001;
  tuple[T_PORTS] = 4321;
  tuple[T_PROTO] = 2 | (6 << 8);
  mask.fill(-1, 0, 4);
  const master = bed.packet.ct;
  return {
    tuple,
    mask,
    master,
    masterId: bed.ct.id(master) | 0,
    zone: 0,
    class: 0,
    flags: 0,
    helper: '',
    expectFn: null,
    direction: 0,
    savedAddress: [0, 0, 0, 0],
    savedPort: 0,
    deadline: Number.POSITIVE_INFINITY,
    ...change,
  };
}

function announced(change: Partial<Expectation> = {}): Bed {
  const bed = new Bed();
  bed.send(`${CONTROL} syn seq 1`);
  bed.ct.setMark(bed.packet.ct, 9);
  bed.ct.store.expectations.add(expectation(bed, change), 0, 10);
  return bed;
}

describe('an expectation', () => {
  test('makes the connection it announces RELATED, with the mark of its master', () => {
    const bed = announced();
    expect(bed.send(DATA)).toBe('RELATED');
    expect(bed.ct.mark(bed.packet.ct)).toBe(9);
    expect(bed.ct.status(bed.packet.ct) & IPS_EXPECTED).toBe(IPS_EXPECTED);
    expect(bed.ct.entryOf(bed.packet.ct).master).toBe(1);
  });

  test('is used up, unless it is permanent', () => {
    const other = 'tcp 10.0.0.2:22 > 10.0.0.1:4321 syn';
    const once = announced();
    expect([once.send(DATA), once.send(other)]).toEqual(['RELATED', 'NEW']);
    const permanent = announced({ flags: NF_CT_EXPECT_PERMANENT });
    expect([permanent.send(DATA), permanent.send(other)]).toEqual(['RELATED', 'RELATED']);
  });

  test.each([
    ['inactive', { flags: NF_CT_EXPECT_INACTIVE }],
    ['over', { deadline: 5 }],
    ['of another zone', { zone: 3 }],
  ])('that is %s counts for nothing', (_, change) => {
    const bed = announced(change);
    bed.clock.advance(10);
    expect(bed.send(DATA)).toBe('NEW');
  });

  test('goes with its master', () => {
    const bed = announced();
    expect(bed.ct.store.expectations.size).toBe(1);
    bed.ct.connections.flush();
    expect(bed.ct.store.expectations.size).toBe(0);
  });

  test('runs its function before the packet goes on', () => {
    let slot = 0;
    const bed = announced({
      expectFn: (made) => {
        slot = made;
      },
    });
    bed.send(DATA);
    expect(slot).toBe(bed.packet.ct);
  });
});

test('masks cover the source part only', () => {
  const [tuple, wanted, mask] = [createTuple(), createTuple(), createTuple()];
  tuple[0] = 5;
  tuple[T_PORTS] = (7 << 16) | 80;
  wanted[T_PORTS] = 80;
  expect(matchesMask(tuple, wanted, mask)).toBe(true);
  mask[0] = -1;
  expect(matchesMask(tuple, wanted, mask)).toBe(false);
  wanted[0] = 5;
  mask[T_PORTS] = 0xffff << 16;
  expect(matchesMask(tuple, wanted, mask)).toBe(false);
  wanted[T_PORTS] = (7 << 16) | 81;
  expect(matchesMask(tuple, wanted, mask)).toBe(false);
});

test('adding: equal ones replace, overlapping ones clash, and there is a limit', () => {
  const bed = new Bed();
  bed.send(`${CONTROL} syn seq 1`);
  const table = bed.ct.store.expectations;
  const one = expectation(bed);
  expect(table.add(one, 0, 2)).toBe('ok');
  expect(table.add(expectation(bed), 0, 2)).toBe('ok');
  expect(table.size).toBe(1);
  expect(table.add(expectation(bed, { class: 1 }), 0, 2)).toBe('exists');
  expect(table.add(expectation(bed, { mask: createTuple() }), 0, 2)).toBe('busy');
  const far = expectation(bed);
  far.tuple[4] = 1;
  expect(table.add(far, 0, 1)).toBe('full');
  expect(table.add(far, 0, 2)).toBe('ok');
  expect([...table.list(0)]).toHaveLength(2);
  expect(table.remove(far)).toBe(true);
  expect(table.remove(far)).toBe(false);
});

describe('announced by a helper, an expectation', () => {
  const announce = (bed: Bed, timeout: number): string => {
    const { tuple, mask, master } = expectation(bed);
    return bed.ct.expectations.add({ tuple, mask, master, timeout });
  };

  test('ends by the clock, and is told of', () => {
    const bed = new Bed();
    const seen: string[] = [];
    bed.send(`${CONTROL} syn seq 1`);
    bed.ct.connections.events(({ type }) => seen.push(type));
    expect(announce(bed, 10)).toBe('ok');
    expect([...bed.ct.expectations.list()]).toHaveLength(1);
    bed.advance(10);
    expect(bed.ct.expectations.size).toBe(0);
    expect(seen).toEqual(['expect-new', 'expect-destroy']);
    expect(bed.send(DATA)).toBe('NEW');
  });

  test('can be taken back, and all of them', () => {
    const bed = new Bed();
    bed.send(`${CONTROL} syn seq 1`);
    announce(bed, 10);
    const [one] = [...bed.ct.expectations.list()];
    expect([bed.ct.expectations.remove(one!), bed.ct.expectations.remove(one!)]).toEqual([
      true,
      false,
    ]);
    announce(bed, 10);
    bed.ct.expectations.flush();
    expect(bed.ct.expectations.size).toBe(0);
  });

  test('counts towards nf_conntrack_expect_max', () => {
    const bed = new Bed();
    bed.sysctl('expect_max', 0);
    bed.send(`${CONTROL} syn seq 1`);
    expect(announce(bed, 10)).toBe('full');
  });
});
