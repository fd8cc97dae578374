// What people get wrong, and what they are told: the words under the caret, the sentence, its cause.

import { expect, test } from 'vitest';
import { compile } from './index.ts';

/** A rule in a chain of a table of family ip, if `text` is no whole ruleset. */
const whole = (text: string): string =>
  /^(table|add|define|include|tabel)/.test(text)
    ? text
    : `table ip t {\n\tset ports { type inet_service; }\n\tchain c {\n\t\t${text}\n\t}\n}\n`;

interface Mistake {
  readonly name: string;
  readonly text: string;
  readonly at: string;
  readonly says: string;
  readonly why?: string;
  readonly try?: string;
}

const STATEMENT = 'expected <statement>';
const TCP_FIELDS =
  'expected one of sport, dport, sequence, ackseq, doff, reserved, flags, window, checksum, urgptr';

const base = (hook: string): string => `table ip t {\n chain c {\n  ${hook}\n }\n}\n`;

test.each<Mistake>([
  {
    name: 'a verdict misspelt',
    text: 'tcp dport 22 accpet',
    at: 'accpet',
    says: "unexpected 'accpet'",
    why: STATEMENT,
    try: 'accept',
  },
  {
    name: 'a verdict in capitals, as iptables has it',
    text: 'tcp dport 22 ACCEPT',
    at: 'ACCEPT',
    says: "unexpected 'ACCEPT'",
    why: STATEMENT,
    try: 'accept',
  },
  {
    name: 'a field misspelt behind a letter of two bytes and tabs',
    text: 'log prefix "grün: " tcp dprot 22',
    at: 'dprot',
    says: "unexpected 'dprot'",
    why: TCP_FIELDS,
    try: 'dport',
  },
  {
    name: 'a command misspelt',
    text: 'tabel ip t { }',
    at: 'tabel',
    says: "unexpected 'tabel'",
    why: 'expected <command>',
    try: 'table',
  },
  {
    name: 'a semicolon missing before a policy',
    text: base('type filter hook input priority 0 policy drop;'),
    at: 'policy',
    says: "unexpected 'policy'",
    why: "expected one of end of line, ';'",
  },
  {
    name: 'a policy that is no verdict of a policy',
    text: base('type filter hook input priority 0; policy reject;'),
    at: 'reject',
    says: "unexpected 'reject'",
    why: 'expected one of accept, drop',
  },
  {
    name: 'a priority misspelt',
    text: base('type filter hook input priority fliter;'),
    at: 'fliter',
    says: "no priority 'fliter' at this hook of ip",
    try: 'filter',
  },
  {
    name: 'a nat chain where nothing is translated',
    text: base('type nat hook forward priority 0;'),
    at: 'type nat hook forward priority 0',
    says: 'a nat chain cannot be at hook forward of ip',
  },
  {
    name: 'a rule of iptables',
    text: '-p tcp --dport 22 -j ACCEPT',
    at: '-',
    says: "unexpected '-'",
    why: 'rules of iptables are written otherwise: iptables-translate tells how',
  },
  {
    name: 'a single equals sign',
    text: 'ip saddr = 192.0.2.1 accept',
    at: '=',
    says: "unexpected '='",
    why: "write the value at once, or '==' before it",
  },
  {
    name: 'a port without its protocol',
    text: 'dport 22 accept',
    at: 'dport',
    says: "'dport' does not say of what",
    why: 'it is a field of tcp, udp, udplite, dccp, sctp, th',
    try: 'tcp dport',
  },
  {
    name: 'an address in the place of a port',
    text: 'tcp dport 192.0.2.1 accept',
    at: '192.0.2.1',
    says: "'192.0.2.1' is not a value of type internet network service",
  },
  {
    name: 'a service misspelt',
    text: 'tcp dport shh accept',
    at: 'shh',
    says: "'shh' is not a value of type internet network service",
    try: 'ssh',
  },
  {
    name: 'a port that no port can be',
    text: 'tcp dport 70000 accept',
    at: '70000',
    says: 'value 70000 exceeds valid range 0-65535',
  },
  {
    name: 'an address with a number too large',
    text: 'ip saddr 10.0.0.256 accept',
    at: '10.0.0.256',
    says: "'10.0.0.256' is not a value of type IPv4 address",
    why: 'an IPv4 address is four numbers from 0 to 255',
  },
  {
    name: 'an IPv6 address for a field of IPv4',
    text: 'ip saddr 2001:db8::1 accept',
    at: '2001:db8::1',
    says: "'2001:db8::1' is not a value of type IPv4 address",
    why: "an IPv6 address is matched with 'ip6'",
  },
  {
    name: 'a prefix that is too long',
    text: 'ip saddr 10.0.0.0/33 drop',
    at: '10.0.0.0/33',
    says: 'prefix length 33 is invalid for a type of 32 bits',
  },
  {
    name: 'a range the wrong way round',
    text: 'tcp dport 100-10 drop',
    at: '100-10',
    says: 'the range ends before it begins',
    why: 'write the lower end first',
  },
  {
    name: 'IPv6 in a table of IPv4',
    text: 'ip6 saddr ::1 drop',
    at: 'ip6 saddr',
    says: 'ip6 is matched where the rule already requires ip',
  },
  {
    name: 'two protocols in one rule',
    text: 'tcp dport 22 udp dport 53 drop',
    at: 'udp dport',
    says: 'udp is matched where the rule already requires tcp',
  },
  {
    name: 'a state misspelt',
    text: 'ct state estblished,related accept',
    at: 'estblished',
    says: "'estblished' is not a value of type conntrack state",
    try: 'established',
  },
  {
    name: 'a flag misspelt',
    text: 'tcp flags sny drop',
    at: 'sny',
    says: "'sny' is not a value of type TCP flag",
    try: 'syn',
  },
  {
    name: 'a type of message by the name of the command that sends it',
    text: 'icmp type ping accept',
    at: 'ping',
    says: "'ping' is not a value of type ICMP type",
    why: 'it is one of echo-reply, destination-unreachable, source-quench, redirect, echo-request, router-advertisement, router-solicitation, time-exceeded, parameter-problem, timestamp-request, timestamp-reply, info-request and 3 more',
  },
  {
    name: 'a set misspelt',
    text: 'tcp dport @prots drop',
    at: '@prots',
    says: "no set or map named 'prots' in this table",
    try: 'ports',
  },
  {
    name: 'a set of another type',
    text: 'ip saddr @ports drop',
    at: '@ports',
    says: 'this must be of type IPv4 address, and is internet network service',
  },
  {
    name: 'a counter nobody declared',
    text: 'counter name hits',
    at: 'hits',
    says: "no counter named 'hits' in this table",
  },
  {
    name: 'a jump to nowhere',
    text: 'tcp dport 22 jump nowhere',
    at: 'nowhere',
    says: "no chain named 'nowhere' in this table",
  },
  {
    name: 'a rule behind its end',
    text: 'accept tcp dport 22',
    at: 'tcp dport 22',
    says: 'statement after terminal statement has no effect',
  },
  {
    name: 'a translation in a chain of filters',
    text: base('type filter hook prerouting priority 0; dnat to 192.0.2.1'),
    at: 'dnat to 192.0.2.1',
    says: 'dnat needs a chain of type nat',
  },
  {
    name: 'a source translated before routing',
    text: base('type nat hook prerouting priority 0; snat to 192.0.2.1'),
    at: 'snat to 192.0.2.1',
    says: 'snat works in postrouting, input, not in prerouting',
  },
  {
    name: 'a translation that does not say its family',
    text: 'table inet t { chain c { type nat hook prerouting priority 0; dnat to 192.0.2.1:80; }; }',
    at: 'dnat to 192.0.2.1:80',
    says: "'dnat' does not say which IP version it is for",
    why: "write 'dnat ip' or 'dnat ip6' in an inet table",
  },
  {
    name: 'a network in a set of single addresses',
    text: 'table ip t { set s { type ipv4_addr; elements = { 10.0.0.0/8 }; }; }',
    at: '10.0.0.0/8',
    says: 'this set holds single values, not a prefix',
    why: "add 'flags interval' to the declaration of the set",
  },
  {
    name: 'networks that overlap',
    text: 'table ip t { set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 10.1.0.0/16 }; }; }',
    at: '10.1.0.0/16',
    says: 'conflicting intervals specified',
    why: "'auto-merge' in the set's declaration joins such intervals",
  },
  {
    name: 'a map without verdicts',
    text: 'tcp dport vmap { 22, 80 }',
    at: '22',
    says: 'the verdict of this element is missing',
  },
  {
    name: 'braces that are not closed',
    text: 'tcp dport { 22, 80 accept',
    at: 'accept',
    says: "unexpected 'accept'",
    why: "expected one of ',', '}'",
  },
  {
    name: 'a brace too few',
    text: 'table ip t {\n chain c {\n  accept\n }\n',
    at: '',
    says: "the input ends before a closing '}'",
  },
  {
    name: 'a brace too many',
    text: 'table ip t { chain c { accept; }; }\n}\n',
    at: '}',
    says: "unexpected '}'",
    why: 'no block is open here',
  },
  {
    name: 'a blank of a web page',
    text: 'tcp\u00a0dport 22 accept',
    at: '\u00a0',
    says: 'the character U+00A0 has no meaning here',
    why: "U+00A0 only looks like ' '",
    try: ' ',
  },
  {
    name: 'quotes of a word processor',
    text: 'iifname “eth0” accept',
    at: '“',
    says: "the character '“' has no meaning here",
    why: "U+201C only looks like '\"'",
    try: '"',
  },
  {
    name: 'a variable misspelt',
    text: 'define wan = eth0\ntable ip t { chain c { iifname $wna accept; }; }',
    at: 'wna',
    says: "no variable named 'wna'",
    try: 'wan',
  },
  {
    name: 'a unit of time cut short',
    text: 'limit rate 10/sec accept',
    at: 'sec',
    says: "unexpected 'sec'",
    why: 'expected one of second, minute, hour, day, week',
  },
  {
    name: 'a comment of several words without quotes',
    text: 'accept comment allow ssh',
    at: 'ssh',
    says: "unexpected 'ssh'",
    why: "expected one of end of line, ';'",
  },
  {
    name: 'a file that is not there',
    text: 'include "missing.nft"',
    at: 'include "missing.nft"',
    says: "cannot read the file 'missing.nft'",
  },
  {
    name: 'a rule for a table that is not there',
    text: 'add rule inet filter input tcp dport 22 accept',
    at: 'filter',
    says: "no table named 'inet filter'",
  },
])('$name', ({ name: _name, text, ...want }) => {
  const source = { name: 'rules.nft', text: whole(text) };
  const [first] = compile(source).diagnostics;
  expect(first).toBeDefined();
  const { span, message, hint, suggestion } = first!;
  expect({
    at: source.text.slice(span.start, span.end),
    says: message,
    ...(hint !== undefined && { why: hint }),
    ...(suggestion !== undefined && { try: suggestion }),
  }).toEqual(want);
});
