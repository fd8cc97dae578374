import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch, Change, Expr, Program, SetElement } from '../../program/index.ts';
import {
  assembleBatch,
  blamedAt,
  datagram,
  decodeError,
  decodeNft,
  encodeBatch,
  type NftMessage,
  resetRequest,
  splitMessages,
} from '../index.ts';

/** Sends a batch through bytes and back, on a host of either order. */
function through(batch: Batch, littleEndian: boolean): Batch {
  const bytes = datagram(encodeBatch(batch, { littleEndian }).messages, littleEndian);
  const { messages, error } = splitMessages(bytes, littleEndian);
  expect(error).toBe(undefined);
  const read = messages.slice(1, -1).map((m): NftMessage => {
    const got = decodeNft(m.type & 0xff, m.flags, m.payload, { littleEndian });
    if (!got.ok) throw new Error(got.error);
    return got;
  });
  return assembleBatch(read, { littleEndian });
}

type NewRule = Extract<Change, { op: 'newrule' }>;

const ruleOf = (exprs: readonly Expr[]): Change => ({
  op: 'newrule',
  family: 'inet',
  table: 't',
  chain: 'c',
  rule: { exprs },
  where: 'add',
});

/** The hex of the constants in the messages of one rule, as the kernel sees them. */
function wireConstants(exprs: readonly Expr[]): readonly string[] {
  const { messages } = encodeBatch([ruleOf(exprs)], { littleEndian: true });
  const m = messages[1]!;
  // Read as a big-endian host would, values come back as they stand in the message.
  const read = decodeNft(m.type & 0xff, m.flags, m.payload, { littleEndian: true });
  if (!read.ok || read.kind !== 'change' || read.change.op !== 'newrule')
    throw new Error('no rule');
  return read.change.rule.exprs.flatMap((e) =>
    e.kind === 'cmp'
      ? [e.data]
      : e.kind === 'bitwise' && e.op === 'mask-xor'
        ? [e.mask, e.xor]
        : e.kind === 'immediate' && e.data.kind === 'value'
          ? [e.data.bytes]
          : [],
  );
}

const cmp = (data: string, sreg = 1): Expr => ({ kind: 'cmp', sreg, op: 'eq', data });
const immediate = (bytes: string, dreg = 1): Expr => ({
  kind: 'immediate',
  dreg,
  data: { kind: 'value', bytes },
});
const mask = (m: string, x: string): Expr => ({
  kind: 'bitwise',
  sreg: 1,
  dreg: 1,
  len: m.length / 2,
  op: 'mask-xor',
  mask: m,
  xor: x,
});
const payload: Expr = { kind: 'payload', base: 'network', offset: 12, len: 4, dreg: 1 };
const mark: Expr = { kind: 'meta', key: 'mark', dreg: 1 };

test.each<{ name: string; exprs: readonly Expr[]; want: readonly string[] }>([
  { name: 'an address stays', exprs: [payload, cmp('0a000001')], want: ['0a000001'] },
  { name: 'a mark is turned', exprs: [mark, cmp('00000001')], want: ['01000000'] },
  {
    name: 'a mask takes the order of what it masks',
    exprs: [mark, mask('000000ff', '00000100'), cmp('00000001')],
    want: ['ff000000', '00010000', '01000000'],
  },
  {
    name: 'a range over a mark was turned in the rule',
    exprs: [
      mark,
      { kind: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 4, size: 4 },
      cmp('00000001'),
    ],
    want: ['00000001'],
  },
  {
    name: 'a constant takes the order of where it goes',
    exprs: [immediate('00000005'), { kind: 'meta-set', key: 'mark', sreg: 1 }],
    want: ['05000000'],
  },
  {
    name: 'a zone is two bytes',
    exprs: [immediate('0005'), { kind: 'ct-set', key: 'zone', sreg: 1 }],
    want: ['0500'],
  },
  {
    name: 'a port to translate to stays',
    exprs: [
      immediate('0050'),
      { kind: 'nat', type: 'dnat', family: 'inet', regProtoMin: 1, flags: 0 },
    ],
    want: ['0050'],
  },
  {
    name: 'a concatenation is turned field by field',
    exprs: [payload, { kind: 'meta', key: 'mark', dreg: 9 }, cmp('0a00000100000007')],
    want: ['0a00000107000000'],
  },
  {
    name: 'a count of bytes is eight',
    exprs: [{ kind: 'ct', key: 'bytes', dreg: 1 }, cmp('0000000000000064')],
    want: ['6400000000000000'],
  },
])('byte order on a little-endian host: $name', ({ exprs, want }) => {
  expect(wireConstants(exprs)).toEqual(want);
});

const set = (over: Partial<Extract<Change, { op: 'newset' }>['set']>): Change => ({
  op: 'newset',
  family: 'inet',
  table: 't',
  create: false,
  set: { name: 's', flags: [], keyType: 'ipv4_addr', keyLen: 4, exprs: [], ...over },
});
const elements = (...all: readonly SetElement[]): Change => ({
  op: 'newelem',
  family: 'inet',
  table: 't',
  create: false,
  set: 's',
  elements: all,
});

test.each<{ name: string; batch: Batch }>([
  {
    name: 'ranges, one of them open, that touch',
    batch: [
      set({ flags: ['interval'] }),
      elements(
        { key: '0a000000', keyEnd: '0a0000ff' },
        { key: '0a000100' },
        { key: 'f0000000', keyEnd: 'ffffffff', comment: 'open' },
      ),
    ],
  },
  {
    name: 'a range from zero and a catchall',
    batch: [
      set({ flags: ['interval'] }),
      elements({ key: '00000000', keyEnd: '00000001' }, { key: '', catchall: true }),
    ],
  },
  {
    name: 'marks with timeouts and counters',
    batch: [
      set({ flags: ['timeout'], keyType: 'mark', timeout: 60000 }),
      elements({
        key: '00000001',
        timeout: 1000,
        exprs: [{ kind: 'counter', packets: 1, bytes: 2 }],
      }),
    ],
  },
  {
    name: 'a map of ranges of addresses',
    batch: [
      set({ dataType: 'ipv4_addr', dataLen: 4, dataInterval: true }),
      elements({
        key: '0a000001',
        data: { kind: 'value', bytes: '01020304' },
        dataEnd: '01020309',
      }),
    ],
  },
  {
    name: 'what newer kernels say of an element, of a range, too',
    batch: [
      set({ flags: ['interval'] }),
      elements({
        key: '0a000000',
        keyEnd: '0a0000ff',
        attributes: { 77: '01', 300: 'c0ffee0000000001' },
      }),
    ],
  },
])('sets come back: $name', ({ batch }) => {
  const sorted = [...through(batch, true)];
  expect(sorted).toMatchObject(batch.map((change) => ({ ...change })));
});

/** Entries no version of nft writes, and bytes that are no entries. */
const FOREIGN = { entry: '7f03010203', bytes: 'ffee' };

test.each<{ name: string; batch: Batch }>([
  {
    name: 'of elements, beside a comment',
    batch: [set({}), elements({ key: '0a000001', comment: 'mine', userdata: FOREIGN.entry })],
  },
  { name: 'of sets', batch: [set({ comment: 'mine', userdata: FOREIGN.entry })] },
  {
    name: 'of sets whose typeof has no words here',
    batch: [set({ userdata: '030600047f000000' })],
  },
  {
    name: 'of rules, without a comment',
    batch: [{ ...(ruleOf([]) as NewRule), rule: { exprs: [], userdata: FOREIGN.bytes } }],
  },
  {
    name: 'of tables, and entries before what is none',
    batch: [
      {
        op: 'newtable',
        create: false,
        family: 'ip',
        table: {
          name: 't',
          flags: [],
          comment: 'mine',
          userdata: FOREIGN.entry + FOREIGN.bytes,
        },
      },
    ],
  },
])('userdata of other programs is kept: $name', ({ batch }) => {
  expect(through(batch, true)).toEqual(batch);
  expect(through(batch, false)).toEqual(batch);
});

const add = (where: NewRule['where'], index?: number): NewRule => ({
  ...(ruleOf([]) as NewRule),
  where,
  ...(index !== undefined && { index }),
});
const remove = (index: number): Change => {
  const { family, table, chain } = add('add');
  return { op: 'delrule', destroy: false, family, table, chain, rule: { index } };
};

/** For each change: the rule it is about or stands beside, as its message names it. */
function anchors(batch: Batch, current?: Program): readonly string[] {
  const options = { littleEndian: true, ...(current !== undefined && { current }) };
  return encodeBatch(batch, options)
    .messages.slice(1, -1)
    .map((m) => {
      const read = decodeNft(m.type & 0xff, m.flags, m.payload, options);
      if (!read.ok || read.kind !== 'change') throw new Error('no change');
      const { change, rule } = read;
      const handle =
        change.op === 'newrule' ? change.handle : change.op === 'delrule' && change.rule?.handle;
      const { id, beside } = rule ?? {};
      return `${handle || '-'} id ${id ?? '-'} beside ${beside ?? '-'}`;
    });
}

const withRules = (...handles: readonly number[]): Program => ({
  tables: [
    {
      ...{ family: 'inet', name: 't', flags: [], sets: [], objects: [], flowtables: [] },
      chains: [{ name: 'c', flags: [], rules: handles.map((handle) => ({ handle, exprs: [] })) }],
    },
  ],
});

test.each<{ name: string; batch: Batch; current?: Program; want: readonly string[] }>([
  {
    name: 'a rule made before in the batch has a number',
    batch: [add('add'), add('add', 0)],
    want: ['- id 1 beside -', '- id - beside 1'],
  },
  {
    name: 'a rule that was there has a handle',
    batch: [add('insert', 1)],
    current: withRules(4, 5),
    want: ['5 id - beside -'],
  },
  {
    name: 'an insertion moves what comes after it',
    batch: [add('insert'), add('add', 0), add('add', 2)],
    current: withRules(4),
    want: ['- id 1 beside -', '- id - beside 1', '4 id - beside -'],
  },
  {
    name: 'a rule made before is deleted by its number',
    batch: [add('add'), remove(1), remove(0)],
    current: withRules(4),
    want: ['- id 1 beside -', '- id 1 beside -', '4 id - beside -'],
  },
  {
    name: 'what replaces a rule is told by its number, not by the handle of the other',
    batch: [{ ...add('replace'), handle: 4 }, add('add', 0)],
    current: withRules(4),
    want: ['4 id 1 beside -', '- id - beside 1'],
  },
  {
    name: 'a chain that was flushed counts from nothing',
    batch: [
      { op: 'delrule', destroy: false, family: 'inet', table: 't', chain: 'c' },
      add('add'),
      add('insert', 0),
    ],
    current: withRules(4, 5),
    want: ['- id - beside -', '- id 1 beside -', '- id - beside 1'],
  },
])('places of rules: $name', ({ batch, current, want }) => {
  expect(anchors(batch, current)).toEqual(want);
});

test('a rule that is nowhere is no place', () => {
  expect(() => anchors([add('add'), add('add', 1)])).toThrow(
    'there is no rule with index 1 in chain c',
  );
  expect(() => anchors([add('add'), { ...add('replace'), index: 0 }])).toThrow('no handle yet');
});

test('places within a batch come back as they went', () => {
  const places = fc.array(
    fc.record({ where: fc.constantFrom('add', 'insert'), index: fc.option(fc.nat(9)) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(places, (picks) => {
      const batch = picks.map(({ where, index }, i) =>
        add(where as 'add' | 'insert', index === null || i === 0 ? undefined : index % i),
      );
      expect(through(batch, true)).toEqual(batch);
    }),
  );
});

test('a set of 100,000 elements goes in messages that fit, and comes back whole', {
  timeout: 60_000,
}, () => {
  const many = Array.from({ length: 100_000 }, (_, i) => ({
    key: (0x0a000000 + i).toString(16).padStart(8, '0'),
  }));
  const [, got] = through([set({}), elements(...many)], true);
  expect(got?.op === 'newelem' && got.elements.length).toBe(100_000);
});

test('any bytes decode to a value', () => {
  const types = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 400 }), fc.boolean(), (type, bytes, le) => {
      const read = decodeNft(type, 0, bytes, { littleEndian: le });
      if (read.ok) assembleBatch([read], { littleEndian: le });
      decodeError({ type: 2, flags: 0x200, seq: 0, pid: 0, payload: bytes }, le);
      blamedAt(bytes, type, le);
      splitMessages(bytes, le);
    }),
    { numRuns: 2000 },
  );
});

test('an error carries errno, what it is about, and the sentence', () => {
  const [begin] = encodeBatch([], { littleEndian: true }).messages;
  const text = new TextEncoder().encode('nope\0');
  const payload = new Uint8Array([
    ...[0xfe, 0xff, 0xff, 0xff, 20, 0, 0, 0, begin!.type, 0x0a, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0],
    ...[4 + text.length, 0, 1, 0, ...text, 0, 0, 0],
  ]);
  expect(decodeError({ type: 2, flags: 0x300, seq: 7, pid: 0, payload }, true)).toEqual({
    ok: true,
    errno: 2,
    seq: 7,
    type: 0x0a10,
    message: 'nope',
  });
});

test('the kernel points to an attribute: what it holds, and how many before it hold the same', () => {
  const change: Change = {
    ...{ op: 'delrule', destroy: false, family: 'ip', table: 'same', chain: 'same' },
    rule: { handle: 999 },
  };
  for (const littleEndian of [true, false]) {
    const [, message] = encodeBatch([change], { littleEndian }).messages;
    const at = (offset: number) => blamedAt(message!.payload, offset, littleEndian);
    // nlmsghdr and nfgenmsg are 20 bytes, a name of four letters is one attribute of 12.
    expect([20, 32, 44].map(at)).toEqual([
      { word: 'same', before: 0 },
      { word: 'same', before: 1 },
      { word: '999', before: 0 },
    ]);
    expect([0, 16, 24, 56, 1000].map(at)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test('a batch says its generation, asks for echoes, and has no end where it is only to be looked at', () => {
  const table: Change = {
    ...{ op: 'newtable', create: true, family: 'ip', table: { name: 't', flags: [] } },
  };
  const options = { littleEndian: true, generation: 0x01020304, echo: true, check: true };
  const { messages, changes } = encodeBatch([table], options);
  expect(messages.map(({ type }) => type)).toEqual([16, 0x0a00]);
  expect(changes).toEqual([-1, 0]);
  // NFNL_BATCH_GENID, in network order.
  expect([...messages[0]!.payload.subarray(4)]).toEqual([8, 0, 1, 0, 1, 2, 3, 4]);
  // NLM_F_REQUEST, NLM_F_ECHO, NLM_F_EXCL, NLM_F_CREATE; refusals come unasked for.
  expect(messages[1]!.flags).toBe(0x1 | 0x8 | 0x200 | 0x400);
});

test.each([
  ['a rule', { what: 'rule', chain: 'c', handle: 7 }, 25, 0x5],
  ['the rules of a table', { what: 'rules' }, 25, 0x301],
  ['a counter', { what: 'counter', name: 'n' }, 21, 0x5],
  ['all counters', { what: 'counter' }, 21, 0x301],
  ['a set', { what: 'set', name: 's' }, 33, 0x301],
  ['an element', { what: 'element', name: 's', elements: [{ key: '0a000001' }] }, 33, 0x5],
] as const)('%s is reset by an answer, many by a dump', (_, what, type, flags) => {
  const change = { op: 'reset', family: 'ip', table: 't', ...what } as const;
  const { message, dumped } = resetRequest(change, { tables: [] }, 1, true);
  expect([message.type & 0xff, message.flags, dumped]).toEqual([type, flags, flags === 0x301]);
});
