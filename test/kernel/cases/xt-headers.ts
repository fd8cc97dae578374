// Matches that read headers, each against packets that meet it, miss it by one and are broken: rules
// without a target, of which the counters are compared.

import { put16, u16 } from '../../../src/bytes/index.ts';
import { seeded } from '../../../src/core/index.ts';
import type { Case, Step } from '../case.ts';
import { packetOf } from '../frames.ts';
import { at, bothAll, type Hosts, type L3, lan } from './words.ts';
import { extensions } from './xt-extensions.ts';
import { counting, tool } from './xt-words.ts';

function headerSum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) if (i !== 10) sum += u16(header, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The packet with another end, and lengths and checksums of its network header made right. */
export function sized(packet: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(packet.subarray(0, length));
  if (out[0]! >>> 4 === 6) put16(out, 4, length - 40);
  else {
    put16(out, 2, length);
    put16(out, 10, headerSum(out.subarray(0, (out[0]! & 15) << 2)));
  }
  return out;
}

/** Packets of these with a few bytes behind the network header changed, and some cut off. */
function broken(notations: readonly string[], seed: number, count = 12): Step[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const packet = packetOf(notations[random.below(notations.length)]!);
    const header = packet[0]! >>> 4 === 6 ? 40 : 20;
    for (let i = random.below(4); i > 0; i--)
      packet[header + random.below(packet.length - header)] = random.below(256);
    const cut = random.below(3) === 0 ? random.below(packet.length - header) : 0;
    return { on: 'eth0', packet: sized(packet, packet.length - cut) };
  });
}

/** One case of rules and packets, with broken ones behind. */
function headerCase(
  name: string,
  l3: L3,
  rules: readonly string[],
  packets: readonly string[],
  more: Partial<Case> = {},
): Case {
  return {
    name: `xt: ${name}`,
    xtables: { [tool(l3)]: counting(rules) },
    steps: [...packets.map(lan), ...broken(packets, name.length)],
    fresh: true,
    ...more,
  };
}

const ports = (l3: L3, h: Hosts): Case[] => {
  const flow = (protocol: string, from: number, to: number, rest = ''): string =>
    `${protocol} ${at(h.client, from)} > ${at(h.server, to)} ${rest}`;
  const compat = (protocol: string): string[] => [
    `-p ${protocol} -m multiport --sports 5,7:9`,
    `-p ${protocol} -m multiport ! --dports 53,1000:1002`,
    `-p ${protocol} -m multiport --ports 53,9`,
  ];
  return [
    headerCase(
      'tcp ports and flags',
      l3,
      [
        '-p tcp --sport 1000:1002',
        '-p tcp ! --dport :79',
        '-p tcp --dport 80: ! --sport 1002',
        '-p tcp --sport 1000 --dport 80',
        '-p tcp --syn',
        '-p tcp ! --syn',
        '-p tcp --tcp-flags ALL SYN,ACK',
        '-p tcp --tcp-flags ALL NONE',
      ],
      [
        ...[999, 1000, 1002, 1003].map((port) => flow('tcp', port, 80, 'syn')),
        ...[79, 81].map((port) => flow('tcp', 1000, port, 'ack')),
        flow('tcp', 1000, 80, 'syn,ack'),
        flow('tcp', 1000, 80, 'fin,psh,urg'),
      ],
      // What is cut off is dropped by the kernel's match and passed by native expressions.
      { only: 'nft' },
    ),
    headerCase(
      'tcp options, mss and ecn',
      l3,
      [
        '-p tcp --tcp-option 2',
        '-p tcp ! --tcp-option 3',
        '-p tcp -m tcpmss --mss 536:1460',
        '-p tcp -m tcpmss ! --mss 1460',
        '-p tcp -m ecn --ecn-tcp-ece',
        '-p tcp -m ecn ! --ecn-tcp-cwr --ecn-tcp-ece',
        '-m ecn --ecn-ip-ect 3',
        '-m ecn ! --ecn-ip-ect 0',
      ],
      [
        flow('tcp', 1, 80, 'syn mss 1460'),
        flow('tcp', 1, 80, 'syn mss 1461 wscale 7'),
        flow('tcp', 1, 80, 'syn mss 535'),
        flow('tcp', 1, 80, 'syn,ecn,cwr'),
        flow('tcp', 1, 80, 'ack,ecn ecn ce'),
        flow('tcp', 1, 80, 'ack ecn 1'),
        flow('udp', 1, 80, 'ecn 2'),
      ],
    ),
    headerCase(
      'udp ports',
      l3,
      ['-p udp --sport 5:9 --dport 53', '-p udp ! --dport 0:52', '-p udp --dport 0'],
      [
        ...[4, 5, 9, 10].map((port) => flow('udp', port, 53)),
        flow('udp', 5, 52),
        flow('udp', 5, 0),
      ],
      { only: 'nft' },
    ),
    headerCase(
      'multiport over protocols',
      l3,
      ['tcp', 'udp', 'udplite', 'sctp', 'dccp'].flatMap(compat),
      [
        ...[6, 7, 9, 10].map((port) => flow('udp', port, 53)),
        ...[999, 1000, 1002, 1003].map((port) => flow('tcp', 5, port, 'syn')),
        flow('sctp', 5, 53, 'init'),
        flow('sctp', 9, 1001, 'data "abc"'),
        flow('dccp', 9, 54, 'request'),
        flow('udplite', 8, 1002),
      ],
    ),
    headerCase(
      'sctp chunks',
      l3,
      [
        '-p sctp --sport 5 ! --dport 80:90',
        '-p sctp -m sctp --chunk-types any DATA,ABORT',
        '-p sctp -m sctp --chunk-types any DATA:BE,ABORT:t',
        '-p sctp -m sctp --chunk-types all DATA,SACK',
        '-p sctp -m sctp --chunk-types only DATA',
        '-p sctp -m sctp ! --chunk-types only INIT',
        '-p sctp -m sctp --chunk-types only ALL',
        '-p sctp -m sctp --chunk-types any NONE',
      ],
      [
        flow('sctp', 5, 79, 'init'),
        flow('sctp', 5, 80, 'data "hello"'),
        flow('sctp', 5, 91, 'sack'),
        flow('sctp', 5, 80, 'abort'),
        flow('sctp', 5, 80, 'abort t-bit'),
        flow('sctp', 6, 80, 'shutdown-complete'),
      ],
    ),
    headerCase(
      'dccp types and options',
      l3,
      [
        '-p dccp --sport 5 ! --dport 80',
        '-p dccp -m dccp --dccp-types REQUEST,ACK',
        '-p dccp -m dccp ! --dccp-types DATA',
        '-p dccp -m dccp --dccp-option 2',
        '-p dccp -m dccp ! --dccp-option 2',
      ],
      ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync'].map(
        (type) => flow('dccp', 5, 80, type),
      ),
    ),
  ];
};

const headers = (l3: L3, h: Hosts): Case[] => {
  const udp = (rest = ''): string => `udp ${at(h.client, 1)} > ${at(h.server, 2)} ${rest}`;
  const raw = (protocol: number, data: string): string =>
    `${l3} ${h.client} > ${h.server} proto ${protocol} ${data}`;
  return [
    headerCase(
      'lengths, dscp, tos and hops',
      l3,
      [
        '-m length --length 60',
        '-m length ! --length 40:68',
        '-m dscp --dscp 46',
        '-m dscp ! --dscp-class CS1',
        '-m tos --tos 0x10',
        '-m tos --tos 0x10/0x1c',
        '-m tos ! --tos Minimize-Cost',
        ...(l3 === 'ip'
          ? [
              '-m ttl --ttl-eq 64',
              '-m ttl ! --ttl-eq 9',
              '-m ttl --ttl-lt 10',
              '-m ttl --ttl-gt 10',
            ]
          : ['-m hl --hl-eq 64', '-m hl ! --hl-eq 9', '-m hl --hl-lt 10', '-m hl --hl-gt 10']),
      ],
      [
        ...[11, 12, 20, 32, 40, 41].map((length) => udp(`len ${length}`)),
        ...['dscp ef', 'dscp cs1', 'tos 0x10', 'tos 0x12', 'tos 2', 'tos 0xff'].map(udp),
        ...['ttl 9', 'ttl 10', 'ttl 11', 'ttl 255'].map(udp),
      ],
    ),
    headerCase(
      'ah, esp and ipcomp',
      l3,
      [
        '-p esp -m esp --espspi 5:7',
        '-p esp -m esp ! --espspi 6',
        '-p ipcomp -m ipcomp --ipcompspi 5',
        '-p ipcomp -m ipcomp ! --ipcompspi 4:6',
        '-p ah -m ah --ahspi 5:7',
        '-p ah -m ah ! --ahspi 6',
      ],
      [
        ...[4, 5, 7, 8].map((spi) => `esp ${h.client} > ${h.server} spi ${spi} seq 1`),
        ...[4, 5, 6, 7].map((spi) => raw(108, `hex 1100000${spi}aabb`)),
        ...[4, 5, 6, 7].map((spi) =>
          raw(51, `hex 3b0400000000000${spi}00000001aabbccddaabbccddaabbccdd`),
        ),
      ],
      // ip6tables-legacy looks behind the header for what `-p ah` means.
      l3 === 'ip6' ? { only: 'nft' } : {},
    ),
    headerCase(
      'icmp types and codes',
      l3,
      l3 === 'ip'
        ? [
            '-p icmp --icmp-type any',
            '-p icmp --icmp-type echo-request',
            '-p icmp ! --icmp-type 3/1',
            '-p icmp --icmp-type port-unreachable',
            '-p icmp --icmp-type 255/255',
          ]
        : [
            '-p icmpv6 --icmpv6-type echo-request',
            '-p icmpv6 ! --icmpv6-type 1/1',
            '-p icmpv6 --icmpv6-type 1',
            '-p icmpv6 --icmpv6-type port-unreachable',
          ],
      [
        'echo-request',
        'echo-reply',
        'type 3 code 1',
        'type 3 code 3',
        'type 1 code 1',
        'type 1 code 4',
        'type 255 code 255',
      ].map((type) => `${h.icmp} ${h.client} > ${h.server} ${type}`),
    ),
    headerCase(
      'u32, string and bpf',
      l3,
      [
        '-m u32 --u32 "0>>28=4"',
        '-m u32 ! --u32 "6&0xFF=17&&0=0:0xffffffff"',
        '-m u32 --u32 "0>>22&0x3C@4>>16=12:16,20"',
        '-m u32 --u32 "40@0=1:0xffffffff"',
        '-m string --algo bm --string GET',
        '-m string --algo kmp --string get --icase --from 20 --to 60',
        '-m string --algo bm ! --string GET --to 48',
        '-m string --algo kmp --hex-string "|0d 0a|Host"',
        '-m bpf --bytecode "4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0"',
        '-m bpf --bytecode "6,177 0 0 0,72 0 0 2,53 0 2 53,37 1 0 60,6 0 0 65535,6 0 0 0"',
        '-m bpf --bytecode "3,128 0 0 0,52 0 0 3,22 0 0 0"',
      ],
      [
        udp('data "GET / HTTP"'),
        udp('data "xxGeT"'),
        udp('data "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxGET"'),
        udp('hex 0d0a486f7374'),
        ...[52, 53, 60, 61].map((port) => `udp ${at(h.client, 1)} > ${at(h.server, port)} len 8`),
        `tcp ${at(h.client, 1)} > ${at(h.server, 53)} syn`,
      ],
    ),
  ];
};

export const xtHeaders: Case[] = [
  ...bothAll((l3, h) => [...ports(l3, h), ...headers(l3, h)]),
  ...extensions(sized),
];
