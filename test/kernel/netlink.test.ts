// Rulesets over netlink, both ways, against the running kernel. What the reference loads is dumped,
// decoded and compared with what this project compiles; what this project compiles is encoded, sent,
// and listed by the reference, which must print what it prints for its own.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manualClock, Netns, seeded } from '../../src/core/index.ts';
import { NfTables } from '../../src/engine/index.ts';
import { type Libc, loadLibc } from '../../src/linux/index.ts';
import { compile } from '../../src/nft/index.ts';
import { type Batch, notesOf, type Program, type RuleCompat } from '../../src/program/index.ts';
import { missing } from './needs.ts';
import { comparable } from './netlink/comparable.ts';
import { interfaceIndex, KernelTables } from './netlink/kernel-tables.ts';
import { randomRuleset, textOf } from './random/grammar.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RANDOM_RULESETS = 200;

const reason = missing();
if (reason !== undefined) console.warn(`netlink against the kernel: skipped, ${reason}`);

function compiled(text: string): { batch: Batch; program: Program } {
  const { batch, diagnostics } = compile(
    { name: 'input.nft', text },
    { symbols: { interfaceIndex } },
  );
  expect(diagnostics).toEqual([]);
  const tables = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  tables.apply(batch);
  return { batch, program: tables.list() };
}

/** What only userdata holds: the words of `typeof`, comments, and whether elements are merged. */
const kept = ({ tables }: Program): unknown =>
  tables.map((table) => ({
    comment: table.comment,
    chains: table.chains.map(({ comment, rules }) => [comment, rules.map((r) => r.comment)]),
    sets: table.sets
      .filter(({ name }) => !name.startsWith('__'))
      .map(({ name, keyTypeof, dataTypeof, autoMerge, comment, elements }) => ({
        ...{ name, keyTypeof, dataTypeof, autoMerge, comment },
        elements: elements.map((e) => e.comment).sort(),
      })),
    objects: table.objects.map(({ comment }) => comment),
  }));

interface Named {
  readonly name: string;
  readonly text: string;
}

/** ENOENT for an expression or object type that is not built. */
const NO_MODULE = 'errno 2 ';

const goldens = (): Named[] => {
  const dir = join(ROOT, 'test', 'golden', 'nft');
  return readdirSync(dir).map((name) => ({
    name,
    text: readFileSync(join(dir, name, 'input.nft'), 'utf8'),
  }));
};

const examples = (): Named[] =>
  readdirSync(join(ROOT, 'examples'))
    .filter((name) => name.endsWith('.nft'))
    .map((name) => ({ name, text: readFileSync(join(ROOT, 'examples', name), 'utf8') }));

/** Every kind that nft 1.0.6 can write, and of each kind the fields that are numbered oddly. */
const TYPEOFS = [
  ...['ip saddr', 'ip daddr . tcp dport', 'iifname . ether saddr . ip6 daddr', 'ip dscp'],
  ...['ip6 flowlabel', 'icmpv6 type', 'icmp sequence', 'igmp mrt', 'udp length', 'th dport'],
  ...['arp saddr ip', 'vlan id', 'vlan type', 'ether type', 'comp cpi', 'udplite csumcov'],
  ...['dccp type', 'sctp vtag', 'tcp flags', 'tcp urgptr', 'ah spi', 'esp sequence'],
  ...['@nh,8,8', '@ll,0,48', 'udp length . @ih,32,32', '@th,40,8'],
  ...['hbh nexthdr', 'rt type', 'rt0 addr[1]', 'srh sid[1]', 'srh tag', 'frag id', 'mh checksum'],
  ...['tcp option maxseg size', 'tcp option sack left', 'tcp option sack1 left'],
  ...['tcp option sack3 right', 'tcp option mptcp subtype', 'tcp option timestamp tsecr'],
  ...['ip option rr addr', 'ip option lsrr ptr', 'ip option ra value', 'ip option ra length'],
  ...['sctp chunk init init-tag', 'sctp chunk data stream', 'sctp chunk asconf seqno'],
  ...['meta mark', 'meta l4proto', 'meta ibrname', 'oif', 'oifgroup', 'meta skuid', 'meta hour'],
  ...['ct mark', 'ct state', 'ct original ip saddr', 'ct reply proto-dst', 'ct avgpkt'],
  ...['ct reply ip6 daddr', 'ct original zone', 'ct zone'],
  ...['socket mark', 'osf name', 'rt classid', 'rt ip nexthop', 'rt mtu'],
  ...['fib daddr type', 'fib saddr oifname', 'fib daddr . iif type'],
  ...['ip saddr . fib daddr . iif type', 'ipsec in reqid', 'ipsec out spnum 1 ip6 saddr'],
  ...['numgen inc mod 2', 'numgen random mod 7 offset 3'],
];

const USERDATA = `table inet t {
  comment "of a table"
  counter c { comment "of a counter"
  }
  set merged { type inet_service; flags interval; auto-merge; comment "of a set"
    elements = { 1-5 comment "of a range", 80 comment "of an element", 60000-65535 } }
  map verdicts { typeof ip saddr : verdict; comment "of a map"
    elements = { 10.0.0.1 comment "of a verdict" : drop } }
  map values { typeof ip daddr . tcp dport : meta mark
    elements = { 10.0.0.1 . 80 : 0x7 } }
  map ranges { typeof ip daddr . tcp dport : ip daddr . tcp dport; flags interval
    elements = { 10.0.0.1 . 80 : 10.0.0.2 . 8080 } }
  map objects { type inet_service : counter; elements = { 80 : "c" } }
  set counted { type ipv4_addr; size 16; flags dynamic,timeout; counter
    elements = { 10.0.0.1 counter packets 3 bytes 4 timeout 1h comment "counts" } }
  chain base { comment "of a chain"; type filter hook input priority 0; policy accept
    ip saddr . tcp dport vmap { 10.0.0.1 . 22 : drop } comment "of a rule"
    ip saddr vmap @verdicts
    meta mark set ip daddr . tcp dport map @values
  }
}
`;

describe.skipIf(reason !== undefined)('nf_tables over netlink', () => {
  let libc: Libc;
  let kernel: KernelTables;
  beforeAll(async () => {
    libc = await loadLibc();
    kernel = new KernelTables(libc);
  });
  afterAll(() => kernel.close());

  /** Undefined where the reference here fails an assertion of its own (mergesort.c of nft 1.0.6). */
  function listed(): string | undefined {
    try {
      return kernel.list();
    } catch (error) {
      if (error instanceof Error && error.message.includes('Assertion')) return undefined;
      throw error;
    }
  }

  function compareDump(program: Program): void {
    const dumped = kernel.dump();
    expect(comparable(dumped)).toEqual(comparable(program));
    expect(kept(dumped)).toEqual(kept(program));
  }

  /** Loads a ruleset both ways; false where this kernel has no module for something in it. */
  function compare(text: string): boolean {
    const { batch, program } = compiled(text);
    kernel.flush();
    const refused = kernel.apply(batch);
    if (refused.length > 0) {
      expect(refused.filter((why) => !why.startsWith(NO_MODULE))).toEqual([]);
      expect(kernel.load(text), 'the reference can load it').not.toBe(undefined);
      return false;
    }
    const ours = listed();
    compareDump(program);
    kernel.flush();
    // The reference here is older than the language: what it cannot read has been compared above.
    if (kernel.load(text) !== undefined) return true;
    // It lists the set of a meter within the statement, and only where it made both itself.
    const hasMeter = /\bmeter \w+ \{/.test(text);
    if (ours !== undefined && !hasMeter) expect(ours).toBe(listed());
    compareDump(program);
    return true;
  }

  test.each([...goldens(), ...examples()])('$name', ({ name, text }) => {
    if (!compare(text)) console.warn(`${name}: this kernel has no module for part of it`);
  });

  /** The reference loads it, so that it was compared both ways. */
  function compareBoth(text: string): void {
    expect(compare(text)).toBe(true);
    kernel.flush();
    expect(kernel.load(text)).toBeUndefined();
  }

  test.each(TYPEOFS)('typeof %s', (text) => {
    compareBoth(`table inet t { set s { typeof ${text}; comment "what ${text} is"; }\n }`);
  });

  test('maps, comments and merged elements', () => compareBoth(USERDATA));

  /** Rules of `before` are there; `batch` names them, and its own, by where they stand. */
  test.each([
    {
      name: 'a rule beside one that the same batch makes',
      batch: [
        'add rule ip t c counter',
        'add rule ip t c index 0 accept',
        'insert rule ip t c drop',
      ],
    },
    {
      name: 'rules between others, some of them new',
      before: ['add rule ip t c meta mark 1', 'add rule ip t c meta mark 2'],
      batch: [
        'insert rule ip t c index 1 meta mark 10',
        'add rule ip t c index 1 meta mark 11',
        'insert rule ip t c index 0 meta mark 12',
        'add rule ip t c index 4 meta mark 13',
        'add rule ip t c index 0 meta mark 14',
      ],
    },
    {
      name: 'a rule beside what has replaced another',
      before: ['add rule ip t c meta mark 1', 'add rule ip t c meta mark 2'],
      batch: ['replace rule ip t c handle 2 meta mark 3', 'add rule ip t c index 0 meta mark 4'],
    },
    {
      name: 'a rule beside one before which another was deleted',
      before: ['add rule ip t c meta mark 1', 'add rule ip t c meta mark 2'],
      batch: [
        'add rule ip t c meta mark 3',
        'delete rule ip t c handle 2',
        'add rule ip t c index 1 meta mark 4',
        'add rule ip t c index 0 meta mark 5',
      ],
    },
    {
      name: 'a rule in a chain that was flushed before',
      before: ['add rule ip t c meta mark 1'],
      batch: [
        'flush chain ip t c',
        'add rule ip t c meta mark 3',
        'insert rule ip t c index 0 drop',
      ],
    },
  ])('places: $name', ({ before = [], batch }) => {
    const tables = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
    kernel.flush();
    for (const text of [['add table ip t', 'add chain ip t c', ...before], batch]) {
      const current = tables.list();
      const { batch: changes, diagnostics } = compile(
        { name: 'input.nft', text: text.join('\n') },
        { current },
      );
      expect(diagnostics).toEqual([]);
      tables.apply(changes);
      expect(kernel.apply(changes, kernel.dump())).toEqual([]);
      expect(comparable(kernel.dump())).toEqual(comparable(tables.list()));
    }
  });

  const at = { family: 'ip', table: 't' } as const;
  const foreign = { comment: 'mine', userdata: '7f03010203ff' };

  test('userdata of other programs is kept', () => {
    const batch: Batch = [
      { op: 'newtable', create: true, family: 'ip', table: { name: 't', flags: [], ...foreign } },
      { op: 'newchain', create: true, ...at, chain: { name: 'c', flags: [], ...foreign } },
      {
        ...{ op: 'newobj', create: true, ...at },
        object: { name: 'o', data: { kind: 'counter' as const, packets: 0, bytes: 0 }, ...foreign },
      },
      {
        ...{ op: 'newset', create: true, ...at },
        set: { name: 's', flags: [], keyType: 'ipv4_addr', keyLen: 4, exprs: [], ...foreign },
      },
      {
        ...{ op: 'newelem', create: false, ...at, set: 's' },
        elements: [{ key: '0a000001', ...foreign }],
      },
      { op: 'newrule', ...at, chain: 'c', where: 'add', rule: { exprs: [], ...foreign } },
    ];
    kernel.flush();
    expect(kernel.apply(batch)).toEqual([]);
    const [table] = kernel.dump().tables;
    const [chain] = table?.chains ?? [];
    const [set] = table?.sets ?? [];
    const all = [table, chain, chain?.rules[0], set, set?.elements[0], table?.objects[0]];
    expect(all.map((one) => one && notesOf(one))).toEqual(all.map(() => foreign));
    expect(listed()).toContain('elements = { 10.0.0.1 comment "mine" }');
  });

  test('a match of iptables is checked against the protocol of its rule', () => {
    // struct xt_tcp, padded as XT_ALIGN() has it: any port to 22, no option, no flags.
    const info = { bytes: '0000ffff1600160000000000'.padEnd(32, '0') };
    const adding = (compat?: RuleCompat): Batch => [
      { op: 'newtable', create: false, family: 'ip', table: { name: 't', flags: [] } },
      { op: 'newchain', create: false, ...at, chain: { name: 'c', flags: [] } },
      {
        op: 'newrule',
        ...at,
        chain: 'c',
        where: 'add',
        rule: {
          exprs: [{ kind: 'match', name: 'tcp', rev: 0, info }],
          ...(compat !== undefined && { compat }),
        },
      },
    ];
    kernel.flush();
    expect(kernel.apply(adding({ protocol: 6, invert: false }))).toEqual([]);
    expect(kernel.apply(adding({ protocol: 6, invert: true })).join()).toContain('errno 22');
    expect(kernel.apply(adding()).join()).toContain('errno 22');
    expect(kernel.dump().tables[0]?.chains[0]?.rules).toHaveLength(1);
  });

  test(`${RANDOM_RULESETS} random rulesets`, () => {
    let compared = 0;
    for (let seed = 1; seed <= RANDOM_RULESETS; seed++) {
      const text = textOf(randomRuleset(seeded(seed)));
      try {
        if (compare(text)) compared++;
      } catch (error) {
        throw new Error(`seed ${seed}\n${text}`, { cause: error });
      }
    }
    expect(compared).toBe(RANDOM_RULESETS);
  });
});
