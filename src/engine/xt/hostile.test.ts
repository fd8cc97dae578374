// Any match of xtables and any bytes: a rule is taken or refused with an errno, and a packet gets a verdict.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConntrack } from '../../conntrack/index.ts';
import { Packet } from '../../core/index.ts';
import type { Expr } from '../../program/index.ts';
import { TransactionError } from '../index.ts';
import { base, bench, rule, table } from '../test-support.ts';

const small = fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 16, 20, 40, 255);
const hex = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''));
const pick = <T extends string>(...words: T[]): fc.Arbitrary<T> => fc.constantFrom(...words);

const u8 = fc.integer({ min: 0, max: 0xff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const range = fc
  .tuple(small, small)
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const asked = <T>(
  value: fc.Arbitrary<T>,
): fc.Arbitrary<{ value: T; invert: boolean } | undefined> =>
  fc.option(fc.record({ value, invert: fc.boolean() }), { nil: undefined });
const net = fc.record({ address: fc.constant('0a000000'), mask: fc.constant('ff000000') });
const ports = {
  sports: range,
  dports: range,
  invertSport: fc.boolean(),
  invertDport: fc.boolean(),
};
const bool = fc.boolean();

const INFOS: Readonly<Record<string, fc.Arbitrary<object>>> = {
  addrtype: fc.record({
    source: u8,
    dest: u8,
    invertSource: bool,
    invertDest: bool,
    limitIface: pick('none', 'in', 'out'),
  }),
  ah: fc.record({ spis: range, hdrlen: small, hdrres: bool, invertSpi: bool, invertLen: bool }),
  bpf: fc.record({
    mode: fc.constant('bytecode'),
    program: fc
      .array(
        fc.record({
          code: fc.constantFrom(0x30, 0x28, 0x20, 0x48, 0xb1, 0x15, 0x05, 0x54, 0x16, 0x06),
          jt: small,
          jf: small,
          k: u32,
        }),
        { minLength: 1, maxLength: 6 },
      )
      .map((all) => [
        ...all.map((one) => ({ ...one, jt: 0, jf: 0 })),
        { code: 6, jt: 0, jf: 0, k: 1 },
      ]),
  }),
  connbytes: fc.record({
    from: fc.constant('1'),
    to: fc.constant('100'),
    what: pick('packets', 'bytes', 'avgpkt'),
    direction: pick('original', 'reply', 'both'),
  }),
  connlabel: fc.record({ bit: fc.integer({ min: 0, max: 127 }), invert: bool, set: bool }),
  connlimit: fc.record({
    limit: small,
    prefix: fc.integer({ min: 0, max: 128 }),
    daddr: bool,
    invert: bool,
  }),
  conntrack: fc.record({
    state: asked(u8),
    proto: asked(u8),
    origsrc: asked(net),
    origsrcPort: asked(range),
    status: asked(u8),
    expires: asked(range),
    alias: bool,
  }),
  cluster: fc.record({
    totalNodes: fc.constantFrom(1, 8, 32),
    nodeMask: fc.constant(1),
    hashSeed: u32,
    invert: bool,
  }),
  dccp: fc.record({
    sports: asked(range),
    dports: asked(range),
    types: asked(u8),
    option: asked(u8),
  }),
  dst: fc.record({
    hdrlen: asked(small),
    options: fc.array(fc.record({ type: u8 }), { maxLength: 3 }),
    optionsGiven: bool,
    notStrict: fc.constant(false),
  }),
  ecn: fc.record({ ect: asked(fc.constantFrom(0, 1, 2, 3)) }),
  frag: fc.record({
    ids: range,
    invertId: bool,
    hdrlen: small,
    lenGiven: bool,
    invertLen: bool,
    res: bool,
    first: bool,
    more: bool,
    last: bool,
  }),
  hashlimit: fc.record({
    name: pick('a', 'b'),
    keys: fc.subarray(['srcip', 'srcport', 'dstip', 'dstport']),
    bytes: bool,
    invert: bool,
    rateMatch: bool,
    avg: small,
    burst: small,
    size: small,
    max: small,
    gcInterval: small,
    expire: small,
    interval: small,
    srcmask: small,
    dstmask: small,
  }),
  helper: fc.record({ name: pick('', 'ftp'), invert: bool }),
  icmp: fc.record({ type: u8, code: range, invert: bool }),
  iprange: fc.record({
    src: asked(fc.record({ from: fc.constant('0a000000'), to: fc.constant('0b000000') })),
  }),
  ipv6header: fc.record({ headers: u8, invert: bool, soft: bool }),
  limit: fc.record({ avg: u32, burst: small }),
  mac: fc.record({ address: fc.constant('020000000002'), invert: bool }),
  mh: fc.record({ types: range, invert: bool }),
  multiport: fc.record({
    flags: pick('source', 'destination', 'either'),
    ports: fc.array(range, { maxLength: 4 }),
    invert: bool,
  }),
  osf: fc.record({ genre: pick('Linux', 'unknown'), invert: bool }),
  owner: fc.record({ uid: asked(range), gid: asked(range), supplGroups: bool }),
  pkttype: fc.record({ pkttype: u8, invert: bool }),
  recent: fc.record({
    action: pick('set', 'rcheck', 'update', 'remove'),
    invert: bool,
    seconds: fc.constantFrom(0, 5),
    hitCount: fc.constantFrom(0, 1, 3),
    ttl: bool,
    reap: bool,
    name: pick('a', 'b'),
    side: pick('source', 'dest'),
    mask: fc.constant('ffffffff'),
  }),
  rpfilter: fc.record({ loose: bool, validMark: bool, acceptLocal: bool, invert: bool }),
  rt: fc.record({
    type: asked(small),
    segsleft: asked(range),
    len: asked(small),
    res: bool,
    addresses: fc.constant(['20010db8000000000000000000000001']),
    addressesGiven: bool,
    notStrict: bool,
  }),
  sctp: fc.record({
    sports: asked(range),
    chunks: asked(
      fc.record({
        how: pick('any', 'all', 'only'),
        types: fc.array(fc.record({ type: u8 }), { maxLength: 4 }),
      }),
    ),
  }),
  socket: fc.record({ transparent: bool, nowildcard: bool, restoreSkmark: bool }),
  srh: fc.record({ segsLeftEq: asked(u8), psid: asked(net), nsid: asked(net), lsid: asked(net) }),
  statistic: fc.record({
    mode: pick('random', 'nth'),
    invert: bool,
    probability: u32,
    every: small,
    packet: small,
    count: small,
  }),
  string: fc.record({
    from: small,
    to: u8,
    algo: pick('bm', 'kmp', 'fsm', 'x'),
    pattern: hex,
    invert: bool,
    icase: bool,
  }),
  tcp: fc.record({
    ...ports,
    option: u8,
    flagMask: u8,
    flagCmp: u8,
    invertFlags: bool,
    invertOption: bool,
  }),
  tcpmss: fc.record({ mss: range, invert: bool }),
  time: fc.record({
    dateStart: u32,
    dateStop: u32,
    daytimeStart: small,
    daytimeStop: small,
    monthdays: u32,
    weekdays: u8,
    kerneltz: bool,
    contiguous: bool,
  }),
  u32: fc.record({
    invert: bool,
    tests: fc.array(
      fc.record({
        steps: fc
          .array(fc.record({ op: pick('and', 'lshift', 'rshift', 'at'), number: u32 }), {
            maxLength: 4,
          })
          .chain((rest) => small.map((number) => [{ op: 'load' as const, number }, ...rest])),
        values: fc.array(range, { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
  }),
  udp: fc.record(ports),
};

const matchExpr: fc.Arbitrary<Expr> = fc
  .constantFrom(...Object.keys(INFOS))
  .chain((name) => INFOS[name]!.map((info) => ({ kind: 'match', name, rev: 0, info }) as const));

/** Random bytes behind a sound IPv4 or IPv6 header. */
const packets = fc
  .tuple(pick('ip', 'ip6'), fc.uint8Array({ minLength: 44, maxLength: 120 }))
  .map(([family, all]) => {
    if (family === 'ip') all.set([0x45, all[1]!, 0, all.length]);
    else all.set([0x60, 0, 0, 0, 0, all.length - 40]);
    return { family, all };
  });

test('no match and no packet makes the engine throw', () => {
  fc.assert(
    fc.property(
      fc.array(matchExpr, { minLength: 1, maxLength: 6 }),
      fc.array(packets, { minLength: 1, maxLength: 6 }),
      pick('prerouting', 'forward', 'output'),
      // What matches are checked against.
      fc.constantFrom(0, 1, 6, 17, 33, 51, 132, 135),
      (matches, all, hook, protocol) => {
        const b = bench((netns) => ({ conntrack: createConntrack(netns) }));
        const chain = { type: 'filter', hook, priority: 0, devices: [] } as const;
        const compat = protocol === 0 ? {} : { compat: { protocol, invert: false } };
        b.nft.apply([table('inet'), { ...base('c', { base: chain }), family: 'inet' }]);
        for (const match of matches) {
          try {
            b.nft.apply([{ ...rule('c', [match], compat), family: 'inet' }]);
          } catch (error) {
            if (!(error instanceof TransactionError)) throw error;
          }
        }
        b.netns.tracer = { enterHook: () => {}, leaveHook: () => {}, emit: () => {} };
        for (const { family, all: bytes } of all) {
          const packet = new Packet();
          packet.fill(bytes, 0);
          packet.protocol = family === 'ip' ? 0x0800 : 0x86dd;
          const verdict = b.netns.hooks.run(b.netns.hooks.point(family, hook), packet);
          expect(['accept', 'drop']).toContain(verdict.kind);
        }
        b.nft.list();
      },
    ),
    { numRuns: 500 },
  );
});
