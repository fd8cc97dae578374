// Matches that keep something, on virtual time. What they read of headers is judged by the kernel
// (test/kernel/cases/xt-*.ts).

import { expect, test } from 'vitest';
import type { Expr, XtInfo } from '../../../program/index.ts';
import { type Bench, base, bench, rule, run, table, udp, verdict } from '../../test-support.ts';

const SECOND = 1e9;

const match = (name: string, info: XtInfo): Expr => ({ kind: 'match', name, rev: 0, info });

/** Drops what the match matches. */
function dropping(...matches: readonly Expr[]): Bench {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [...matches, verdict('drop')])]);
  return b;
}

const from = (b: Bench, host: number): string => run(b, udp(b, { src: 0x0a000000 + host })).kind;

const recent = (more: object): Expr =>
  match('recent', {
    action: 'rcheck',
    invert: false,
    seconds: 0,
    hitCount: 0,
    ttl: false,
    reap: false,
    name: 'a',
    side: 'source',
    mask: 'ffffffff',
    ...more,
  });

test('a list knows an address until its time is over', () => {
  const b = bench();
  const accept = rule('c', [recent({ action: 'set' }), verdict('accept')]);
  b.nft.apply([table(), base(), rule('c', [recent({ seconds: 5 }), verdict('drop')]), accept]);
  expect(from(b, 1)).toBe('accept');
  expect(from(b, 1)).toBe('drop');
  expect(from(b, 2)).toBe('accept');
  b.clock.advance(5 * SECOND);
  expect(from(b, 1)).toBe('drop');
  b.clock.advance(1);
  expect(from(b, 1)).toBe('accept');
});

test('a list forgets who was not seen for longest when it is full', () => {
  const b = bench();
  const accept = rule('c', [recent({ action: 'set' }), verdict('accept')]);
  b.nft.apply([table(), base(), rule('c', [recent({}), verdict('drop')]), accept]);
  for (let host = 1; host <= 101; host++) expect(from(b, host)).toBe('accept');
  expect(from(b, 2)).toBe('drop');
  expect(from(b, 1)).toBe('accept');
});

const hashlimit = (more: object): Expr =>
  match('hashlimit', {
    name: 'h',
    keys: ['srcip'],
    bytes: false,
    invert: false,
    rateMatch: false,
    avg: 1_000_000,
    burst: 2,
    size: 0,
    max: 0,
    gcInterval: 1000,
    expire: 10_000,
    interval: 0,
    srcmask: 32,
    dstmask: 32,
    ...more,
  });

test('each source has a bucket that fills up again', () => {
  const b = dropping(hashlimit({}));
  expect([1, 1, 1, 2].map((host) => from(b, host))).toEqual(['drop', 'drop', 'accept', 'drop']);
  b.clock.advance(SECOND - 1);
  expect(from(b, 1)).toBe('accept');
  b.clock.advance(1);
  expect(from(b, 1)).toBe('drop');
});

test('a full table drops whom it does not know', () => {
  const b = bench();
  b.nft.apply([table(), base(), rule('c', [hashlimit({ size: 1, max: 1 }), verdict('accept')])]);
  expect([1, 1, 2].map((host) => from(b, host))).toEqual(['accept', 'accept', 'drop']);
  b.clock.advance(11 * SECOND);
  expect(from(b, 2)).toBe('accept');
});

const time = (more: object): Expr =>
  match('time', {
    dateStart: 0,
    dateStop: 0x7fffffff,
    daytimeStart: 0,
    daytimeStop: 86_399,
    monthdays: 0xfffffffe,
    weekdays: 0xfe,
    kerneltz: false,
    contiguous: false,
    ...more,
  });

// The clock of the bench begins on Tuesday, 14 November 2023, at 22:13:20.
test.each([
  ['a day of the week', { weekdays: 1 << 2 }, 'drop'],
  ['another day of the week', { weekdays: 1 << 3 }, 'accept'],
  ['a day of the month', { monthdays: 1 << 14 }, 'drop'],
  ['another day of the month', { monthdays: 1 << 15 }, 'accept'],
  ['an hour', { daytimeStart: 22 * 3600, daytimeStop: 23 * 3600 }, 'drop'],
  ['an hour past', { daytimeStart: 21 * 3600, daytimeStop: 22 * 3600 }, 'accept'],
  ['a night', { daytimeStart: 22 * 3600, daytimeStop: 3600 }, 'drop'],
  ['a date that has not come', { dateStart: 1_700_000_001 }, 'accept'],
  ['a date that is over', { dateStop: 1_699_999_999 }, 'accept'],
])('time: %s', (_, info, want) => {
  expect(from(dropping(time(info)), 1)).toBe(want);
});

test('a night that is contiguous belongs to the day it began', () => {
  const night = { daytimeStart: 22 * 3600, daytimeStop: 3600, weekdays: 1 << 2 };
  const [plain, contiguous] = [false, true].map((one) =>
    dropping(time({ ...night, contiguous: one })),
  );
  for (const b of [plain!, contiguous!]) b.clock.advance(2 * 3600 * SECOND);
  expect(from(plain!, 1)).toBe('accept');
  expect(from(contiguous!, 1)).toBe('drop');
});

test('a quota is used up by the packet that does not fit', () => {
  // 32 bytes each.
  const b = dropping(match('quota', { quota: '70', invert: false }));
  expect([1, 1, 1, 1].map((host) => from(b, host))).toEqual(['drop', 'drop', 'accept', 'accept']);
});

test('one of every three packets, beginning where it was told', () => {
  const nth = { mode: 'nth', invert: false, probability: 0, every: 2, packet: 1, count: 1 };
  const b = dropping(match('statistic', nth));
  expect([1, 1, 1, 1, 1].map((host) => from(b, host))).toEqual([
    'accept',
    'drop',
    'accept',
    'accept',
    'drop',
  ]);
});

test.each([
  [
    'a match of another table',
    'rpfilter',
    { loose: false, validMark: false, acceptLocal: false, invert: false },
  ],
  ['a match of another hook', 'owner', { supplGroups: false }],
  ['a match of another protocol', 'tcpmss', { mss: { min: 0, max: 1 }, invert: false }],
  [
    'a program without an end',
    'bpf',
    { mode: 'bytecode', program: [{ code: 0x30, jt: 0, jf: 0, k: 9 }] },
  ],
  [
    'a jump out of a program',
    'bpf',
    {
      mode: 'bytecode',
      program: [
        { code: 0x15, jt: 9, jf: 0, k: 1 },
        { code: 6, jt: 0, jf: 0, k: 1 },
      ],
    },
  ],
  [
    'a pattern of no bytes',
    'string',
    { from: 0, to: 9, algo: 'bm', pattern: '', invert: false, icase: false },
  ],
])('%s is refused', (_, name, info) => {
  expect(() => dropping(match(name, info))).toThrow();
});

test('what is not modelled is kept, and verdicts depend on it', () => {
  const b = dropping(match('nfacct', { name: 'x' }));
  const packet = udp(b);
  expect(run(b, packet).kind).toBe('accept');
  expect(packet.depends).toEqual(['match nfacct']);
});
