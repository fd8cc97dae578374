import { describe, expect, test } from 'vitest';
import { ACCEPT } from '../core/index.ts';
import { Bed } from './bed.ts';
import { IPS_EXPECTED, NF_CT_EXPECT_INACTIVE, NF_CT_EXPECT_PERMANENT } from './constants.ts';
import type { Expectation } from './expect.ts';
import { matchesMask } from './expect.ts';
import type { ExpectationRequest } from './expectations.ts';
import { stateName } from './state.ts';
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
    fn: '',
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
  bed.ct.store.expectations.insert(expectation(bed, change));
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

  test('is not used up by a packet that only looks', () => {
    const bed = announced();
    for (const state of ['RELATED', 'RELATED']) {
      bed.load(DATA).ct = bed.ct.template(0, 3, { looks: true });
      bed.run('prerouting');
      expect(stateName(bed.packet)).toBe(state);
      bed.packet.ct = 0;
    }
    expect(bed.ct.expectations.size).toBe(1);
  });

  test.each([
    ['inactive', { flags: NF_CT_EXPECT_INACTIVE }],
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
    const bed = announced({ fn: 'note' });
    bed.ct.store.expectFunctions.set('note', (made) => {
      slot = made;
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

describe('adding', () => {
  const request = (bed: Bed, change: Partial<ExpectationRequest> = {}): ExpectationRequest => {
    const { tuple, mask, master } = expectation(bed);
    return { tuple, mask, master, timeout: 60, ...change };
  };
  const beds = (): Bed => {
    const bed = new Bed();
    bed.send(`${CONTROL} syn seq 1`);
    return bed;
  };

  test('equal ones replace each other, overlapping ones clash, and there is a limit', () => {
    const bed = beds();
    const { expectations } = bed.ct;
    bed.sysctl('expect_max', 2);
    expect(expectations.add(request(bed))).toBe('ok');
    expect(expectations.add(request(bed))).toBe('ok');
    expect(expectations.size).toBe(1);
    expect(expectations.add(request(bed, { class: 1 }))).toBe('exists');
    expect(expectations.add(request(bed, { mask: createTuple() }))).toBe('busy');
    const far = (host: number): ExpectationRequest => {
      const one = request(bed);
      one.tuple[4] = host;
      return one;
    };
    expect(expectations.add(far(1))).toBe('ok');
    expect(expectations.add(far(2))).toBe('full');
    expect([...expectations.list()]).toHaveLength(2);
  });

  test('the same one of another connection clashes; asked not to mind, it exists', () => {
    const bed = beds();
    expect(bed.ct.expectations.add(request(bed))).toBe('ok');
    bed.send('tcp 10.0.0.1:1001 > 10.0.0.2:21 syn seq 1');
    expect(bed.ct.expectations.add(request(bed))).toBe('busy');
    expect(bed.ct.expectations.add(request(bed, { skipMaster: true }))).toBe('exists');
  });

  test('the oldest of a class gives way where the helper allows no more', () => {
    const bed = new Bed();
    bed.ct.store.helpers.register({
      name: 'two',
      families: ['ip'],
      protocols: [6],
      policies: [
        { name: 'data', maxExpected: 2, timeout: 30 },
        { name: 'more', maxExpected: 0, timeout: 5 },
      ],
      help: () => ACCEPT,
      fresh: () => null,
    });
    bed.load(`${CONTROL} syn seq 1`);
    bed.run('prerouting');
    bed.ct.setHelper(bed.packet.ct, 'two');
    bed.run('postrouting');
    const at = (port: number, of = 0): string => {
      const one = request(bed, { class: of });
      one.tuple[T_PORTS] = port;
      return bed.ct.expectations.add(one);
    };
    expect([at(1), at(2), at(3), at(9, 1)]).toEqual(['ok', 'ok', 'ok', 'ok']);
    const ports = (): number[] => [...bed.ct.expectations.list()].map((e) => e.tuple[T_PORTS]!);
    expect(ports()).toEqual([2, 3, 9]);
    bed.advance(5);
    expect(ports()).toEqual([2, 3]);
    expect(bed.ct.expectations.lines()[0]).toBe(
      '25 proto=6 src=10.0.0.2 dst=10.0.0.1 sport=0 dport=2 mask-src=255.255.255.255 ' +
        'mask-dst=255.255.255.255 sport=0 dport=65535 master-src=10.0.0.1 master-dst=10.0.0.2 ' +
        'sport=1000 dport=21 class=0 helper=two',
    );
  });
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
