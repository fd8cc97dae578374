// Filtering: verdicts, chains, policies, statements in their order, hooks.

import type { Case } from '../case.ts';
import { at, both, dmz, filter, lan, wan } from './words.ts';

const verdicts: Case[] = [
  ...both((_, h) => ({
    name: 'an empty chain with policy accept forwards',
    ruleset: filter({ forward: '' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`)],
  })),
  ...both((_, h) => ({
    name: 'policy drop drops what no rule accepts',
    ruleset: filter({ forward: 'udp dport 53 counter accept' }, 'drop'),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "query"`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)} data "query"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'accept ends its base chain only; a later chain of the same hook may still drop',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy accept; udp dport 53 counter accept; counter drop
      }
      chain late { type filter hook forward priority 10; policy accept; udp sport 1024 counter drop
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'drop is final; later chains never see the packet',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy accept; udp dport 53 counter drop
      }
      chain late { type filter hook forward priority 10; policy accept; counter accept
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'the policy of each base chain applies, not only the last one',
    ruleset: `table inet t {
      chain early { type filter hook forward priority -10; policy drop; udp dport 53 counter accept
      }
      chain late { type filter hook forward priority 10; policy accept; counter
      }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'jump returns behind the call, goto does not',
    ruleset: `table inet t {
      chain sub { udp dport 53 counter return
        counter }
      chain forward { type filter hook forward priority 0; policy accept;
        udp sport 1024 jump sub
        udp sport 1025 goto sub
        counter comment "after the calls" }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1025)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'return in a base chain means its policy',
    ruleset: `table inet t {
      chain forward { type filter hook forward priority 0; policy drop;
        udp dport 53 counter return
        counter accept }
    }`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a verdict map hit ends the rule; a miss goes on with the next rule',
    ruleset: `table inet t {
      chain web { counter accept
      }
      chain forward { type filter hook forward priority 0; policy drop;
        udp dport vmap { 53 : accept, 80 : jump web, 81 : drop, 82 : continue } counter
        counter comment "behind" }
    }`,
    steps: [53, 80, 81, 82, 83].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
  })),
  ...both((_, h) => ({
    name: 'sixteen nested jumps are the limit and fifteen work',
    ruleset: `table inet t {
${Array.from({ length: 15 }, (_x, i) => `      chain c${14 - i} { counter ${i === 0 ? 'accept' : `jump c${15 - i}`}\n      }`).join('\n')}
      chain forward { type filter hook forward priority 0; policy drop; counter jump c0
      }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'of chains with equal priority the one made last runs first',
    ruleset: `table inet t {
      chain a { type filter hook forward priority 0; policy accept; meta mark set 1
      }
      chain b { type filter hook forward priority 0; policy accept; meta mark 1 counter drop
        counter }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((l3, h) => ({
    name: 'a table of the other family does not see the packet',
    ruleset: `table ${l3 === 'ip' ? 'ip6' : 'ip'} t {
      chain forward { type filter hook forward priority 0; policy drop; counter
      }
    }`,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
];

const statementsInOrder: Case[] = [
  ...both((_, h) => ({
    name: 'a statement before a match that fails has taken effect',
    ruleset: filter({
      forward: `meta mark set 7 counter udp dport 53 counter accept
                meta mark 7 counter drop`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a mark set in a rule is seen later in the same rule',
    ruleset: filter({ forward: 'meta mark set 9 meta mark 9 counter drop' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'a limit consumes only when it is reached',
    ruleset: filter({
      forward: `udp dport 53 limit rate 1/hour burst 2 packets counter accept
                counter drop`,
    }),
    steps: [
      ...[54, 54, 54].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
      ...[53, 53, 53].map((p) => lan(`udp ${at(h.client, 1024)} > ${at(h.server, p)}`)),
    ],
  })),
  ...both((_, h) => ({
    name: 'limit over matches above the rate',
    ruleset: filter({ forward: 'limit rate over 1/hour burst 3 packets counter drop\ncounter' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)}`)),
  })),
  ...both((_, h) => ({
    name: 'a limit in bytes counts the network packet',
    ruleset: filter({
      forward: 'limit rate 1 bytes/hour burst 200 bytes counter accept\ncounter drop',
    }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 40`)),
  })),
  ...both((_, h) => ({
    name: 'quota until counts bytes and then stops matching',
    ruleset: filter({ forward: 'quota until 150 bytes counter accept\ncounter drop' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 20`)),
  })),
  ...both((_, h) => ({
    name: 'quota over matches once exceeded',
    ruleset: filter({ forward: 'quota over 150 bytes counter drop\ncounter accept' }),
    steps: [1, 2, 3, 4, 5].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)} len 20`)),
  })),
  ...both((_, h) => ({
    name: 'numgen inc goes round',
    ruleset: filter({ forward: 'numgen inc mod 3 0 counter drop\ncounter' }),
    steps: [1, 2, 3, 4, 5, 6, 7].map((p) => lan(`udp ${at(h.client, p)} > ${at(h.server, 53)}`)),
  })),
];

const hooks: Case[] = [
  {
    name: 'netdev ingress sees the frame before everything else',
    ruleset: `table netdev t {
      chain in { type filter hook ingress device "eth0" priority 0; policy accept; ip saddr 10.0.0.3 counter drop
        counter }
    }
    table inet u { chain pre { type filter hook prerouting priority -500; policy accept; counter
      } }`,
    steps: [2, 3].map((n) => lan(`udp 10.0.0.${n}:1 > 192.0.2.2:53`)),
  },
  {
    name: 'each hook of a forwarded packet is met once, in order',
    ruleset: `table inet t {
      chain pre { type filter hook prerouting priority -300; policy accept; counter
      }
      chain in { type filter hook input priority 0; policy accept; counter
      }
      chain forwarded { type filter hook forward priority 0; policy accept; counter
      }
      chain out { type filter hook output priority 0; policy accept; counter
      }
      chain post { type filter hook postrouting priority 0; policy accept; counter
      }
    }`,
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:53'),
      lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 5 seq 1'),
      dmz('udp [2001:db8:2::2]:1 > [2001:db8:1::2]:53'),
    ],
  },
  {
    name: 'a dormant table has no hooks',
    ruleset: `table inet t { flags dormant
      chain forwarded { type filter hook forward priority 0; policy drop; counter
      }
    }`,
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53')],
  },
  {
    name: 'an input policy drop keeps the echo unanswered',
    ruleset: filter({ input: 'icmp type echo-request ip saddr 10.0.0.2 counter accept' }, 'drop'),
    steps: [2, 3].map((n) =>
      lan(`icmp 10.0.0.${n} > 10.0.0.1 echo-request id 5 seq 1 data "abcdef"`),
    ),
  },
  {
    name: 'an output chain drops the answer, not the question',
    ruleset: filter({ input: 'counter', output: 'icmp type echo-reply counter drop' }),
    steps: [
      lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 5 seq 1'),
      wan('icmp 192.0.2.2 > 192.0.2.1 echo-request id 5 seq 1'),
    ],
  },
];

export const filtering: readonly Case[] = [...verdicts, ...statementsInOrder, ...hooks];
