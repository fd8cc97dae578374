// What rules ask of tunnels: the packet inside one, the metadata of one that ended here, and IPsec.

import type { Expr } from '../../../src/program/index.ts';
import type { Case } from '../case.ts';
import { filter, lan } from './words.ts';

/** NFT_INNER_*, nf_tables.h. */
const [HDRSIZE, LL, NH, TH] = [1, 2, 4, 8];
const VXLAN = { type: 'vxlan', hdrsize: 8, flags: HDRSIZE | LL | NH | TH } as const;
const GENEVE = { type: 'geneve', hdrsize: 8, flags: HDRSIZE | LL | NH | TH } as const;
const GRE = { type: 'gre', hdrsize: 4, flags: HDRSIZE | NH | TH } as const;
const GRETAP = { type: 'gretap', hdrsize: 4, flags: HDRSIZE | LL | NH | TH } as const;

type Tunnel = typeof VXLAN | typeof GENEVE | typeof GRE | typeof GRETAP;
type Base = 'link' | 'network' | 'transport' | 'tunnel';

const payload = (tunnel: Tunnel, base: Base, offset: number, len: number): Expr => ({
  kind: 'inner',
  ...tunnel,
  expr: { kind: 'payload', base, offset, len, dreg: 1 },
});
const meta = (tunnel: Tunnel, key: string): Expr => ({
  kind: 'inner',
  ...tunnel,
  expr: { kind: 'meta', key, dreg: 1 },
});
const equals = (data: string): Expr => ({ kind: 'cmp', sreg: 1, op: 'eq', data });
const count = (name: string): Expr => ({ kind: 'objref', ref: { type: 'counter', name } });

/**
 * Named counters, which nft lists whatever else it cannot read of a rule. Each rule has a chain of its
 * own: Linux 6.18 keeps what it found inside a packet by the address of its sk_buff, and a second rule of
 * a chain may be told of an earlier packet that had the same one.
 */
const rules = (
  list: readonly (readonly Expr[])[],
  family: 'inet' | 'netdev' = 'inet',
): NonNullable<Case['rules']> =>
  list.map((exprs, i) => ({
    op: 'newrule',
    family,
    table: 't',
    chain: `p${i}`,
    where: 'add',
    rule: { exprs: [...exprs, count(`c${i}`)] },
  }));

const ruleset = (counters: number, table = 'inet', hook = 'prerouting'): string =>
  Array.from(
    { length: counters },
    (_, i) => `add table ${table} t
      add chain ${table} t p${i} { type filter hook ${hook} priority 0; policy accept; }
      add counter ${table} t c${i} { packets 0 bytes 0 }\n`,
  ).join('');

const inside = (
  name: string,
  list: readonly (readonly Expr[])[],
  packets: readonly string[],
): Case => ({
  name: `inner: ${name}`,
  ruleset: ruleset(list.length),
  rules: rules(list),
  steps: packets.map((packet) => lan(packet)),
});

const all = (tunnel: Tunnel): (readonly Expr[])[] => [
  [payload(tunnel, 'network', 12, 4), equals('0a090001')],
  [payload(tunnel, 'transport', 2, 2), equals('0035')],
  [payload(tunnel, 'transport', 2, 2)],
  [payload(tunnel, 'tunnel', 4, 3)],
  [meta(tunnel, 'protocol'), equals('0800')],
  [meta(tunnel, 'protocol')],
  [meta(tunnel, 'l4proto'), equals('11')],
  [meta(tunnel, 'l4proto')],
  ...(tunnel === GRE
    ? []
    : [[payload(tunnel, 'link', 0, 6), equals('020000000a01')], [payload(tunnel, 'link', 12, 2)]]),
];

const ETHER = '020000000a01020000000a02';
/** 10.9.0.1:1000 > 10.9.0.2:53, UDP with nothing in it. */
const IP4 = '4500001c 00000000 40110000 0a090001 0a090002 03e8003500080000';
const IP6 = `6000000000081140 ${'20010db8000000000000000000000001'.repeat(2)} 03e8003500080000`;
const FRAGMENT = '4500001c0000200140110000 0a090001 0a090002 03e8003500080000';
const packed = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');

const udp = (port: number, ...parts: readonly string[]): string =>
  `udp 10.0.0.2:4000 > 192.0.2.2:${port} hex ${packed(...parts)}`;
const gre = (...parts: readonly string[]): string =>
  `ip 10.0.0.2 > 192.0.2.2 proto gre hex ${packed(...parts)}`;

const VNI = '0800000000000100';

export const tunnels: readonly Case[] = [
  inside('VXLAN', all(VXLAN), [
    udp(4789, VNI, ETHER, '0800', IP4),
    udp(4789, VNI, ETHER, '86dd', IP6),
    udp(4789, VNI, ETHER, '8100', '00050800', IP4),
    udp(4789, VNI, ETHER, '0806', '0001080006040001'),
    udp(4789, VNI, ETHER, '0800', FRAGMENT),
    udp(4789, VNI, ETHER, '0800', '4500001c00000000'),
    udp(4789, VNI, ETHER),
    udp(4789, '0800'),
    'tcp 10.0.0.2:1 > 192.0.2.2:4789 syn',
  ]),
  inside('Geneve, with options and without', all(GENEVE), [
    udp(6081, '0000655800000100', ETHER, '0800', IP4),
    udp(6081, '0200655800000100', '0001800100000000', ETHER, '0800', IP4),
    udp(6081, '0400655800000100', ETHER, '0800', IP4),
  ]),
  inside('GRE', all(GRE), [
    gre('00000800', IP4),
    gre('000086dd', IP6),
    gre('20000800', '00000007', IP4),
    gre('b0000800', '00000000', '00000007', '00000001', IP4),
    gre('00010800', IP4),
    gre('0000'),
  ]),
  inside('Ethernet over GRE', all(GRETAP), [
    gre('00006558', ETHER, '0800', IP4),
    gre('20006558', '00000007', ETHER, '86dd', IP6),
  ]),
  inside(
    'two tunnels asked one after the other',
    [...all(VXLAN), ...all(GENEVE)],
    [
      udp(4789, VNI, ETHER, '0800', IP4),
      udp(6081, '0200655800000100', '0001800100000000', ETHER, '0800', IP4),
    ],
  ),
  {
    name: 'tunnel: packets that no tunnel brought',
    ruleset: ruleset(3, 'netdev', 'ingress device "eth0"'),
    rules: rules(
      [
        [{ kind: 'tunnel', key: 'path', dreg: 1 }, equals('00')],
        [{ kind: 'tunnel', key: 'path', dreg: 1 }, equals('01')],
        [{ kind: 'tunnel', key: 'id', dreg: 1 }],
      ],
      'netdev',
    ),
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:2'), lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:2')],
  },
  {
    name: 'ipsec: packets without transformations',
    ruleset: filter({
      prerouting:
        'meta ipsec missing counter\n meta ipsec exists counter\n ipsec in reqid 1 counter\n ipsec in reqid != 1 counter\n ipsec in spi 1 counter\n ipsec in ip saddr 1.2.3.4 counter\n ipsec in ip6 daddr != ::1 counter\n ipsec in spnum 1 reqid 7 counter',
      forward:
        'rt ipsec missing counter\n rt ipsec exists counter\n ipsec in reqid 1 counter\n ipsec out reqid 1 counter\n ipsec out spi != 1 counter\n ipsec out ip daddr 1.2.3.4 counter',
      output: 'ipsec out reqid 1 counter\n rt ipsec missing counter',
    }),
    steps: [
      lan('udp 10.0.0.2:1 > 192.0.2.2:2'),
      lan('udp [2001:db8::2]:1 > [2001:db8:1::2]:2'),
      lan('icmp 10.0.0.2 > 10.0.0.1 echo-request id 1 seq 1'),
    ],
  },
  {
    name: 'ipsec: where it may stand',
    ruleset:
      'table ip t { chain pre { type filter hook prerouting priority 0; }\n chain through { type filter hook forward priority 0; }\n chain post { type filter hook postrouting priority 0; }\n chain in { type filter hook input priority 0; }\n chain out { type filter hook output priority 0; } }',
    steps: [
      { nft: 'add rule ip t pre ipsec out reqid 1', refused: true },
      { nft: 'add rule ip t in ipsec out reqid 1', refused: true },
      { nft: 'add rule ip t out ipsec in reqid 1', refused: true },
      { nft: 'add rule ip t post ipsec in reqid 1', refused: true },
      { nft: 'add rule ip t through ipsec in reqid 1' },
      { nft: 'add rule ip t through ipsec out reqid 1' },
      { nft: 'add rule ip t in ipsec in reqid 1' },
      { nft: 'add rule ip t out ipsec out reqid 1' },
      { nft: 'add rule ip t pre ipsec in spnum 6 reqid 1', refused: true },
    ],
  },
];
