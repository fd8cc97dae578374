import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../ast/index.ts';
import { parse } from './index.ts';
import { RESERVED } from './keywords.ts';

/** A tree without spans, so that a table can show what matters. */
function bare(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([k, v]) => (k === 'span' ? [] : [[k, bare(v)]])),
  );
}

function only(text: string): Command {
  const { commands, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  expect(commands).toHaveLength(1);
  return commands[0]!;
}

test.each(['timeout', 'to', 'rate', 'saddr', 'state', 'helper', 'burst', 'name'])(
  '%s is a keyword in its place only, so it can name a chain unless reserved',
  (name) => {
    const { diagnostics } = parse(`add chain ip t ${name}`);
    expect(diagnostics.map((d) => d.code)).toEqual(RESERVED.has(name) ? ['reserved_name'] : []);
  },
);

test('a table with everything in it', () => {
  const command = only(`table inet t {
    comment "all of it"
    flags dormant
    chain c { type filter hook input device "lo" priority filter - 10; policy drop; comment "x" }
    set s { type ipv4_addr; flags interval,timeout; timeout 1h; size 10; auto-merge; elements = { 10.0.0.0/8 timeout never comment "a", } }
    map m { typeof ip saddr . meta mark : interval ip daddr; }
    map v { type inet_service : verdict; counter; }
    counter n { packets 1 bytes 2 comment "c"; }
    quota q { over 1 kbytes used 2 bytes }
    limit l { rate 1/hour burst 3 packets; }
    ct helper h { type "ftp" protocol tcp; l3proto ip; }
    ct timeout o { protocol tcp; policy = { established: 2m, close : 4 } }
    ct expectation e { protocol udp; dport 1; timeout 2s; size 3; l3proto inet; }
    secmark k { "system_u:object_r:ssh_server_packet_t:s0" }
    synproxy y { mss 1460; wscale 7; timestamp sack-perm }
    tunnel u { id 1; ip saddr 10.0.0.1; ip daddr 10.0.0.2; vxlan { gbp 200; } }
    flowtable f { hook ingress priority 0; devices = { a, b }; counter; flags offload; }
  }`);
  expect(bare(command)).toMatchSnapshot();
});

test.each([
  ['add table ip6 t', 'add', 'table'],
  ['t c accept', 'add', 'rule'],
  ['create chain t c', 'create', 'chain'],
  ['insert rule t c index 2 drop', 'insert', 'rule'],
  ['replace rule inet t c handle 7 drop', 'replace', 'rule'],
  ['delete set t handle 3', 'delete', 'set'],
  ['delete chain t c { type filter hook ingress devices = { a } priority 0; }', 'delete', 'chain'],
  ['destroy element t s { 1 }', 'destroy', 'element'],
  ['flush ruleset ip', 'flush', 'ruleset'],
  ['list ct helpers table t', 'list', 'ct helpers'],
  ['list hooks inet device eth0', 'list', 'hooks'],
  ['reset rules chain t c', 'reset', 'rules'],
  ['rename chain t a b', 'rename', 'chain'],
  ['get element t s { 1 }', 'get', 'element'],
])('the command %s', (text, kind, object) => {
  expect(only(text)).toMatchObject({ kind, object: { kind: object } });
});

test.each([
  ['describe tcp dport', 'describe'],
  ['monitor new rules json', 'monitor'],
  ['export vm json', 'export'],
  ['import ruleset json', 'import'],
])('the command %s', (text, kind) => {
  expect(only(text)).toMatchObject({ kind });
});

test('definitions are replaced where they are used, and sets in sets become one', () => {
  const { commands, diagnostics } = parse(
    `
    define lan = { 10.0.0.0/8, 192.168.0.0/16 }
    define every = { $lan, 172.16.0.1 }
    table ip t {
      define lan = 1
      chain c { ip saddr $every jump $to; }
      chain d { meta mark $lan; }
    }`,
    { defines: { to: 'd' } },
  );
  expect(diagnostics).toEqual([]);
  const text = JSON.stringify(bare(commands));
  expect(text).toContain('"10.0.0.0"');
  expect(text.match(/"kind":"set"/g)).toHaveLength(1);
  expect(text).toContain('"right":{"kind":"integer","value":1}');
  expect(text).toContain('"target":{"name":"d"}');
});

test('a variable may hold the name of a set', () => {
  const { commands, diagnostics } = parse('define s = @x\nt c add $s { ip saddr }');
  expect(diagnostics).toEqual([]);
  expect(JSON.stringify(bare(commands))).toContain('"set":{"name":"x"}');
});

test('a hundred thousand elements are read in one piece', () => {
  const elements = Array.from(
    { length: 100_000 },
    (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
  );
  const command = only(`add element t s { ${elements.join(', ')} }`);
  if (command.kind !== 'add' || command.object.kind !== 'element') throw new Error('no elements');
  expect(command.object.elements.elements).toHaveLength(100_000);
});

const VOCABULARY = [
  ...RESERVED,
  ...'{ } ( ) [ ] , . : ; / - * @ $ + = == != < > & | ^ << >> \n " \\ 0x 08 1d2h ::1 10.0.0.1'.split(
    ' ',
  ),
  ...'to with rate saddr dport state name num option chunk inc mod over used 80 x ip t c'.split(
    ' ',
  ),
];

test('no soup of tokens makes the parser throw or lose the place', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 60 }), (tokens) => {
      const text = tokens.join(' ');
      for (const { span } of parse(text).diagnostics) {
        expect(span.start).toBeLessThanOrEqual(text.length);
        expect(span.end).toBeGreaterThanOrEqual(span.start);
      }
    }),
    { numRuns: 500 },
  );
});

test('no text at all makes the parser throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parse(text)));
});

test('spans are where things were written', () => {
  const text =
    'add rule ip t c ip saddr { 10.0.0.0/8, 1.1.1.1-2.2.2.2 timeout 1m } tcp flags & 3 == 1';
  const { commands } = parse(text);
  const written: string[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('span' in node && 'kind' in node) {
      const { start, end } = node.span as { start: number; end: number };
      written.push(`${node.kind}: ${text.slice(start, end)}`);
    }
    for (const inner of Object.values(node)) collect(inner);
  };
  collect(commands);
  expect(written).toEqual([
    `add: ${text}`,
    'rule: rule ip t c ip saddr { 10.0.0.0/8, 1.1.1.1-2.2.2.2 timeout 1m } tcp flags & 3 == 1',
    'rule: ip saddr { 10.0.0.0/8, 1.1.1.1-2.2.2.2 timeout 1m } tcp flags & 3 == 1',
    'match: ip saddr { 10.0.0.0/8, 1.1.1.1-2.2.2.2 timeout 1m }',
    'payload: ip saddr',
    'set: { 10.0.0.0/8, 1.1.1.1-2.2.2.2 timeout 1m }',
    'elem: 10.0.0.0/8',
    'prefix: 10.0.0.0/8',
    'symbol: 10.0.0.0',
    'elem: 1.1.1.1-2.2.2.2 timeout 1m',
    'range: 1.1.1.1-2.2.2.2',
    'symbol: 1.1.1.1',
    'symbol: 2.2.2.2',
    'match: tcp flags & 3 == 1',
    'binop: tcp flags & 3',
    'payload: tcp flags',
    'integer: 3',
    'integer: 1',
  ]);
});
