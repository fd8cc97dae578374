import { expect, test } from 'vitest';
import type { Batch, Change } from '../program/index.ts';
import { type NfTables, TransactionError } from './index.ts';
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
  udp,
  verdict,
} from './test-support.ts';

function refusal(nft: NfTables, batch: Batch): string {
  try {
    nft.apply(batch);
  } catch (error) {
    if (error instanceof TransactionError) return `${error.errnoName} ${error.changeIndex}`;
    throw error;
  }
  return 'accepted';
}

const T = { family: 'ip', table: 't' } as const;
const delChain = (name: string): Change => ({
  ...T,
  op: 'delchain',
  destroy: false,
  chain: { name },
});
const hooked = (
  type: 'filter' | 'nat' | 'route',
  hook: 'forward' | 'output',
  priority = 0,
): Change => base('x', { base: { type, hook, priority, devices: [] } });
const snat = { kind: 'nat', type: 'snat', family: 'ip', flags: 0 } as const;

const SETUP: Batch = [
  table(),
  base(),
  chain('a'),
  set({ name: 's' }),
  elements('s', [{ key: '0a000001' }]),
  rule('c', [jump('a')]),
  rule('c', [load('network', 12, 4), lookup('s')]),
];

test.each<{ name: string; batch: Batch; want: string }>([
  {
    name: 'no such table',
    batch: [{ ...chain('z'), table: 'u' }],
    want: 'ENOENT 0',
  },
  {
    name: 'a table created twice',
    batch: [{ ...table(), create: true }],
    want: 'EEXIST 0',
  },
  { name: 'a table added twice', batch: [table()], want: 'accepted' },
  {
    name: 'a chain created twice',
    batch: [{ ...chain('a'), create: true }],
    want: 'EEXIST 0',
  },
  {
    name: 'a base chain moved to another priority',
    batch: [base('c', { base: { type: 'filter', hook: 'forward', priority: 1, devices: [] } })],
    want: 'EOPNOTSUPP 0',
  },
  { name: 'a chain that is jumped to deleted', batch: [delChain('a')], want: 'EBUSY 0' },
  {
    name: 'a chain deleted with its rules',
    batch: [delChain('c'), delChain('a')],
    want: 'accepted',
  },
  {
    name: 'a set in use deleted',
    batch: [{ ...T, op: 'delset', destroy: false, set: { name: 's' } }],
    want: 'EBUSY 0',
  },
  {
    name: 'a set that is not there deleted',
    batch: [{ ...T, op: 'delset', destroy: false, set: { name: 'z' } }],
    want: 'ENOENT 0',
  },
  {
    name: 'the same, destroyed',
    batch: [{ ...T, op: 'delset', destroy: true, set: { name: 'z' } }],
    want: 'accepted',
  },
  {
    name: 'an element created twice',
    batch: [elements('s', [{ key: '0a000001' }], true)],
    want: 'EEXIST 0',
  },
  {
    name: 'an element added twice',
    batch: [elements('s', [{ key: '0a000001' }])],
    want: 'accepted',
  },
  {
    name: 'an element with a short key',
    batch: [elements('s', [{ key: '0a' }])],
    want: 'EINVAL 0',
  },
  {
    name: 'an interval in a set without',
    batch: [elements('s', [{ key: '0a000002', keyEnd: '0a000003' }])],
    want: 'EINVAL 0',
  },
  {
    name: 'an element that is not there deleted',
    batch: [{ ...T, op: 'delelem', destroy: false, set: 's', elements: [{ key: '0a000009' }] }],
    want: 'ENOENT 0',
  },
  { name: 'a jump to nowhere', batch: [rule('c', [jump('z')])], want: 'ENOENT 0' },
  { name: 'a jump to a base chain', batch: [rule('a', [jump('c')])], want: 'EOPNOTSUPP 0' },
  {
    name: 'a look-up in a set that is not there',
    batch: [rule('c', [load('network', 12, 4), lookup('z')])],
    want: 'ENOENT 0',
  },
  {
    name: 'a register read before it was written',
    batch: [rule('c', [cmp('00')])],
    want: 'ENODATA 0',
  },
  {
    name: 'a register that does not exist',
    batch: [rule('c', [load('network', 0, 1, 24)])],
    want: 'ERANGE 0',
  },
  {
    name: 'a load past the last register',
    batch: [rule('c', [load('network', 0, 20, 4)])],
    want: 'ERANGE 0',
  },
  { name: 'nat in a filter chain', batch: [rule('c', [snat])], want: 'EOPNOTSUPP 0' },
  {
    name: 'a nat chain in front of conntrack',
    batch: [hooked('nat', 'output', -200)],
    want: 'EOPNOTSUPP 0',
  },
  { name: 'a nat chain at forward', batch: [hooked('nat', 'forward')], want: 'EOPNOTSUPP 0' },
  { name: 'a route chain at forward', batch: [hooked('route', 'forward')], want: 'EOPNOTSUPP 0' },
  {
    name: 'a chain jumping to itself through another',
    batch: [chain('b'), rule('a', [jump('b')]), rule('b', [jump('a')])],
    want: 'EMLINK 1',
  },
  {
    name: 'a rule behind a handle that is not there',
    batch: [{ ...rule('c', [counter]), handle: 99 }],
    want: 'ENOENT 0',
  },
  {
    name: 'a policy on a regular chain',
    batch: [
      {
        ...chain('b'),
        chain: { name: 'b', flags: [], policy: 'drop' as const },
      },
    ],
    want: 'EOPNOTSUPP 0',
  },
  {
    name: 'a map without data',
    batch: [set({ name: 'm', dataType: 'mark', dataLen: 4 }), elements('m', [{ key: '0a000001' }])],
    want: 'EINVAL 1',
  },
])('$name: $want', ({ batch, want }) => {
  const { nft } = bench();
  nft.apply(SETUP);
  const before = JSON.stringify(nft.list());
  const generation = nft.generation;
  expect(refusal(nft, batch)).toBe(want);
  if (want === 'accepted') return;
  expect(JSON.stringify(nft.list())).toBe(before);
  expect(nft.generation).toBe(generation);
});

test('a chain that jumps to itself has to be flushed before it is deleted', () => {
  const { nft } = bench();
  nft.apply([table(), chain('a'), rule('a', [jump('a')])]);
  expect(refusal(nft, [delChain('a')])).toBe('EBUSY 0');
  const flush: Change = { ...T, op: 'delrule', destroy: false, chain: 'a' };
  expect(refusal(nft, [flush, delChain('a')])).toBe('accepted');
});

test('a refused batch leaves nothing, wherever it fails', () => {
  const b = bench();
  b.nft.apply(SETUP);
  const before = JSON.stringify(b.nft.list());
  const batch: Batch = [
    { op: 'newtable', create: false, family: 'ip6', table: { name: 'six', flags: [] } },
    rule('c', [counter, verdict('drop')]),
    { ...T, op: 'delrule', destroy: false, chain: 'c' },
    delChain('a'),
    { ...T, op: 'renamechain', chain: 'c', to: 'd' },
    { ...T, op: 'delelem', destroy: false, set: 's' },
    {
      ...T,
      op: 'newobj',
      create: true,
      object: { name: 'o', data: { kind: 'counter', packets: 0, bytes: 0 } },
    },
    { op: 'deltable', destroy: false },
    chain('late'),
  ];
  expect(refusal(b.nft, batch)).toBe('ENOENT 8');
  expect(JSON.stringify(b.nft.list())).toBe(before);
  expect(run(b, udp(b)).kind).toBe('accept');
  b.nft.apply([rule('a', [verdict('drop')])]);
  expect(run(b, udp(b)).kind).toBe('drop');
});

test('the sentence names the rule of a batch that fails only as a whole', () => {
  const { nft } = bench();
  nft.apply(SETUP);
  const source = { file: 'r.nft', line: 9, column: 1 };
  try {
    nft.apply([chain('b'), rule('a', [snat], { source }), rule('c', [jump('a')])]);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ errno: 95, changeIndex: 1, source });
    expect((error as Error).message).toContain('needs a chain of type nat');
  }
});

test('rules are added, inserted and replaced where handles and indexes say', () => {
  const { nft } = bench();
  const marked = (n: number) => rule('c', [counter], { comment: `${n}` });
  nft.apply([table(), base(), marked(1), marked(2), { ...marked(0), where: 'insert' as const }]);
  const rules = () => nft.list().tables[0]!.chains[0]!.rules;
  const handle = rules()[1]!.handle!;
  nft.apply([
    { ...marked(11), handle },
    { ...marked(9), where: 'insert' as const, handle },
    { ...marked(22), where: 'add' as const, index: 4 },
  ]);
  expect(rules().map((r) => r.comment)).toEqual(['0', '9', '1', '11', '2', '22']);
  nft.apply([{ ...marked(100), where: 'replace' as const, handle }]);
  nft.apply([{ ...T, op: 'delrule', destroy: false, chain: 'c', rule: { index: 0 } }]);
  expect(rules().map((r) => r.comment)).toEqual(['9', '100', '11', '2', '22']);
  expect(new Set(rules().map((r) => r.handle)).size).toBe(5);
});

test('anonymous sets of two batches get their own names and go with their rules', () => {
  const { nft } = bench();
  const anonymous = (key: string): Batch => [
    set({ name: '__set0', flags: ['anonymous', 'constant'] }),
    elements('__set0', [{ key }]),
    rule('c', [load('network', 12, 4), lookup('__set0')]),
  ];
  nft.apply([table(), base()]);
  nft.apply(anonymous('0a000001'));
  nft.apply(anonymous('0a000002'));
  const listed = nft.list().tables[0]!;
  expect(listed.sets.map((s) => [s.name, s.elements[0]!.key])).toEqual([
    ['__set0', '0a000001'],
    ['__set1', '0a000002'],
  ]);
  expect(listed.chains[0]!.rules[1]!.exprs[1]).toMatchObject({ set: '__set1' });
  nft.apply([{ ...T, op: 'delrule', destroy: false, chain: 'c', rule: { index: 0 } }]);
  expect(nft.list().tables[0]!.sets.map((s) => s.name)).toEqual(['__set1']);
});

test('a dormant table passes packets, and wakes', () => {
  const b = bench();
  const dormant = (flags: readonly 'dormant'[]): Change => ({
    op: 'newtable',
    create: false,
    family: 'ip',
    table: { name: 't', flags },
  });
  b.nft.apply([dormant(['dormant']), base('c', { policy: 'drop' })]);
  expect(run(b, udp(b)).kind).toBe('accept');
  b.nft.apply([dormant([])]);
  expect(run(b, udp(b)).kind).toBe('drop');
  b.nft.apply([{ op: 'deltable', destroy: false, family: 'ip', table: { name: 't' } }]);
  expect(run(b, udp(b)).kind).toBe('accept');
});

test('a chain deleted and made again in one batch is the new one', () => {
  const b = bench();
  b.nft.apply([table(), base('c', { policy: 'drop' })]);
  b.nft.apply([delChain('c'), base('c', { policy: 'accept' })]);
  expect(run(b, udp(b)).kind).toBe('accept');
  expect(b.netns.hooks.point('ip', 'forward').entries).toHaveLength(1);
});

test('auto-merge grows ranges together; parts of them cannot be deleted', () => {
  const { nft } = bench();
  const keys = (): string[] =>
    nft.list().tables[0]!.sets[0]!.elements.map((e) => `${e.key}-${e.keyEnd ?? e.key}`);
  const ranges = { name: 's', flags: ['interval'], autoMerge: true } as const;
  nft.apply([
    table(),
    set({ ...ranges, keyLen: 2, keyType: 'inet_service' }),
    elements('s', [{ key: '0010', keyEnd: '0020' }, { key: '0030' }]),
  ]);
  nft.apply([elements('s', [{ key: '0021', keyEnd: '002f' }])]);
  expect(keys()).toEqual(['0010-0030']);
  const del = (key: string, keyEnd: string): Change => ({
    ...T,
    op: 'delelem',
    destroy: false,
    set: 's',
    elements: [{ key, keyEnd }],
  });
  expect(refusal(nft, [del('0018', '001f')])).toBe('ENOENT 0');
  nft.apply([del('0010', '0030')]);
  expect(keys()).toEqual([]);
});

test('ranges that overlap are refused without auto-merge', () => {
  const { nft } = bench();
  nft.apply([
    table(),
    set({ name: 's', flags: ['interval'] }),
    elements('s', [{ key: '0a000000', keyEnd: '0a0000ff' }]),
  ]);
  expect(refusal(nft, [elements('s', [{ key: '0a000080', keyEnd: '0a000180' }])])).toBe('EEXIST 0');
  expect(refusal(nft, [elements('s', [{ key: '0a000100', keyEnd: '0a000180' }])])).toBe('accepted');
});

test('listeners hear what was carried out, with handles', () => {
  const { nft } = bench();
  const heard: Batch[] = [];
  const subscription = nft.events((event) => heard.push(event.changes));
  nft.apply([table(), base(), rule('c', [counter])]);
  subscription.close();
  nft.apply([rule('c', [counter])]);
  expect(heard).toHaveLength(1);
  expect(heard[0]!.map((change) => change.op)).toEqual(['newtable', 'newchain', 'newrule']);
  expect(heard[0]![2]).toMatchObject({ rule: { handle: 2 } });
});

test('netdev chains hang at their devices, wildcards too, and at new ones when told', () => {
  const b = bench();
  const ingress: Change = {
    op: 'newchain',
    create: false,
    family: 'netdev',
    table: 't',
    chain: {
      name: 'i',
      flags: [],
      policy: 'drop',
      base: { type: 'filter', hook: 'ingress', priority: 0, devices: ['eth*'] },
    },
  };
  b.nft.apply([
    { op: 'newtable', create: false, family: 'netdev', table: { name: 't', flags: [] } },
    ingress,
  ]);
  const at = (device: typeof b.eth0) => b.netns.hooks.devicePoint(device, 'ingress');
  expect(b.netns.hooks.run(at(b.eth0), udp(b)).kind).toBe('drop');
  expect(at(b.eth1).entries).toHaveLength(1);
  b.netns.devices.remove(b.eth1);
  b.nft.devicesChanged();
  expect(at(b.eth1).entries).toHaveLength(0);
});
