import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from '../1-parse/index.ts';
import type { Command, TableDeclaration } from '../ast/index.ts';
import { formatPlace } from '../diagnostics/index.ts';
import { commandsJson, type Json, listingJson, parseJson, stringifyJson } from './index.ts';

/** A tree without spans, which text and JSON cannot have in common. */
function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  const members = Object.entries(node).flatMap(([k, v]) => (k === 'span' ? [] : [[k, bare(v)]]));
  return Object.fromEntries(members);
}

/** JSON as plain data, without the members that are not written. */
const plain = (json: Json): unknown => JSON.parse(stringifyJson(json));

function read(json: unknown): readonly Command[] {
  const { commands, diagnostics } = parseJson(JSON.stringify({ nftables: json }));
  expect(diagnostics).toEqual([]);
  return commands;
}

function statement(text: string): unknown {
  const { commands, diagnostics } = parse(`add rule ip t c ${text}`);
  expect(diagnostics).toEqual([]);
  const json = plain(commandsJson(commands)) as {
    nftables: [{ add: { rule: { expr: unknown[] } } }];
  };
  return json.nftables[0].add.rule.expr[0];
}

const STATEMENTS: [string, unknown][] = [
  ['accept', { accept: null }],
  ['jump web', { jump: { target: 'web' } }],
  [
    'tcp dport != 22',
    {
      match: { op: '!=', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 22 },
    },
  ],
  [
    'ct original ip saddr 10.0.0.0/8',
    {
      match: {
        op: 'in',
        left: { ct: { key: 'ip saddr', dir: 'original' } },
        right: { prefix: { addr: '10.0.0.0', len: 8 } },
      },
    },
  ],
  [
    'tcp flags & (fin | syn | rst) == syn',
    {
      match: {
        op: '==',
        left: {
          '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, { '|': ['fin', 'syn', 'rst'] }],
        },
        right: 'syn',
      },
    },
  ],
  [
    'ct state new,related',
    { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['new', 'related'] } },
  ],
  [
    'ip saddr . tcp dport vmap { 10.0.0.1 . 80-90 : drop, * : accept }',
    {
      vmap: {
        key: {
          concat: [
            { payload: { protocol: 'ip', field: 'saddr' } },
            { payload: { protocol: 'tcp', field: 'dport' } },
          ],
        },
        data: {
          set: [
            [{ concat: ['10.0.0.1', { range: [80, 90] }] }, { drop: null }],
            ['*', { accept: null }],
          ],
        },
      },
    },
  ],
  ['counter packets 1 bytes 2', { counter: { packets: 1, bytes: 2 } }],
  ['counter name "web"', { counter: 'web' }],
  [
    'quota over 10 mbytes used 3 kbytes',
    { quota: { val: 10, val_unit: 'mbytes', inv: true, used: 3, used_unit: 'kbytes' } },
  ],
  ['limit rate 10/minute burst 7 packets', { limit: { rate: 10, burst: 7, per: 'minute' } }],
  [
    'limit rate over 1025 bytes/second',
    {
      limit: {
        rate: 1025,
        burst: 0,
        per: 'second',
        inv: true,
        rate_unit: 'bytes',
        burst_unit: 'bytes',
      },
    },
  ],
  ['ct count over 3', { 'ct count': { val: 3, inv: true } }],
  ['last', { last: null }],
  ['log', { log: null }],
  [
    'log prefix "a b" level debug flags skuid flags tcp sequence',
    { log: { prefix: 'a b', level: 'debug', flags: ['tcp sequence', 'skuid'] } },
  ],
  ['reject with icmpx admin-prohibited', { reject: { type: 'icmpx', expr: 'admin-prohibited' } }],
  ['reject with tcp reset', { reject: { type: 'tcp reset' } }],
  ['masquerade', { masquerade: null }],
  ['redirect to :80 random', { redirect: { port: 80, flags: ['random'] } }],
  [
    'snat ip prefix to 10.0.0.0/24',
    {
      snat: {
        family: 'ip',
        addr: { prefix: { addr: '10.0.0.0', len: 24 } },
        flags: ['netmap'],
        type_flags: ['prefix'],
      },
    },
  ],
  ['queue flags bypass to 1-2', { queue: { num: { range: [1, 2] }, flags: ['bypass'] } }],
  [
    'meta mark set ct mark << 8',
    {
      mangle: { key: { meta: { key: 'mark' } }, value: { '<<': [{ ct: { key: 'mark' } }, 8] } },
    },
  ],
  ['notrack', { notrack: null }],
  ['reset tcp option 123', { reset: { 'tcp option': { base: 123, offset: 0, len: 0 } } }],
  [
    'update @s { ip saddr timeout 1m limit rate 1/second }',
    {
      set: {
        op: 'update',
        elem: { elem: { val: { payload: { protocol: 'ip', field: 'saddr' } }, timeout: 60 } },
        set: '@s',
        stmt: [{ limit: { rate: 1, burst: 5, per: 'second' } }],
      },
    },
  ],
  ['flow add @f', { flow: { op: 'add', flowtable: '@f' } }],
  [
    'vxlan ip saddr 10.0.0.1',
    {
      match: {
        op: 'in',
        left: { payload: { tunnel: 'vxlan', protocol: 'ip', field: 'saddr' } },
        right: '10.0.0.1',
      },
    },
  ],
  ['jump { accept; }', { jump: { rules: [{ expr: [{ accept: null }] }] } }],
];

test.each(STATEMENTS)('%s is written as libnftables writes it', (text, json) => {
  expect(statement(text)).toEqual(json);
});

test.each(STATEMENTS)('%s is the same statement from text and from JSON', (text, json) => {
  const rule = { family: 'ip', table: 't', chain: 'c', expr: [json] };
  const [fromJson] = read([{ add: { rule } }]);
  const again = plain(commandsJson(fromJson === undefined ? [] : [fromJson])) as Json;
  expect(again).toEqual({ nftables: [{ add: { rule: { ...rule, expr: [statement(text)] } } }] });
});

const RULESET = `table inet t {
  comment "c"
  flags dormant
  chain c { type filter hook input priority filter - 10; policy drop; tcp dport 22 accept comment "ssh" }
  chain d { }
  set s { type ipv4_addr . inet_service; flags interval,timeout; timeout 1h; size 10; auto-merge; elements = { 10.0.0.1 . 80 timeout 1m comment "x" counter packets 1 bytes 2 } }
  map m { typeof ip saddr : verdict; elements = { 10.0.0.1 : jump d } }
  map o { type inet_service : counter; elements = { 80 : "n" } }
  counter n { packets 1 bytes 2 }
  quota q { over 1 kbytes used 2 bytes }
  limit l { rate 1 mbytes/hour }
  ct helper h { type "ftp" protocol tcp; l3proto ip; }
  ct timeout w { protocol tcp; l3proto ip; policy = { close : 4 } }
  ct expectation e { protocol udp; dport 1; timeout 2s; size 3; l3proto inet; }
  secmark k { "ctx" }
  synproxy y { mss 1460; wscale 7; timestamp }
  tunnel u { id 1; ip saddr 10.0.0.1; ip daddr 10.0.0.2; sport 1; dport 2; ttl 3; tos 4; erspan { version 2; direction egress; id 5; } }
  flowtable f { hook ingress priority 0; devices = { a, b }; flags offload; }
}`;

test('a listing names things in the order of libnftables, rules last', () => {
  const { commands } = parse(RULESET);
  const tables = commands.flatMap((c) =>
    c.kind === 'add' && c.object.kind === 'table' ? [c.object] : ([] as TableDeclaration[]),
  );
  const json = plain(listingJson(tables, { version: '1', releaseName: 'r' }));
  expect(json).toMatchSnapshot();
});

test('a ruleset survives the way through JSON', () => {
  const { commands } = parse(RULESET);
  const text = stringifyJson(commandsJson(commands));
  const first = parseJson(text);
  expect(first.diagnostics).toEqual([]);
  const again = parseJson(stringifyJson(commandsJson(first.commands)));
  expect(again.diagnostics).toEqual([]);
  expect(bare(again.commands)).toEqual(bare(first.commands));
  expect(stringifyJson(commandsJson(again.commands))).toBe(text);
});

test.each([
  ['insert rule ip t c index 2 accept'],
  ['replace rule ip t c handle 7 accept'],
  ['delete set ip t s'],
  ['delete rule ip t c handle 3'],
  ['destroy table ip t'],
  ['delete element ip t s { 1, 2 }'],
  ['flush ruleset'],
  ['list ct helpers table ip t'],
  ['list counters ip'],
  ['reset quota ip t q'],
  ['rename chain ip t a b'],
  ['get element ip t s { 1 }'],
  ['create chain ip t c'],
])('the command %s is the same from JSON', (text) => {
  const { commands } = parse(text);
  const json = commandsJson(commands);
  const back = parseJson(stringifyJson(json));
  expect(back.diagnostics).toEqual([]);
  expect(bare(back.commands)).toEqual(bare(commands));
});

test('integers of 64 bits keep their last digits', () => {
  const text =
    '{"nftables": [{"counter": {"family": "ip", "table": "t", "name": "n", "packets": 18446744073709551615, "bytes": 9007199254740993}}]}';
  const { commands, diagnostics } = parseJson(text);
  expect(diagnostics).toEqual([]);
  expect(stringifyJson(commandsJson(commands))).toContain('18446744073709551615');
  expect(stringifyJson(commandsJson(commands))).toContain('9007199254740993');
});

test.each([
  ['', '<input>:1:1'],
  ['{', '<input>:1:2'],
  ['[]', '<input>:1:1'],
  ['{"nftables": 1}', '<input>:1:14'],
  ['{"nftables": [{"add": {"tabel": {}}}]}', '<input>:1:23'],
  ['{"nftables": [\n{"table": {"family": "ipx", "name": "t"}}]}', '<input>:2:22'],
  ['{"nftables": [{"table": {"family": "ip"}}]}', '<input>:1:25'],
  ['{"nftables": [{"metainfo": {"json_schema_version": 9}}]}', '<input>:1:28'],
  ['{"nftables": ["\\q"]}', '<input>:1:15'],
  ['{"nftables": [01]}', '<input>:1:16'],
  ['{"nftables": []} x', '<input>:1:18'],
])('%j is refused at %s', (text, place) => {
  const { diagnostics, sources } = parseJson(text);
  expect(diagnostics.map((d) => formatPlace(d.span, sources))).toEqual([place]);
});

test.each([
  ['an element that is a list', { set: { elem: [[1]] } }],
  ['a concatenation of one', { set: { type: ['ipv4_addr'] } }],
  ['a device name of 16 characters', { chain: { dev: 'x'.repeat(16) } }],
  ['an unknown hook', { chain: { type: 'filter', hook: 'inptu', prio: 0 } }],
  [
    'an unknown field',
    {
      rule: {
        expr: [
          { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'x' } }, right: 1 } },
        ],
      },
    },
  ],
  ['a match without an operator', { rule: { expr: [{ match: { left: 1, right: 1 } }] } }],
  ['a jump without a target', { rule: { expr: [{ jump: { target: '' } }] } }],
  ['a statement of two', { rule: { expr: [{ accept: null, drop: null }] } }],
  ['an extension of no kind', { rule: { expr: [{ xt: { type: '', name: 'x' } }] } }],
  ['a fraction', { rule: { expr: [{ limit: { rate: 1.5, per: 'second' } }] } }],
])('%s is refused', (_, object) => {
  const [[kind, members]] = Object.entries(object) as [[string, object]];
  const base = { family: 'ip', table: 't', name: 'n', chain: 'c', type: 'ipv4_addr' };
  const text = JSON.stringify({ nftables: [{ add: { [kind]: { ...base, ...members } } }] });
  expect(parseJson(text).diagnostics.map((d) => d.code)).toEqual(['bad_json']);
});

test('a rule is replaced by its handle, and null is none', () => {
  const rule = { family: 'ip', table: 't', chain: 'c', handle: null, expr: [{ accept: null }] };
  const text = JSON.stringify({ nftables: [{ replace: { rule } }] });
  expect(parseJson(text).diagnostics.map((d) => d.code)).toEqual(['bad_json']);
});

test('ten thousand levels are an error, not a crash', () => {
  const { diagnostics } = parseJson(`{"nftables": ${'['.repeat(10_000)}`);
  expect(diagnostics.map((d) => d.code)).toEqual(['nesting_too_deep']);
});

test('no JSON at all makes the reader throw', () => {
  const tags = [
    'rule',
    'expr',
    'match',
    'left',
    'right',
    'op',
    'payload',
    'set',
    'elem',
    'map',
    'val',
    'add',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, true, 1, -1, 1.5, '', 'ip', '@s', '*', '==', 'tcp', 'dport'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...tags), tie('tree'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 4 }), (entries) => {
      parseJson(JSON.stringify({ nftables: entries }));
    }),
    { numRuns: 500 },
  );
});

test('no text at all makes the reader throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseJson(text)));
});
