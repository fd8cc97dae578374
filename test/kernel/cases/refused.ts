// Changes that the netfilter refuses, whole, and what then still holds.

import type { Case } from '../case.ts';
import { filter, lan } from './words.ts';

const BASE = filter({ forward: 'udp dport 53 counter drop\ncounter' });
const PROBE = [lan('udp 10.0.0.2:1 > 192.0.2.2:53'), lan('udp 10.0.0.2:1 > 192.0.2.2:54')];

/** `what` refuses `change`; the ruleset before it goes on as it was. */
const refused = (what: string, change: string, ruleset = BASE): Case => ({
  name: `refused: ${what}`,
  ruleset,
  steps: [{ nft: change, refused: true }, ...PROBE],
});

const taken = (what: string, change: string, ruleset = BASE): Case => ({
  name: `taken: ${what}`,
  ruleset,
  steps: [...PROBE, { nft: change }, ...PROBE],
});

const chain = (name: string, rules: string): string =>
  `add chain inet filter ${name}\n${rules
    .split('\n')
    .map((rule) => `add rule inet filter ${name} ${rule}`)
    .join('\n')}\n`;

const nested = (depth: number): string =>
  Array.from({ length: depth }, (_, i) => {
    const n = depth - 1 - i;
    return chain(`c${n}`, n === depth - 1 ? 'counter' : `jump c${n + 1}`);
  })
    .concat('add rule inet filter forward jump c0\n')
    .join('');

const WITH_SETS = `${BASE}
table inet t {
  set plain { type ipv4_addr; elements = { 10.0.0.1 }
  }
  set ranges { type ipv4_addr; flags interval; elements = { 10.0.0.0/24 }
  }
  set full { type ipv4_addr; size 1; elements = { 10.0.0.1 }
  }
  map m { type ipv4_addr : mark; elements = { 10.0.0.1 : 1 }
  }
  map v { type inet_service : verdict; elements = { 80 : drop }
  }
  counter hits {
  }
  chain used { counter
  }
  chain f { type filter hook forward priority 10; ip saddr @plain jump used
    counter name "hits"
    tcp dport vmap @v
  }
}`;

const chains: Case[] = [
  refused('a rule in a chain that is not there', 'add rule inet filter nowhere counter'),
  refused('a chain in a table that is not there', 'add chain inet nowhere c'),
  refused('a jump to a chain that is not there', 'add rule inet filter forward jump nowhere'),
  refused('a jump to a base chain', `${chain('a', 'counter')}add rule inet filter a jump forward`),
  refused(
    'a chain that jumps to itself',
    `${chain('a', 'counter')}add rule inet filter a jump a\nadd rule inet filter forward jump a`,
  ),
  refused(
    'a circle of two chains',
    `${chain('a', 'counter')}${chain('b', 'jump a')}add rule inet filter a goto b\nadd rule inet filter forward jump b`,
  ),
  refused(
    'a circle through a verdict map',
    `${chain('a', 'counter')}add rule inet filter a udp dport vmap { 53 : jump a }\nadd rule inet filter forward jump a`,
  ),
  taken(
    'a circle that no hook leads to',
    `${chain('a', 'counter')}${chain('b', 'jump a')}add rule inet filter a goto b`,
  ),
  refused('a jump deeper than sixteen', nested(17)),
  taken('a jump sixteen deep', nested(15)),
  refused('deletion of a chain that is called', 'delete chain inet t used', WITH_SETS),
  refused('deletion of a set that is used', 'delete set inet t plain', WITH_SETS),
  refused('deletion of a counter that is used', 'delete counter inet t hits', WITH_SETS),
  refused('deletion of a table that is not there', 'delete table inet nowhere'),
  refused('deletion of a rule that is not there', 'delete rule inet filter forward handle 999'),
  refused('deletion of a chain that is not there', 'delete chain inet filter nowhere'),
  refused('creation of a table that exists', 'create table inet filter'),
  refused('creation of a chain that exists', 'create chain inet filter forward'),
  taken('addition of a table that exists', 'add table inet filter'),
  refused(
    'another hook for a chain that exists',
    'add chain inet filter forward { type filter hook input priority 0; }',
  ),
  refused(
    'another priority for a chain that exists',
    'add chain inet filter forward { type filter hook forward priority 5; }',
  ),
  taken(
    'another policy for a chain that exists',
    'add chain inet filter forward { type filter hook forward priority 0; policy drop; }',
  ),
  refused('a policy for a chain without a hook', 'add chain inet filter a { policy drop; }'),
  refused(
    'a nat chain at the priority of connection tracking',
    'add chain inet filter n { type nat hook prerouting priority -200; }',
  ),
  refused(
    'a route chain at input',
    'add chain inet filter r { type route hook input priority 0; }',
  ),
  refused(
    'a nat chain at forward',
    'add chain inet filter r { type nat hook forward priority 0; }',
  ),
  refused('a chain without a type', 'add chain inet filter r { hook forward priority 0; }'),
  refused('an unknown hook', 'add chain inet filter r { type filter hook nowhere priority 0; }'),
];

const places: Case[] = [
  refused('dnat in a filter chain', 'add rule inet filter forward dnat ip to 10.0.0.1'),
  refused(
    'masquerade at prerouting',
    'add chain inet filter n { type nat hook prerouting priority -100; }\nadd rule inet filter n masquerade',
  ),
  refused(
    'dnat at postrouting',
    'add chain inet filter n { type nat hook postrouting priority 100; }\nadd rule inet filter n dnat ip to 10.0.0.1',
  ),
  refused(
    'redirect at postrouting',
    'add chain inet filter n { type nat hook postrouting priority 100; }\nadd rule inet filter n redirect',
  ),
  refused(
    'snat at prerouting',
    'add chain inet filter n { type nat hook prerouting priority -100; }\nadd rule inet filter n snat ip to 10.0.0.1',
  ),
  refused(
    'reject at postrouting',
    'add chain inet filter n { type filter hook postrouting priority 0; }\nadd rule inet filter n reject',
  ),
  refused(
    'a jump that leads dnat into a filter chain',
    `${chain('a', 'dnat ip to 10.0.0.1')}add rule inet filter forward jump a`,
  ),
  refused(
    'a jump that leads reject to postrouting',
    `${chain('a', 'reject')}add chain inet filter n { type filter hook postrouting priority 0; }\nadd rule inet filter n jump a`,
  ),
  refused(
    'fib oif at output',
    'add chain inet filter n { type filter hook output priority 0; }\nadd rule inet filter n fib saddr . iif oif missing',
  ),
  refused('tcp reset of UDP', 'add rule inet filter forward udp dport 1 reject with tcp reset'),
  refused(
    'an IPv6 match after an IPv4 one',
    'add rule inet filter forward ip saddr 10.0.0.1 ip6 saddr ::1',
  ),
  refused('a TCP match after a UDP one', 'add rule inet filter forward udp dport 1 tcp dport 1'),
  refused('a port out of range', 'add rule inet filter forward udp dport 70000'),
  refused('an address that is none', 'add rule inet filter forward ip saddr 10.0.0.256'),
  refused('a range upside down', 'add rule inet filter forward udp dport 80-53'),
];

const elements: Case[] = [
  taken('an element that is there already', 'add element inet t plain { 10.0.0.1 }', WITH_SETS),
  refused(
    'creation of an element that is there',
    'create element inet t plain { 10.0.0.1 }',
    WITH_SETS,
  ),
  refused(
    'deletion of an element that is not there',
    'delete element inet t plain { 10.0.0.9 }',
    WITH_SETS,
  ),
  refused('an interval in a plain set', 'add element inet t plain { 10.0.0.0/24 }', WITH_SETS),
  refused(
    'an interval that overlaps',
    'add element inet t ranges { 10.0.0.128-10.0.1.5 }',
    WITH_SETS,
  ),
  refused(
    'ct count in a set with timeouts, by a rule',
    'add set inet t ct_timed { type ipv4_addr; flags dynamic,timeout; size 9; }\nadd rule inet t f add @ct_timed { ip saddr ct count over 1 } counter',
    WITH_SETS,
  ),
  taken(
    'ct count in a set without timeouts',
    'add set inet t ct_plain { type ipv4_addr; flags dynamic; size 9; }\nadd rule inet t f add @ct_plain { ip saddr ct count over 1 } counter',
    WITH_SETS,
  ),
  refused(
    'ct expectation of neither family in inet',
    'add ct expectation inet t ex { protocol udp; dport 9; timeout 1m; size 2; }',
    WITH_SETS,
  ),
  refused(
    'ct expectation of another family',
    'add table ip6 x6\nadd ct expectation ip6 x6 ex { protocol udp; dport 9; timeout 1m; size 2; l3proto ip; }',
  ),
  refused(
    'ct helper of another family',
    'add table ip x4\nadd ct helper ip x4 h { type "ftp" protocol tcp; l3proto ip6; }',
  ),
  taken(
    'ct helper of one family in inet',
    'add ct helper inet t h { type "ftp" protocol tcp; l3proto ip6; }',
    WITH_SETS,
  ),
  refused(
    'meta ipsec on the way out',
    'add chain inet filter out { type filter hook output priority 0; }\nadd rule inet filter out meta ipsec exists counter',
  ),
  refused(
    'meta sdif before routing',
    'add chain inet filter pre { type filter hook prerouting priority 0; }\nadd rule inet filter pre meta sdif 1 counter',
  ),
  refused(
    'rt mtu on the way in',
    'add chain inet filter pre { type filter hook prerouting priority 0; }\nadd rule inet filter pre rt mtu 1500 counter',
  ),
  taken(
    'rt classid before routing',
    'add chain inet filter pre { type filter hook prerouting priority 0; }\nadd rule inet filter pre rt classid 0 counter',
  ),
  refused('more elements than the size', 'add element inet t full { 10.0.0.2 }', WITH_SETS),
  refused('another value for a key', 'add element inet t m { 10.0.0.1 : 2 }', WITH_SETS),
  taken('the same value for a key', 'add element inet t m { 10.0.0.1 : 1 }', WITH_SETS),
  refused('an element of another type', 'add element inet t plain { ::1 }', WITH_SETS),
  refused('an element without its value', 'add element inet t m { 10.0.0.2 }', WITH_SETS),
  refused(
    'a timeout in a set without timeouts',
    'add element inet t plain { 10.0.0.2 timeout 5s }',
    WITH_SETS,
  ),
  refused(
    'a verdict map that jumps nowhere',
    'add element inet t v { 81 : jump nowhere }',
    WITH_SETS,
  ),
  taken('a verdict map that jumps on', 'add element inet t v { 81 : jump used }', WITH_SETS),
  refused(
    'an element for a set that is not there',
    'add element inet t nothing { 10.0.0.1 }',
    WITH_SETS,
  ),
  refused(
    'a rule that uses a set that is not there',
    'add rule inet t f ip saddr @nothing',
    WITH_SETS,
  ),
  refused(
    'a rule that uses a set of another type',
    'add rule inet t f tcp dport @plain',
    WITH_SETS,
  ),
  refused('a counter that is not there', 'add rule inet t f counter name "nothing"', WITH_SETS),
  refused(
    'adding to a set that is not dynamic',
    'add rule inet t f add @ranges { ip saddr }',
    WITH_SETS,
  ),
  refused(
    'the same set with another type',
    'add set inet t plain { type inet_service; }',
    WITH_SETS,
  ),
];

const whole: Case[] = [
  refused(
    'all of a transaction whose last command fails',
    'add rule inet filter forward counter drop\nflush chain inet filter forward\nadd rule inet filter nowhere counter',
  ),
  refused(
    'an element and then a mistake: the element is not added',
    'add element inet t plain { 10.0.0.2 }\ndelete element inet t plain { 10.0.0.7 }',
    WITH_SETS,
  ),
  taken('a flush of a chain', 'flush chain inet filter forward'),
  taken('a flush of a set', 'flush set inet t plain', WITH_SETS),
  taken(
    'a flush and the same rule again',
    'flush chain inet filter forward\nadd rule inet filter forward counter drop',
  ),
  taken(
    'a rule inserted before the others',
    'insert rule inet filter forward udp dport 54 counter drop',
  ),
  taken('a rule at an index', 'add rule inet filter forward index 0 udp dport 54 counter drop'),
  taken('a rule replaced', 'replace rule inet filter forward handle 2 udp dport 54 counter drop'),
  taken('a rule deleted by its handle', 'delete rule inet filter forward handle 2'),
  taken('a table deleted', 'delete table inet filter'),
  taken('a table made dormant', 'add table inet filter { flags dormant; }'),
  taken('a chain renamed while it is called', 'rename chain inet t used wanted', WITH_SETS),
  taken(
    'a deletion and a new chain of the same name',
    'delete chain inet filter forward\nadd chain inet filter forward { type filter hook forward priority 0; policy drop; }',
  ),
  taken(
    'elements that leave room in the same transaction',
    'delete element inet t full { 10.0.0.1 }\nadd element inet t full { 10.0.0.2 }',
    WITH_SETS,
  ),
];

export const refusals: readonly Case[] = [...chains, ...places, ...elements, ...whole];
