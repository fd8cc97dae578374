import { expect, test } from 'vitest';
import { formatDiagnostic } from '../diagnostics/index.ts';
import { parse } from './index.ts';

function errors(text: string): string[] {
  const { diagnostics, sources } = parse({ name: 'f.nft', text });
  return diagnostics.map((d) => formatDiagnostic(d, sources));
}

test('a misspelt word is underlined, and what was meant is named', () => {
  expect(errors('table ip t {\n\tchain c {\n\t\ttcp dport 22 accpet\n\t}\n}\n')).toEqual([
    [
      "f.nft:3:16: error: unexpected 'accpet' [unexpected_token]",
      '   3 |   tcp dport 22 accpet',
      '     |                ^^^^^^',
      '       expected <statement>',
      "       did you mean 'accept'?",
    ].join('\n'),
  ]);
});

test.each([
  ['dport 22 accept', 'tcp dport'],
  ['ip saddr 10.0.0.1 dport 22', 'tcp dport'],
  ['saddr 10.0.0.1', 'ip saddr'],
  ['l4proto tcp', 'meta l4proto'],
  ['state new', 'ct state'],
  ['ip saddr 10.0.0.1 acept', 'accept'],
  ['log prefx "a"', undefined],
])('%j suggests %j', (text, suggestion) => {
  const { diagnostics } = parse(`add rule t c ${text}`);
  expect(diagnostics.map((d) => d.suggestion)).toEqual([suggestion]);
});

test('one run shows the errors of all lines, and the good lines are kept', () => {
  const { commands, diagnostics } = parse(`
    flsuh ruleset
    table ip t {
      chain c {
        ip sadr 10.0.0.1
        accept
        tcp dport { 1, 2 ~
          3 }
        drop
      }
    }
    add table t2`);
  expect(diagnostics.map((d) => d.suggestion)).toEqual(['flush', 'saddr', undefined]);
  expect(commands).toHaveLength(2);
  const table = commands[0];
  if (table?.kind !== 'add' || table.object.kind !== 'table') throw new Error('no table');
  const chain = table.object.items[0];
  expect(chain?.kind === 'chain' && chain.rules).toHaveLength(2);
});

test('a brace forgotten in a rule does not swallow what follows', () => {
  const { commands, diagnostics } = parse(`
    table ip t {
      chain c {
        tcp dport { 22, 80 accept
        acept
        drop
      }
      chain d { accept; }
    }`);
  expect(diagnostics.map((d) => d.suggestion ?? d.code)).toEqual(['unexpected_token', 'accept']);
  const [table] = commands;
  if (table?.kind !== 'add' || table.object.kind !== 'table') throw new Error('no table');
  expect(table.object.items).toHaveLength(2);
});

test('errors are counted and capped', () => {
  const codes = parse('x\n'.repeat(50), { maxErrors: 3 }).diagnostics.map((d) => d.code);
  expect(codes).toEqual([
    'unexpected_token',
    'unexpected_token',
    'unexpected_token',
    'too_many_errors',
  ]);
});

test.each([
  ['add rule t c ip saddr "a', 'unterminated_string'],
  ['add table t\r\n', 'crlf_lines'],
  ['add rule t c ip saddr ~', 'stray_character'],
  ['table t { chain c {', 'unclosed_block'],
  ['add table accept', 'reserved_name'],
  ['add rule t c ip saddr $a', 'unknown_variable'],
  ['define a = 1\ndefine a = 2', 'redefined_variable'],
  ['define a = 1\nadd rule t c jump $a', 'variable_kind'],
  ['add rule t c ip saddr 10.0.0.0/129', 'number_out_of_range'],
  ['add rule t c reject with icmp 256', 'number_out_of_range'],
  ['add rule t c @th,0,0 1', 'number_out_of_range'],
  ['add rule t c update @s { ip saddr timeout 5x }', 'unexpected_token'],
  ['add set t s { timeout x; }', 'bad_time'],
  ['add chain t c { policy drop; policy drop; }', 'duplicate_clause'],
  ['add set t s { type a; type b; }', 'duplicate_clause'],
  ['add set t s { flags interval; }', 'missing_clause'],
  ['add rule t c tcp dport vmap { 22 : accept, 23 }', 'missing_clause'],
  ['add ct helper t h { l3proto ip; }', 'missing_clause'],
  [`add rule t c accept comment "${'x'.repeat(129)}"`, 'comment_too_long'],
  [`add rule t c accept comment "${'é'.repeat(65)}"`, 'comment_too_long'],
  ['add chain t c { type filter hook ingress device "" priority 0; }', 'bad_interface_name'],
  ['add rule t c fib saddr . daddr oif 1', 'contradiction'],
  ['add rule t c limit rate 1/second burst 0 packets', 'contradiction'],
  ['include "nowhere"', 'include_not_found'],
  ['add table t }', 'unexpected_token'],
])('%j is refused as %s', (text, code) => {
  expect(parse(text).diagnostics.map((d) => d.code)).toEqual([code]);
});

test.each([
  ['parentheses', `add rule t c ip saddr ${'('.repeat(10_000)}`],
  ['sets', `add rule t c tcp dport ${'{'.repeat(10_000)}`],
  ['chains', `add rule t c ${'jump {'.repeat(10_000)}`],
  ['hashes', `add rule t c ${'jhash '.repeat(10_000)}`],
  ['meters', `add rule t c ${'meter m { ip saddr '.repeat(10_000)}`],
  ['operators', `add rule t c meta mark ${'1 | '.repeat(10_000)} 1`],
])('ten thousand levels of %s are an error, not a crash', (_, text) => {
  expect(parse(text).diagnostics[0]?.code).toBe('nesting_too_deep');
});

test('variables that multiply are an error before they fill the memory', () => {
  const lines = ['define a0 = { 1, 2 }'];
  for (let i = 1; i < 64; i++) lines.push(`define a${i} = { $a${i - 1}, $a${i - 1} }`);
  expect(parse(lines.join('\n')).diagnostics[0]?.code).toBe('variable_too_large');
});

test('a definition on the command line is one value, not more text', () => {
  const { commands, diagnostics } = parse('', { defines: { a: '1\nadd table t' } });
  expect(commands).toEqual([]);
  expect(diagnostics.map((d) => d.code)).toEqual(['bad_define']);
});
