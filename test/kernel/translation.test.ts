// A translation does on the kernel what iptables does there, where nft's words are other ones: rules that
// become two, and states that are statuses.

import { afterAll, describe, expect, test } from 'vitest';
import { type TranslatedProgram, translateProgram } from '../../src/iptables/index.ts';
import { loadRuleset } from '../../src/lab/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import type { SocketConfig } from '../../src/stack/index.ts';
import type { Outcome, Step } from './case.ts';
import { KernelTarget } from './kernel-target.ts';
import { missing } from './needs.ts';
import * as sets from './translated-sets.ts';

const RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p udp -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A FORWARD -p tcp -m conntrack ! --ctstate DNAT,NEW -j DROP
-A FORWARD -p icmp -m conntrack --ctstate DNAT,INVALID -j DROP
-A FORWARD -p icmp -m conntrack --ctstate INVALID,NEW --ctdir ORIGINAL -j MARK --set-mark 5
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p udp --dport 53 -j DNAT --to-destination 192.0.2.3
-A PREROUTING -d 192.0.2.9 -j DNAT --to-destination 192.0.2.4
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp --dport 99 -j NOTRACK
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -m policy --dir out --pol none -j TTL --ttl-set 9
-A POSTROUTING -m policy --dir out --pol ipsec -j DROP
COMMIT
`;

const STEPS: readonly Step[] = [
  'udp 10.0.0.2:1000 > 192.0.2.2:7',
  'udp 10.0.0.2:1000 > 192.0.2.2:53',
  'udp 10.0.0.2:1000 > 192.0.2.2:99',
  'tcp 10.0.0.2:1001 > 192.0.2.2:80 syn',
  'tcp 10.0.0.2:1001 > 192.0.2.2:80 syn,ack seq 7 ack 9',
  'tcp 10.0.0.2:1002 > 192.0.2.9:80 syn',
  'tcp 10.0.0.2:1003 > 192.0.2.2:80 rst seq 7',
  'tcp 10.0.0.2:1004 > 192.0.2.9:80 rst seq 7',
  'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1',
  'icmp 10.0.0.2 > 192.0.2.9 echo-request id 2 seq 1',
  'icmp 10.0.0.2 > 192.0.2.2 echo-reply id 3 seq 1',
].map((packet) => ({ on: 'eth0', packet }));

/** Port 3128 is a proxy's, 3130 that of a program that is none; at 3129 nobody listens. */
const TPROXY = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp --dport 80 -j TPROXY --on-port 3128 --tproxy-mark 1
-A PREROUTING -p tcp --dport 81 -j TPROXY --on-port 3129 --tproxy-mark 1
-A PREROUTING -p tcp --dport 82 -j TPROXY --on-port 3130 --tproxy-mark 1
-A PREROUTING -p udp --dport 80 -m limit --limit 1/hour --limit-burst 2 -j TPROXY --on-port 3128 --tproxy-mark 1
-A PREROUTING -p udp --dport 81 -j TPROXY --on-port 3129 --tproxy-mark 1
-A PREROUTING -p udp --dport 82 -j TPROXY --on-port 3130
-A PREROUTING -j MARK --set-mark 9
-A FORWARD -m mark --mark 1
-A FORWARD -m mark --mark 9
COMMIT
`;

const proxied = ([from, to]: readonly [string, string]): Step[] =>
  [80, 81, 82, 83].flatMap((port): Step[] => [
    { on: 'eth0', packet: `tcp ${from}:4000 > ${to}:${port} syn` },
    { on: 'eth0', packet: `udp ${from}:4000 > ${to}:${port} data "x"` },
    { on: 'eth0', packet: `udp ${from}:4001 > ${to}:${port} data "x"` },
    { on: 'eth0', packet: `udp ${from}:4002 > ${to}:${port} data "x"` },
  ]);

const listening = (address: string): SocketConfig[] =>
  (['tcp', 'udp'] as const).flatMap((protocol) => [
    { protocol, address, port: 3128, transparent: true },
    { protocol, address, port: 3130 },
  ]);

/** What rules of both count, chains by their names; those that nft has for itself are in no rule of iptables. */
const countersOf = ({ counters }: Outcome): string[] =>
  counters
    .filter(({ rule, chain }) => rule >= 0 && / [A-Z]+$/.test(chain))
    .map(({ chain, rule, packets, bytes }) =>
      [chain.replace(/^\w+ /, ''), rule, packets, bytes].join(' '),
    );

/** The same of every rule, by where it stands in the original: rules that only lead to others are left out. */
const countedBy = ({ counters }: Outcome, moved?: TranslatedProgram['moved']): string[] =>
  counters
    .filter(({ rule }) => rule >= 0)
    .flatMap(({ chain, rule, packets, bytes }) => {
      const place = `${chain.replace(/^iptables /, 'ip ')} ${rule}`;
      const at = moved?.has(place) === true ? moved.get(place) : place;
      return at === undefined ? [] : [`${at}: ${packets} ${bytes}`];
    })
    .sort();

const reason = missing();

describe.skipIf(reason !== undefined)(`translations${reason ? ` (${reason})` : ''}`, async () => {
  const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
  afterAll(() => kernel?.close());

  test('states with SNAT and DNAT, and packets without a connection', () => {
    const { program } = loadRuleset([{ name: 'rules.v4', text: RULES }]);
    const { text, leftovers } = translateProgram(program);
    expect(leftovers).toEqual([]);
    const iptables = kernel!.run({ name: 'iptables', xtables: { iptables: RULES }, steps: STEPS });
    const nft = kernel!.run({ name: 'nft', ruleset: text, steps: STEPS });
    expect(nft.sent).toEqual(iptables.sent);
    expect(nft.conntrack).toEqual(iptables.conntrack);
    expect(nft.sent.filter((frames) => frames.length > 0)).toHaveLength(4);
  });

  test.each([
    ['iptables', '0.0.0.0', ['10.0.0.2', '192.0.2.2']],
    ['ip6tables', '::', ['[2001:db8::2]', '[2001:db8:1::2]']],
  ] as const)('TPROXY with and without a program that listens: %s', (tool, any, ends) => {
    const { program } = loadRuleset([{ name: `rules.${tool}`, text: `# ${tool}-save\n${TPROXY}` }]);
    const { text, leftovers } = translateProgram(program);
    expect(leftovers).toEqual([]);
    const common = { sockets: listening(any), steps: proxied(ends) };
    const xt = kernel!.run({ name: tool, xtables: { [tool]: TPROXY }, ...common });
    const nft = kernel!.run({ name: 'nft', ruleset: text, ...common });
    expect(nft.sent).toEqual(xt.sent);
    expect(nft.conntrack).toEqual(xt.conntrack);
    expect(countersOf(nft)).toEqual(countersOf(xt));
    expect(countersOf(xt)).toHaveLength(9);
  });

  test('sets of ipset as sets of nft', () => {
    const loaded = loadRuleset([
      { name: 'sets.ipset', text: sets.SETS },
      { name: 'rules.v4', text: sets.RULES },
    ]);
    const { text, leftovers, moved } = translateProgram(loaded.program, { ipsets: loaded.sets });
    expect(leftovers).toEqual([]);
    const xtables = { ipset: sets.SETS, iptables: sets.RULES };
    const xt = kernel!.run({ name: 'ipset', xtables, steps: sets.STEPS });
    const nft = kernel!.run({ name: 'nft', ruleset: text, steps: sets.STEPS });
    expect(nft.sent).toEqual(xt.sent);
    const counted = countedBy(xt);
    expect(countedBy(nft, moved)).toEqual(counted);
    expect(counted.filter((line) => !line.endsWith(': 0 0'))).toHaveLength(32);
  });
});
