import { expect, test } from 'vitest';
import { programOf } from '../test-support.ts';
import { translateLine, translateProgram, translateRestore } from './index.ts';

const line = (text: string, family: 'ip' | 'ip6' | 'arp' | 'bridge' = 'ip') =>
  translateLine(text.split(' '), family);

test.each([
  [
    '-A INPUT -i eth0 -s 10.0.0.0/8 -j DROP',
    'add rule ip filter INPUT iifname "eth0" ip saddr 10.0.0.0/8 counter drop',
  ],
  ['-I FORWARD ! -o ppp+ -g x', 'insert rule ip filter FORWARD oifname != "ppp*" counter goto x'],
  [
    '-A INPUT ! -d 1.2.3.4/255.0.0.255',
    'add rule ip filter INPUT ip daddr & 255.0.0.255 != 1.0.0.4 counter',
  ],
  [
    '-A INPUT ! -f -p 253',
    'add rule ip filter INPUT ip frag-off & 0x1fff 0 ip protocol 253 counter',
  ],
  ['-t nat -N web', 'add chain ip nat web'],
  ['-t mangle -X web', 'delete chain ip mangle web'],
  ['-E a b', 'rename chain ip filter a b'],
  ['-F INPUT', 'flush chain ip filter INPUT'],
])('%s', (text, want) => {
  expect(line(text)).toMatchObject({ commands: [want], untranslatable: [], diagnostics: [] });
});

test('lists of addresses make a rule each', () => {
  expect(line('-A INPUT -s 1.1.1.1,2.2.2.2').commands).toEqual([
    'add rule ip filter INPUT ip saddr 1.1.1.1 counter',
    'add rule ip filter INPUT ip saddr 2.2.2.2 counter',
  ]);
});

test('IPv6 speaks of the protocol behind all headers', () => {
  expect(line('-A INPUT -p tcp -d 2001:db8::/32', 'ip6').commands).toEqual([
    'add rule ip6 filter INPUT meta l4proto tcp ip6 daddr 2001:db8::/32 counter',
  ]);
});

test('what nft has no words for is named', () => {
  const { commands, untranslatable } = line('-A PREROUTING -t mangle -j CHECKSUM --checksum-fill');
  expect(commands).toEqual([]);
  expect(untranslatable).toEqual(['CHECKSUM']);
});

test('a line that means nothing has a diagnostic and no command', () => {
  const { commands, diagnostics } = line('-A INPUT --nonsense');
  expect(commands).toEqual([]);
  expect(diagnostics).toHaveLength(1);
});

test('whole tables keep their chains, policies and order; what is left over stands as a comment', () => {
  const { program } = programOf('ip', [
    '-N web',
    '-P INPUT DROP',
    '-A INPUT -s 10.0.0.1 -j web',
    '-A web -j ACCEPT',
    '-t mangle -A PREROUTING -j CHECKSUM --checksum-fill',
  ]);
  const { text, leftovers } = translateProgram(program);
  expect(leftovers).toMatchObject([
    { table: 'mangle', chain: 'PREROUTING', what: [{ name: 'CHECKSUM' }] },
  ]);
  expect(text.replaceAll('\t', '  ')).toBe(`table ip filter {
  chain web {
    counter accept
  }

  chain INPUT {
    type filter hook input priority filter; policy drop;
    ip saddr 10.0.0.1 counter jump web
  }
}

table ip mangle {
  chain PREROUTING {
    type filter hook prerouting priority mangle; policy accept;
    # -j CHECKSUM --checksum-fill
    #   left over: CHECKSUM: nft does not fill in checksums
  }
}
`);
});

const inputRules = (rule: string): string[] => {
  const { program } = programOf('ip', [rule]);
  const { text, leftovers } = translateProgram(program);
  if (leftovers.length > 0) return leftovers.flatMap(({ what }) => what.map(({ name }) => name));
  return [...text.matchAll(/^\t\t(.*(?:counter|goto|jump).*)$/gm)].map(([, line = '']) => line);
};

test.each([
  [
    '! --ctstate RELATED,ESTABLISHED,DNAT',
    [
      'ct state ! related,established ct status ! dnat counter drop',
      'ct state invalid,untracked counter drop',
    ],
  ],
  [
    '! --ctstate INVALID,UNTRACKED,SNAT',
    ['ct state ! invalid,untracked ct status ! snat counter drop'],
  ],
  [
    '--ctstate NEW,DNAT',
    ['ct state ! new ct status dnat counter drop', 'ct state new counter drop'],
  ],
  ['--ctstate DNAT', ['ct status dnat counter drop']],
  [
    '--ctstate INVALID,NEW --ctdir REPLY',
    ['ct state invalid,new ct direction reply counter drop', 'ct state invalid counter drop'],
  ],
  ['--ctstate NEW --ctdir REPLY', ['ct state new ct direction reply counter drop']],
  [
    '--ctstate INVALID,DNAT --ctdir REPLY',
    [
      'counter drop',
      'ct status dnat ct direction reply goto rest0',
      'ct state invalid ct direction reply goto rest0',
      'ct state invalid goto rest0',
      'jump any0',
    ],
  ],
  [
    '! --ctstate DNAT -m limit --limit 1/sec',
    [
      'limit rate 1/second burst 5 packets counter drop',
      'ct status ! dnat goto rest0',
      'ct state invalid,untracked goto rest0',
      'jump any0',
    ],
  ],
])('states and packets without a connection: %s', (match, want) => {
  expect(inputRules(`-A INPUT -m conntrack ${match} -j DROP`)).toEqual(want);
});

test('rules behind one that became two are known by where they were', () => {
  const { program } = programOf('ip', [
    '-A INPUT -m conntrack ! --ctstate DNAT -j DROP',
    '-A INPUT -j ACCEPT',
  ]);
  expect([...translateProgram(program).moved]).toEqual([
    ['ip filter INPUT 1', 'ip filter INPUT 0'],
    ['ip filter INPUT 2', 'ip filter INPUT 1'],
  ]);
});

test('chains that nft cannot call so have another name, and are known by the one they had', () => {
  const { program } = programOf('ip', [
    ...['icmp', '3proxy', 'a+b', 'chain_icmp', 'web'].map((name) => `-N ${name}`),
    '-A INPUT -j icmp',
    '-A icmp -g a+b',
    '-A a+b -j 3proxy',
    '-A web -j chain_icmp',
  ]);
  const { text, renamed, moved } = translateProgram(program, {
    isName: (word) => /^[a-z_]+$/i.test(word) && word !== 'icmp',
  });
  expect(renamed.map(({ chain, to }) => [chain, to])).toEqual([
    ['icmp', 'chain_icmp_2'],
    ['3proxy', 'chain_3proxy'],
    ['a+b', 'chain_a_b'],
  ]);
  const words = [...text.matchAll(/(?:chain|jump|goto) \w+/g)].map(String);
  expect(words.toSorted()).toEqual([
    ...['chain INPUT', 'chain chain_3proxy', 'chain chain_a_b', 'chain chain_icmp'],
    ...['chain chain_icmp_2', 'chain web', 'goto chain_a_b', 'jump chain_3proxy'],
    ...['jump chain_icmp', 'jump chain_icmp_2'],
  ]);
  expect(new Map([...moved])).toEqual(
    new Map([
      ['ip filter chain_a_b 0', 'ip filter a+b 0'],
      ['ip filter chain_icmp_2 0', 'ip filter icmp 0'],
    ]),
  );
});

test.each([
  ['-m comment --comment say"hi"$x -j DROP', [`counter drop comment "say'hi'$x"`]],
  [`-m comment --comment ${'x'.repeat(200)}`, [`counter comment "${'x'.repeat(128)}"`]],
  ['-j LOG --log-prefix in$x', ['LOG']],
  ['-j LOG --log-prefix say"hi"', ['LOG']],
  ['-j NFLOG --nflog-prefix $x', ['NFLOG']],
])('strings that nft cannot hold: %s', (rule, want) => {
  expect(inputRules(`-A INPUT ${rule}`)).toEqual(want);
});

test('priorities have the names that nft takes at their hook', () => {
  const { program } = programOf('ip', ['-t nat -P OUTPUT ACCEPT', '-t nat -P PREROUTING ACCEPT']);
  const { text } = translateProgram(program);
  expect(text).toContain('hook output priority -100');
  expect(text).toContain('hook prerouting priority dstnat');
});

const FILE = `# Generated by iptables-save v1.8.9
*filter
:INPUT DROP [10:20]
:web - [0:0]
[1:2] -A INPUT -p tcp --dport 80 -j web
-A web -j LOG --log-prefix "a b"
-A web -m recent --set
-I web -s 1.2.3.4,5.6.7.8 -j DROP
-N foo
-A web -6 -j DROP
-A INPUT -m connlimit --connlimit-above 3 -j DROP
-A INPUT -m connlimit --connlimit-above 4 -j DROP
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
`;

test('a file becomes commands, line by line, as iptables-restore-translate 1.8.9 writes them', () => {
  expect(translateRestore(FILE, 'ip')).toEqual({
    diagnostics: [],
    text: `add table ip filter
add chain ip filter INPUT { type filter hook input priority 0; policy drop; }
add chain ip filter web
add rule ip filter INPUT tcp dport 80 counter jump web
add rule ip filter web counter log prefix "a b"
# -t filter -A web -m recent --set${' '}
insert rule ip filter web ip saddr 1.2.3.4 counter drop
insert rule ip filter web ip saddr 5.6.7.8 counter drop
add chain ip filter foo
add set ip filter connlimit0 { type ipv4_addr; flags dynamic; }
add rule ip filter INPUT add @connlimit0 { ip saddr ct count over 3 } counter drop
add set ip filter connlimit1 { type ipv4_addr; flags dynamic; }
add rule ip filter INPUT add @connlimit1 { ip saddr ct count over 4 } counter drop
add table ip nat
add chain ip nat POSTROUTING { type nat hook postrouting priority 100; policy accept; }
add rule ip nat POSTROUTING oifname "eth0" counter masquerade
`,
  });
});

test.each([
  ['*filter\n-A INPUT --nope\nCOMMIT\n', 'unknown_option', 'add table ip filter\n'],
  ['*nope\nCOMMIT\n', 'no_such_table', ''],
  ['-A INPUT -j DROP\n', 'bad_line', ''],
  ['*filter\n:INPUT\n', 'bad_value', 'add table ip filter\n'],
  ['*filter\n-D INPUT 1\n', 'bad_line', 'add table ip filter\n'],
])('of a file that is wrong what stands before it: %j', (text, code, before) => {
  expect(translateRestore(text, 'ip')).toMatchObject({ text: before, diagnostics: [{ code }] });
});
