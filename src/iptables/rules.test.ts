import { expect, test } from 'vitest';
import type { Program } from '../program/index.ts';
import { EMPTY_PROGRAM } from '../program/index.ts';
import { compileLine, compileRestore, saveRuleset, type XtFamily } from './index.ts';
import { programOf } from './test-support.ts';

/** What stands behind `-A CHAIN` when the rule is saved. */
function saved(family: XtFamily, chain: string, rule: string): string {
  const { program } = programOf(family, [`-A ${chain} ${rule}`.trim()]);
  const lines = saveRuleset(program, family, { counters: false }).split('\n');
  return lines
    .filter((line) => line.startsWith('-A '))
    .map((line) => line.replace(/^-A \S+ ?/, ''))
    .join(' | ');
}

test.each([
  ['-s 10.0.0.1 -j ACCEPT', '-s 10.0.0.1/32 -j ACCEPT'],
  ['--source 10.1/16 --jump DROP', '-s 10.1.0.0/16 -j DROP'],
  ['-s 1.2.3.4/255.0.255.0', '-s 1.0.3.0/255.0.255.0'],
  ['-s 0/0 -d 0.0.0.0/0', ''],
  ['! -s 0.0.0.0/24', '! -s 0.0.0.0/24'],
  ['-s 1.1.1.1,2.2.2.2 -d 3.3.3.3', '-s 1.1.1.1/32 -d 3.3.3.3/32 | -s 2.2.2.2/32 -d 3.3.3.3/32'],
  ['-i eth+ ! -p tcp', '-i eth+ ! -p tcp'],
  ['-p all', ''],
  ['-p 47', '-p gre'],
  ['-p 253', '-p 253'],
  ['-i +', ''],
  ['! -i +', '! -i +'],
  ['! -f -j QUEUE', '! -f -j QUEUE'],
  ['-p udp -m length --len 10: -j DROP', '-p udp -m length --length 10:65535 -j DROP'],
  ['-m length ! --length=5', '-m length ! --length 5'],
  ['-s ! 1.2.3.4', '! -s 1.2.3.4/32'],
  ['-pudp -ieth0 -jDROP', '-i eth0 -p udp -j DROP'],
])('iptables saves %j as %j', (rule, want) => {
  expect(saved('ip', 'INPUT', rule)).toBe(want);
});

test.each([
  ['-s 2001:db8::/33 -p icmpv6 ! -d ::1', '-s 2001:db8::/33 ! -d ::1/128 -p ipv6-icmp'],
  ['-s ::/0', ''],
  ['-d 1::2/ffff::ffff', '-d 1::2/ffff::ffff'],
])('ip6tables saves %j as %j', (rule, want) => {
  expect(saved('ip6', 'INPUT', rule)).toBe(want);
});

test.each([
  ['-s 10.0.0.0/8 -j DROP', '-j DROP -s 10.0.0.0/8'],
  ['--source-mac Unicast', '--src-mac 00:00:00:00:00:00/01:00:00:00:00:00'],
  ['--opcode Reply --h-type 10 --proto-type ipv4', '--opcode 2 --h-type 0x10 --proto-type 0x800'],
  ['! --h-length 6', '! --h-length 6'],
])('arptables saves %j as %j', (rule, want) => {
  expect(saved('arp', 'INPUT', rule)).toBe(want);
});

test.each([
  ['-p ! ARP -j ACCEPT', '! -p ARP -j ACCEPT'],
  ['-p length', '-p Length -j CONTINUE'],
  ['-s de:ad:be:ef:0:00 -d BGA', '-s de:ad:be:ef:00:00 -d BGA -j CONTINUE'],
  ['--logical-in br0 -i + -p ip', '-p IPv4 --logical-in br0 -j CONTINUE'],
  ['-j nflog', '--nflog-group 1 -j CONTINUE'],
])('ebtables saves %j as %j', (rule, want) => {
  expect(saved('bridge', 'INPUT', rule)).toBe(want);
});

test.each([
  ['-A INPUT --jumpp DROP', 'unknown option "--jumpp"', '--jump'],
  ['-A INPUT -m lenght', "Couldn't load match `lenght': No such file or directory", 'length'],
  ['-A INPUT -m length', 'length: option "--length" must be specified', undefined],
  ['-A INPUT -o eth0', "Can't use -o with INPUT", undefined],
  ['-A INPUT -p tpc', 'unknown protocol "tpc" specified', 'tcp'],
  ['-A INPUT ! -p all', 'rule would never match protocol', undefined],
  [
    '-A INPUT ! -s 1.1.1.1,2.2.2.2',
    '! not allowed with multiple source or destination IP addresses',
    undefined,
  ],
  ['-A INPUT -j DROP -j ACCEPT', 'multiple -j flags not allowed', undefined],
  ['-A INPUT -j NOPE', "Chain 'NOPE' does not exist", undefined],
  ['-A INPTU -j DROP', 'No chain/target/match by that name.', 'INPUT'],
  ['-A INPUT -n', "Illegal option `-n' with this command", undefined],
  ['-A INPUT -L', 'Cannot use -L with -A', undefined],
  ['-D INPUT 1', 'Index of deletion too big.', undefined],
  ['-N ACCEPT', 'chain name may not clash with target name', undefined],
  ['-P INPUT MAYBE', "Bad policy name. Run `dmesg' for more information.", undefined],
  ['-t fliter -A INPUT', "table 'fliter' does not exist", 'filter'],
  ['-A INPUT -c 1', '-c requires packet and byte counter', undefined],
  ['', 'no command specified', undefined],
])('%j is refused: %s', (line, message, suggestion) => {
  const { diagnostics } = compileLine(line === '' ? [] : line.split(' '), { family: 'ip' });
  expect(diagnostics[0]).toMatchObject({ message, severity: 'error' });
  expect(diagnostics[0]?.suggestion).toBe(suggestion);
});

const FILE = `# a comment
*filter
:INPUT DROP [3:4]
:mine - [0:0]
[1:2] -A INPUT -s 10.0.0.1/32 -j mine
-A mine -m length --length 10 -j "ACCEPT"
-A mine -m futuristic --with 1 ! --without 2 -j DROP
-A mine --bogus
COMMIT
`;

const restored = (text: string, current: Program = EMPTY_PROGRAM) =>
  compileRestore({ name: 'f', text }, { family: 'ip', counters: true, current });

test('a file keeps what it does not know, tells what is wrong, and loads the rest', () => {
  const { diagnostics } = restored(FILE);
  expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'warning kept_unread',
    'error unknown_option',
  ]);
  const { program } = programOf('ip', [], FILE);
  expect(saveRuleset(program, 'ip', { counters: true })).toBe(`*filter
:INPUT DROP [3:4]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:mine - [0:0]
[1:2] -A INPUT -s 10.0.0.1/32 -j mine
[0:0] -A mine -m length --length 10 -j ACCEPT
[0:0] -A mine -m futuristic --with 1 ! --without 2 -j DROP
COMMIT
`);
});

test('ebtables names no extensions: an option nobody knows is kept by itself', () => {
  const text = '*filter\n-A INPUT ! --futuristic 1 -p ARP -j DROP\n';
  const { program } = programOf('bridge', [], text);
  expect(saveRuleset(program, 'bridge', { counters: false })).toContain(
    '-A INPUT -p ARP ! --futuristic 1 -j DROP\n',
  );
});

test('what is saved loads to the same', () => {
  const { program } = programOf('ip', [], FILE);
  const text = saveRuleset(program, 'ip', { counters: true });
  const { program: again } = programOf('ip', [], text);
  expect(saveRuleset(again, 'ip', { counters: true })).toBe(text);
});

test('commands count positions from one', () => {
  const { program } = programOf(
    'ip',
    [
      '-A INPUT -s 1.0.0.0/8',
      '-A INPUT -s 3.0.0.0/8',
      '-I INPUT 2 -s 2.0.0.0/8',
      '-I INPUT -s 0.0.0.0/8',
      '-D INPUT 2',
      '-R INPUT 1 -s 9.0.0.0/8',
      '-D INPUT -s 3.0.0.0/8',
      '-E mine yours',
    ],
    '*filter\n:mine - [0:0]\nCOMMIT\n',
  );
  expect(saveRuleset(program, 'ip', { counters: false })).toContain(
    ':yours - [0:0]\n-A INPUT -s 9.0.0.0/8\n-A INPUT -s 2.0.0.0/8\nCOMMIT',
  );
});
