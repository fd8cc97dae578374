// Forms of expressions that other cases do not have: those nft 1.0.6 has no words for, over netlink,
// and those that are seldom said.

import type { Expr } from '../../../src/program/index.ts';
import type { Case } from '../case.ts';
import { both, filter, handshake, lan, local, wan } from './words.ts';

const UDP = 'udp 10.0.0.2:1024 > 192.0.2.2:53 data "query"';

const cmp = (data: string, sreg = 1): Expr => ({ kind: 'cmp', sreg, op: 'eq', data });
const mark = (value: string): readonly Expr[] => [
  { kind: 'immediate', dreg: 1, data: { kind: 'value', bytes: value } },
  { kind: 'meta-set', key: 'mark', sreg: 1 },
];
const load = (key: string, dreg = 1): Expr => ({ kind: 'meta', key, dreg });
const shift = (op: 'lshift' | 'rshift', by: number, len = 4): Expr => ({
  kind: 'bitwise',
  ...{ sreg: 1, dreg: 1, len, op, shift: by },
});
const turn = (op: 'ntoh' | 'hton', size: number): readonly Expr[] => [
  { kind: 'payload', base: 'network', offset: 12, len: 8, dreg: 1 },
  { kind: 'byteorder', sreg: 1, dreg: 1, op, len: 8, size },
];
const connection = (key: string, dir: 'original' | 'reply', address: string): readonly Expr[] => [
  { kind: 'ct', key, dir, dreg: 1 },
  cmp(address.padEnd(32, '0')),
];

const COUNT: Expr = { kind: 'objref', ref: { type: 'counter', name: 'c' } };

/** UDP of 33 bytes from 10.0.0.2 to 192.0.2.2. */
const BY_NETLINK: Readonly<Record<string, readonly Expr[]>> = {
  'bitwise lshift': [...mark('00000005'), load('mark'), shift('lshift', 3), cmp('00000028')],
  'bitwise lshift beyond a word': [
    { kind: 'payload', base: 'network', offset: 12, len: 8, dreg: 1 },
    shift('lshift', 4, 8),
    cmp('a000002c00002020'.padEnd(16, '0')),
  ],
  'bitwise rshift beyond a word': [
    { kind: 'payload', base: 'network', offset: 12, len: 8, dreg: 1 },
    shift('rshift', 4, 8),
    cmp('00a000002c000020'),
  ],
  'byteorder ntoh 2': [...turn('ntoh', 2), cmp('0a000002c0000202')],
  'byteorder ntoh 4': [...turn('ntoh', 4), cmp('0a000002c0000202')],
  'byteorder ntoh 8': [...turn('ntoh', 8), cmp('0a000002c0000202')],
  'ct original src': connection('src', 'original', '0a000002'),
  'ct original dst': connection('dst', 'original', 'c0000202'),
  'ct reply src': connection('src', 'reply', 'c0000202'),
  'ct reply dst': connection('dst', 'reply', '0a000002'),
  'a last that has been used': [{ kind: 'last' }],
};

/** Named counters, which nft lists whatever else it cannot read of a rule. */
const byNetlink = ([name, exprs]: readonly [string, readonly Expr[]]): Case => ({
  name: `forms: ${name}`,
  ruleset: `table inet t { counter c { packets 0 bytes 0
}
chain base { type filter hook prerouting priority 0; policy accept;
}
}`,
  rules: [
    {
      ...({ op: 'newrule', family: 'inet', table: 't', chain: 'base', where: 'add' } as const),
      rule: { exprs: [...exprs, COUNT] },
    },
  ],
  steps: [lan(UDP), lan('udp 10.0.0.3:9 > 192.0.2.3:9')],
});

const lines = (...all: readonly string[]): string =>
  all.map((rule) => `${rule} counter`).join('\n');

/** Both directions of a connection, and what is no part of one. */
const directed: readonly Case[] = both((l3, h) => ({
  name: 'forms: ct with a direction and addresses',
  ruleset: filter({
    forward: lines(
      ...['original', 'reply'].flatMap((dir) =>
        [h.client, h.server].flatMap((address) => [
          `ct ${dir} ${l3} saddr ${address}`,
          `ct ${dir} ${l3} daddr ${address}`,
        ]),
      ),
      'ct original ip saddr 0.0.0.0/0',
      'ct reply ip6 daddr ::/0',
    ),
  }),
  steps: [
    ...handshake({
      from: l3 === 'ip' ? `${h.client}:5` : `[${h.client}]:5`,
      to: l3 === 'ip' ? `${h.server}:80` : `[${h.server}]:80`,
    }),
    lan(UDP),
  ],
}));

const IPSEC = ['in', 'out'].flatMap((dir) =>
  ['ip saddr 10.0.0.2', 'ip daddr 10.0.0.2', 'ip6 saddr ::1', 'ip6 daddr ::1', 'spi 1'].map(
    (what) => ({ dir, what }),
  ),
);

const said: readonly Case[] = [
  {
    name: 'forms: ipsec of every key, where there is no policy',
    ruleset: filter({
      prerouting: lines(
        ...IPSEC.filter(({ dir }) => dir === 'in').map(({ what }) => `ipsec in ${what}`),
      ),
      postrouting: lines(
        ...IPSEC.filter(({ dir }) => dir === 'out').map(({ what }) => `ipsec out ${what}`),
      ),
    }),
    steps: [lan(UDP), local('udp 10.0.0.1:5 > 10.0.0.2:53 id 7 data "x"')],
  },
  {
    name: 'forms: meta of what a rule before has set',
    ruleset: filter({
      prerouting: `meta pkttype set broadcast counter
        ${lines('meta pkttype broadcast', 'meta pkttype host')}
        meta pkttype set host counter`,
      forward: lines('meta pkttype host'),
    }),
    steps: [lan(UDP), wan('udp 192.0.2.2:53 > 10.0.0.2:1024 data "x"')],
  },
  {
    name: 'forms: link addresses written at a device',
    ruleset: `table netdev t { chain base { type filter hook egress device "eth1" priority 0; policy accept;
      ether saddr set 02:00:00:00:00:07 ether daddr set 02:00:00:00:00:08 counter
      ether saddr 02:00:00:00:00:07 counter
}
}`,
    steps: [lan(UDP)],
  },
  {
    name: 'forms: a helper given by its object',
    ruleset: `table inet t { ct helper h { type "ftp" protocol tcp
}
chain base { type filter hook prerouting priority 0; policy accept;
tcp dport 21 ct helper set "h" counter
ct helper "ftp" counter
}
}`,
    steps: [...handshake({ from: '10.0.0.2:5', to: '192.0.2.2:21' }), lan(UDP)],
  },
];

export const forms: readonly Case[] = [
  ...Object.entries(BY_NETLINK).map(byNetlink),
  ...directed,
  ...said,
];
