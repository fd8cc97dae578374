// Rulesets made from the grammar, for the parser and the JSON reader to be tried on: sound ones
// reach deep, and a little damage reaches the errors.

import type { Random } from '../../src/core/index.ts';

const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)]!;
const words = (text: string): readonly string[] => text.split(/\s+/);

const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['ip saddr', ['10.0.0.1', '10.0.0.0/8', '10.0.0.1-10.0.0.9', '{ 10.0.0.1, 10.1.0.0/16 }', '@s']],
  ['ip6 daddr', ['::1', 'fe80::/10', '{ ::1, 2001:db8::1 }', '2001:db8::1-2001:db8::9']],
  ['tcp dport', ['22', '80-90', '{ 22, 80 }', 'ssh', '!= 22', '< 1024']],
  ['udp sport', ['53', '{ 53, 123 }', '@p']],
  ['tcp flags', ['syn', 'syn,ack', 'syn / syn,ack', '& (fin | syn) == syn', '! ack']],
  ['ct state', ['new', 'established,related', '{ new, established }', 'vmap { invalid : drop }']],
  ['ct mark', ['1', '0x10', '& 0xff == 1', 'and 0xff ne 0']],
  ['ct original ip saddr', ['10.0.0.1']],
  ['iifname', ['"eth0"', 'eth*', '{ "lo", "eth0" }', String.raw`eth\*`]],
  ['meta mark', ['1', '0xffffffff', '1-9', '^ 1 == 2', '<< 2 == 4']],
  ['meta l4proto', ['tcp', '{ tcp, udp }', '6']],
  ['ether saddr', ['00:11:22:33:44:55', '{ 0:1:2:3:4:5 }']],
  ['icmp type', ['echo-request', '{ echo-request, redirect }']],
  [
    'ip saddr . tcp dport',
    ['{ 10.0.0.1 . 80, 10.0.0.0/8 . 1-9 }', '@c', 'vmap { 1.1.1.1 . 1 : accept }'],
  ],
  ['@th,16,16', ['22', '0x16']],
  ['tcp option maxseg size', ['1-500']],
  ['exthdr frag', ['exists', 'missing']],
  ['fib daddr . iif type', ['local', '{ local, broadcast }']],
  ['vxlan tcp dport', ['80']],
  ['rt ip nexthop', ['10.0.0.1']],
  ['numgen inc mod 4', ['0', 'vmap { 0 : jump c, 1-3 : drop }']],
  ['meta hour', ['"08:00"-"17:00"']],
  ['sctp chunk data tsn', ['1']],
];

const STATEMENTS = [
  ...['accept', 'drop', 'continue', 'return', 'jump c', 'goto c', 'jump { accept; }'],
  ...['counter', 'counter packets 1 bytes 2', 'counter name "n"', 'quota over 1 mbytes'],
  ...['limit rate 10/second', 'limit rate over 1 mbytes/minute burst 2 kbytes', 'last used never'],
  ...['log', 'log prefix "x: " level info group 3', 'log flags all', 'ct count over 9'],
  ...['reject', 'reject with tcp reset', 'reject with icmpx type admin-prohibited'],
  ...['snat to 10.0.0.1', 'dnat ip to 10.0.0.1:80-90 random', 'dnat to ip saddr map @m : 80'],
  ...['masquerade', 'masquerade to :1-9 persistent', 'redirect to :80', 'tproxy to :80'],
  ...['queue', 'queue num 1-3 bypass', 'queue flags fanout to symhash mod 2', 'notrack'],
  ...['meta mark set 1', 'meta mark set ct mark | 1', 'ct mark set meta mark', 'ip dscp set cs1'],
  ...['ct helper set "h"', 'ct zone set 1', 'tcp option maxseg size set rt mtu', 'flow add @f'],
  ...[
    'add @s { ip saddr }',
    'update @s { ip saddr timeout 1m counter }',
    'add @m { ip saddr : 1 }',
  ],
  ...['dup to 10.0.0.1 device "lo"', 'fwd to "lo"', 'reset tcp option sack-perm', 'xt match "x"'],
  ...['meter a { ip saddr limit rate 1/second }', 'synproxy mss 1460 wscale 7 timestamp'],
];

function rule(random: Random): string {
  const parts: string[] = [];
  for (let n = random.below(4); n > 0; n--) {
    const [field, values] = pick(random, FIELDS);
    parts.push(`${field} ${pick(random, values)}`);
  }
  for (let n = 1 + random.below(2); n > 0; n--) parts.push(pick(random, STATEMENTS));
  if (random.below(8) === 0) parts.push('comment "a b"');
  return parts.join(' ');
}

const ITEMS = [
  'set s { type ipv4_addr; flags interval, timeout; timeout 1h; elements = { 10.0.0.0/8 timeout 1m, 1.1.1.1 counter packets 1 bytes 2 } }',
  'set c { typeof ip saddr . tcp dport; size 10; elements = { 1.1.1.1 . 80 comment "x" } }',
  'map m { type ipv4_addr : verdict; elements = { 10.0.0.1 : jump c, * : drop } }',
  'map o { type inet_service : counter; policy memory; }',
  'counter n { packets 1 bytes 2 }',
  'quota q { over 1 mbytes }',
  'limit l { rate 1/second burst 2 packets; comment "l" }',
  'ct helper h { type "ftp" protocol tcp; }',
  'ct timeout t { protocol tcp; policy = { established : 2m, close : 4 } }',
  'ct expectation e { protocol udp; dport 1; timeout 2s; size 3; }',
  'synproxy y { mss 1; wscale 2; }',
  'flowtable f { hook ingress priority filter; devices = { lo, eth0 }; }',
  'tunnel u { id 1; ip saddr 1.1.1.1; ip daddr 2.2.2.2; vxlan { gbp 1; } }',
];

const COMMANDS = [
  ...['flush ruleset', 'list ruleset', 'list sets ip t', 'delete table t', 'destroy chain ip t c'],
  ...['add element t s { 1.1.1.1, 2.2.2.2 timeout 1s }', 'rename chain t a b', 'reset counters'],
  ...['insert rule t c index 1 accept', 'replace rule t c handle 3 drop', 'describe tcp dport'],
];

function table(random: Random): string {
  const family = pick(random, words('ip ip6 inet arp bridge netdev'));
  const lines = [`table ${family} t {`];
  for (let n = random.below(4); n > 0; n--) lines.push(`  ${pick(random, ITEMS)}`);
  lines.push('  chain c {', '    type filter hook input priority filter - 10; policy drop;');
  for (let n = random.below(5); n > 0; n--) lines.push(`    ${rule(random)}`);
  lines.push('  }', '}');
  return lines.join('\n');
}

/** Sound text: nothing in it may be refused. */
export function ruleset(random: Random): string {
  const parts: string[] = [];
  if (random.below(4) === 0) parts.push('define x = { 1, 2 }\ndefine y = $x');
  for (let n = 1 + random.below(3); n > 0; n--) {
    parts.push(random.below(4) === 0 ? pick(random, COMMANDS) : table(random));
  }
  return `${parts.join('\n')}\n`;
}

const TOKENS = words(
  `{ } ( ) [ ] , . : ; / - * @ $ + = == != < > & | ^ << >> " \\ # 0x 08 1d2h ::1 10.0.0.1 eth*
   add table chain rule set map element ip tcp ct meta dport saddr jump vmap with to rate type typeof
   include define $x $y 18446744073709551616 ffff:1 name option length timeout comment é`,
);

/** Tokens dropped, doubled, exchanged or put in: errors in every place of the grammar. */
export function damage(random: Random, text: string): string {
  const tokens = text.split(/(?<=[ \n;])/);
  for (let n = random.below(6); n > 0 && tokens.length > 0; n--) {
    const at = random.below(tokens.length);
    switch (random.below(5)) {
      case 0:
        tokens.splice(at, 1 + random.below(3));
        break;
      case 1:
        tokens.splice(at, 0, ...Array<string>(1 + random.below(50)).fill(tokens[at]!));
        break;
      case 2:
        tokens.splice(at, 0, `${pick(random, TOKENS)} `);
        break;
      case 3:
        tokens[at] = tokens[random.below(tokens.length)]!;
        break;
      default:
        tokens[at] = tokens[at]!.slice(random.below(3));
    }
  }
  return tokens.join('');
}
