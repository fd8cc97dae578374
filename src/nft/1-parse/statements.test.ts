import { expect, test } from 'vitest';
import type { Statement } from '../ast/index.ts';
import { parse } from './index.ts';

/** A tree without spans, so that a table can show what matters. */
function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([k, v]) => (k === 'span' ? [] : [[k, bare(v)]])),
  );
}

function statements(text: string): readonly Statement[] {
  const { commands, diagnostics } = parse(`add rule ip t c ${text}`);
  expect(diagnostics).toEqual([]);
  const command = commands[0];
  if (command?.kind !== 'add' || command.object.kind !== 'rule') throw new Error('no rule');
  return command.object.rule.statements;
}

const word = (name: string) => ({ kind: 'symbol', name, form: 'word' });
const int = (value: number | bigint) => ({ kind: 'integer', value });
const payload = (protocol: string, field: string) => ({ kind: 'payload', protocol, field });
const match = (left: unknown, right: unknown, op = 'implicit') => ({
  kind: 'match',
  op,
  left,
  right,
});

test.each([
  ['a field and a value', 'tcp dport 22', match(payload('tcp', 'dport'), int(22))],
  ['an address', 'ip saddr 10.0.0.1', match(payload('ip', 'saddr'), word('10.0.0.1'))],
  [
    'a prefix',
    'ip6 daddr fe80::/64',
    match(payload('ip6', 'daddr'), { kind: 'prefix', addr: word('fe80::'), len: 64 }),
  ],
  [
    'a range',
    'tcp dport 80-90',
    match(payload('tcp', 'dport'), { kind: 'range', from: int(80), to: int(90) }),
  ],
  [
    'a name with a dash, which is one word',
    'icmp type echo-request',
    match(payload('icmp', 'type'), word('echo-request')),
  ],
  [
    'a wildcard',
    'iifname eth*',
    match({ kind: 'meta', key: 'iifname' }, { kind: 'symbol', name: 'eth*', form: 'wildcard' }),
  ],
  [
    'flags',
    'ct state new,established',
    match(
      { kind: 'ct', key: 'state' },
      { kind: 'list', items: [word('new'), word('established')] },
    ),
  ],
  [
    'a mask',
    'tcp flags syn / syn,ack',
    match(
      {
        kind: 'binop',
        op: '&',
        left: payload('tcp', 'flags'),
        right: { kind: 'binop', op: '|', left: word('syn'), right: word('ack') },
      },
      word('syn'),
    ),
  ],
  [
    'operators by precedence: shift, and, xor, or',
    'meta mark & 1 << 2 ^ 3 | 4 == 5',
    match(
      {
        kind: 'binop',
        op: '|',
        left: {
          kind: 'binop',
          op: '^',
          left: {
            kind: 'binop',
            op: '&',
            left: { kind: 'meta', key: 'mark' },
            right: { kind: 'binop', op: '<<', left: int(1), right: int(2) },
          },
          right: int(3),
        },
        right: int(4),
      },
      int(5),
      '==',
    ),
  ],
  [
    'operators as words',
    'meta mark and 0x0f ne 010',
    match(
      { kind: 'binop', op: '&', left: { kind: 'meta', key: 'mark' }, right: int(15) },
      int(8),
      '!=',
    ),
  ],
  [
    'a number of 64 bits',
    'ct bytes 0xffffffffffffffff',
    match({ kind: 'ct', key: 'bytes' }, int((1n << 64n) - 1n)),
  ],
  [
    'the routing header and the route, told apart by the field',
    'rt type 0 rt nexthop 10.0.0.1',
    match({ kind: 'exthdr', name: 'rt', field: 'type' }, int(0)),
  ],
  [
    'a header inside a tunnel',
    'vxlan ip saddr 10.0.0.1',
    match({ ...payload('ip', 'saddr'), tunnel: 'vxlan' }, word('10.0.0.1')),
  ],
  [
    'a TCP option by a number that has a name',
    'tcp option 2 size 1460',
    match({ kind: 'tcp option', name: 'maxseg', field: 'size' }, int(1460)),
  ],
  [
    'a field that is listed under another name than it is written',
    'icmpv6 param-problem 35',
    match(payload('icmpv6', 'parameter-problem'), int(35)),
  ],
  [
    'presence',
    'exthdr frag missing',
    match({ kind: 'exthdr', name: 'frag' }, { kind: 'boolean', value: false }),
  ],
  [
    'a set of concatenations',
    'ip saddr . tcp dport { 10.0.0.1 . 80, 10.0.0.0/8 . 1-2 }',
    match(
      { kind: 'concat', items: [payload('ip', 'saddr'), payload('tcp', 'dport')] },
      {
        kind: 'set',
        elements: [
          { kind: 'elem', key: { kind: 'concat', items: [word('10.0.0.1'), int(80)] } },
          {
            kind: 'elem',
            key: {
              kind: 'concat',
              items: [
                { kind: 'prefix', addr: word('10.0.0.0'), len: 8 },
                { kind: 'range', from: int(1), to: int(2) },
              ],
            },
          },
        ],
      },
    ),
  ],
  [
    'a verdict map',
    'tcp dport vmap { 22 : jump ssh, * : drop }',
    {
      kind: 'vmap',
      key: payload('tcp', 'dport'),
      mapping: {
        kind: 'set',
        elements: [
          {
            kind: 'elem',
            key: int(22),
            data: { kind: 'verdict', verdict: 'jump', target: { name: 'ssh' } },
          },
          {
            kind: 'elem',
            key: { kind: 'catchall' },
            data: { kind: 'verdict', verdict: 'drop' },
          },
        ],
      },
    },
  ],
  [
    'a translation with a map and a port',
    'dnat ip to ip saddr map @backends:8080 random,persistent',
    {
      kind: 'dnat',
      family: 'ip',
      addr: {
        kind: 'map',
        key: payload('ip', 'saddr'),
        mapping: { kind: 'setref', name: 'backends' },
      },
      port: int(8080),
      flags: ['random', 'persistent'],
    },
  ],
  [
    'a bracketed address with a port',
    'dnat to [2001:db8::1]:80-81',
    {
      kind: 'dnat',
      addr: word('2001:db8::1'),
      port: { kind: 'range', from: int(80), to: int(81) },
      flags: [],
    },
  ],
  [
    'a limit whose slash follows a unit',
    'limit rate over 10 mbytes/second burst 1 kbytes',
    { kind: 'limit', over: true, unit: 'bytes', rate: 10485760, per: 'second', burst: 1024 },
  ],
  [
    'a dynamic set',
    'update @flood { ip saddr timeout 1m5s limit rate 10/minute }',
    {
      kind: 'set',
      op: 'update',
      set: { name: 'flood' },
      elem: {
        kind: 'elem',
        key: payload('ip', 'saddr'),
        options: { statements: [], timeout: 65000 },
      },
      statements: [{ kind: 'limit', over: false, unit: 'packets', rate: 10, per: 'minute' }],
    },
  ],
  [
    'an object by a map',
    'ct helper set tcp dport map { 21 : "ftp" }',
    {
      kind: 'objref',
      object: 'ct helper',
      name: {
        kind: 'map',
        key: payload('tcp', 'dport'),
        mapping: {
          kind: 'set',
          elements: [
            { kind: 'elem', key: int(21), data: { kind: 'symbol', name: 'ftp', form: 'quoted' } },
          ],
        },
      },
    },
  ],
  [
    'a mark computed from another',
    'meta mark set ct mark and 0xff',
    {
      kind: 'mangle',
      key: { kind: 'meta', key: 'mark' },
      value: { kind: 'binop', op: '&', left: { kind: 'ct', key: 'mark' }, right: int(255) },
    },
  ],
  [
    'a chain without a name',
    'jump { accept; }',
    {
      kind: 'chain',
      verdict: 'jump',
      rules: [
        {
          kind: 'rule',
          statements: [{ kind: 'verdict', verdict: { kind: 'verdict', verdict: 'accept' } }],
        },
      ],
    },
  ],
])('a statement: %s', (_, text, want) => {
  expect(bare(statements(text)[0])).toEqual(want);
});

test.each([
  'queue num 1-3 bypass,fanout',
  'queue flags bypass,fanout to 1-3',
  'queue flags bypass,fanout num 1-3',
])('the ways to write a queue give one statement: %s', (text) => {
  expect(bare(statements(text))).toEqual([
    {
      kind: 'queue',
      num: { kind: 'range', from: int(1), to: int(3) },
      flags: ['bypass', 'fanout'],
    },
  ]);
});
