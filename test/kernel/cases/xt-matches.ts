// Matches of iptables and ip6tables, each against packets that meet it, miss it by one and are broken:
// rules without a target, of which the counters are compared.

import { put16, u16 } from '../../../src/bytes/index.ts';
import { seeded } from '../../../src/core/index.ts';
import type { Case, Step } from '../case.ts';
import { packetOf } from '../frames.ts';
import { at, bothAll, HOSTS, type Hosts, type L3, lan, local, wait, wan } from './words.ts';

const tool = (l3: L3): 'iptables' | 'ip6tables' => (l3 === 'ip' ? 'iptables' : 'ip6tables');

/** Rules that only count, where every packet from the LAN passes before anything is known of it. */
const counting = (rules: readonly string[], chain = '-t raw -A PREROUTING'): string =>
  rules.map((rule) => `${chain} ${rule}`).join('\n');

function headerSum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) if (i !== 10) sum += u16(header, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The packet with another end, and lengths and checksums of its network header made right. */
function sized(packet: Uint8Array, length: number): Uint8Array {
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

const ADDRESSES = {
  ip: {
    range: '10.0.0.3-10.0.0.5',
    inside: ['10.0.0.3', '10.0.0.5'],
    outside: ['10.0.0.2', '10.0.0.6'],
  },
  ip6: {
    range: '2001:db8::3-2001:db8::5',
    inside: ['2001:db8::3', '2001:db8::5'],
    outside: ['2001:db8::2', '2001:db8::6'],
  },
} as const;

const addresses = (l3: L3, h: Hosts): Case[] => {
  const { range, inside, outside } = ADDRESSES[l3];
  const from = [...inside, ...outside];
  const udp = (source: string, target: string): string => `udp ${at(source, 1)} > ${at(target, 2)}`;
  const types =
    l3 === 'ip'
      ? ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST', 'UNSPEC', 'LOCAL,MULTICAST']
      : ['LOCAL', 'UNICAST', 'MULTICAST', 'UNSPEC', 'UNREACHABLE'];
  return [
    {
      name: 'xt: iprange',
      xtables: {
        [tool(l3)]: counting([
          `-m iprange --src-range ${range}`,
          `-m iprange ! --src-range ${range}`,
          `-m iprange --src-range ${range} ! --dst-range ${h.server}`,
        ]),
      },
      steps: from.map((source) => lan(udp(source, h.server))),
    },
    {
      name: 'xt: addrtype',
      xtables: {
        [tool(l3)]: [
          ...types.map((type) => `-t raw -A PREROUTING -m addrtype --dst-type ${type}`),
          '-t raw -A PREROUTING -m addrtype ! --src-type LOCAL',
          '-A INPUT -m addrtype --dst-type LOCAL --limit-iface-in',
          '-A FORWARD -m addrtype --dst-type UNICAST --limit-iface-out',
        ].join('\n'),
      },
      steps: [
        lan(udp(h.client, h.server)),
        lan(udp(h.client, h.router)),
        lan(udp(h.client, h.wan)),
        wan(udp(h.server, h.client)),
        ...(l3 === 'ip' ? [lan(udp(h.client, '224.1.2.3')), lan(udp(h.client, '10.0.0.255'))] : []),
      ],
    },
    {
      name: 'xt: rpfilter',
      xtables: {
        [tool(l3)]: counting([
          '-m rpfilter',
          '-m rpfilter --invert',
          '-m rpfilter --loose',
          '-m rpfilter --loose --accept-local',
          '-m rpfilter --accept-local --invert',
          '-m rpfilter --validmark',
        ]),
      },
      steps: [
        lan(udp(h.client, h.server)),
        lan(udp(h.server, h.dmz)),
        wan(udp(h.client, h.dmz)),
        wan(udp(h.server, h.client)),
        lan(udp(h.router, h.server)),
      ],
    },
    {
      name: 'xt: devices and what they say',
      xtables: {
        [tool(l3)]: counting([
          '-m mac --mac-source 02:00:00:00:00:02',
          '-m mac ! --mac-source 02:00:00:00:00:02',
          '-m pkttype --pkt-type unicast',
          '-m pkttype ! --pkt-type unicast',
          '-m pkttype --pkt-type broadcast',
          '-m pkttype --pkt-type multicast',
          '-m cpu ! --cpu 4000',
          '-m devgroup --src-group 0',
          '-m devgroup ! --src-group 1/1',
          '-m physdev ! --physdev-is-bridged',
          '-m physdev --physdev-in eth0',
          '-m policy --dir in --pol none',
          '-m policy --dir in --pol ipsec',
        ]),
      },
      steps: [lan(udp(h.client, h.server))],
    },
  ];
};

const connections = (l3: L3, h: Hosts): Case[] => {
  const out = (port: number, rest = 'syn'): string =>
    `tcp ${at(h.client, port)} > ${at(h.server, 80)} ${rest}`;
  const back = (port: number): string =>
    `tcp ${at(h.server, 80)} > ${at(h.client, port)} syn,ack ack 1`;
  return [
    {
      name: 'xt: conntrack and state',
      xtables: {
        [tool(l3)]: counting(
          [
            '-m conntrack --ctstate NEW',
            '-m conntrack ! --ctstate NEW,RELATED',
            '-m state --state ESTABLISHED',
            '-m state --state INVALID,UNTRACKED',
            '-m conntrack --ctproto 6',
            '-m conntrack ! --ctproto udp',
            `-m conntrack --ctorigsrc ${h.client} --ctrepldst ${h.client}`,
            `-m conntrack ! --ctorigdst ${h.server}`,
            '-m conntrack --ctorigsrcport 1000:1001',
            '-m conntrack ! --ctorigdstport 80',
            '-m conntrack --ctreplsrcport 80 --ctrepldstport :1000',
            '-m conntrack --ctstatus SEEN_REPLY',
            '-m conntrack ! --ctstatus CONFIRMED',
            '-m conntrack --ctstatus NONE',
            '-m conntrack --ctexpire 100:130',
            '-m conntrack --ctexpire 0',
            '-m conntrack --ctdir REPLY',
            '-m connmark --mark 0',
            '-m connmark ! --mark 1/1',
            '-m connlabel ! --label 3',
            '-m connlabel --label 3 --set',
            '-m connlabel --label 3',
            '-m helper --helper ftp',
            '-m helper ! --helper ftp',
          ],
          '-A FORWARD',
        ),
      },
      steps: [
        lan(out(1000)),
        wan(back(1000)),
        lan(out(1000, 'ack ack 1')),
        lan(out(1002)),
        lan(out(1005, 'ack ack 77')),
        lan(`udp ${at(h.client, 1001)} > ${at(h.server, 80)}`),
        lan(`udp ${at(h.client, 1001)} > ${at(h.server, 80)}`),
        lan(`${h.icmp} ${h.client} > ${h.server} echo-reply`),
      ],
      // Counting bytes makes nothing of a flow that is older than the counting.
      sysctl: { 'net.netfilter.nf_conntrack_acct': 1 },
    },
    {
      name: 'xt: connbytes',
      xtables: {
        [tool(l3)]: counting(
          ['packets', 'bytes', 'avgpkt'].flatMap((mode) =>
            ['original', 'reply', 'both'].flatMap((dir) => [
              `-m connbytes --connbytes 2 --connbytes-mode ${mode} --connbytes-dir ${dir}`,
              `-m connbytes --connbytes 1:60 --connbytes-mode ${mode} --connbytes-dir ${dir}`,
              `-m connbytes ! --connbytes 2:60 --connbytes-mode ${mode} --connbytes-dir ${dir}`,
            ]),
          ),
          '-A FORWARD',
        ),
      },
      steps: [0, 1, 30, 100].flatMap((length) => [
        lan(`udp ${at(h.client, 1)} > ${at(h.server, 2)} len ${length}`),
        wan(`udp ${at(h.server, 2)} > ${at(h.client, 1)} len ${2 * length}`),
      ]),
      sysctl: { 'net.netfilter.nf_conntrack_acct': 1 },
    },
    {
      name: 'xt: connlimit',
      xtables: {
        [tool(l3)]: counting(
          [
            '-m connlimit --connlimit-above 1',
            '-m connlimit --connlimit-upto 2 --connlimit-mask 0',
            '-m connlimit --connlimit-above 2 --connlimit-daddr',
          ],
          '-A FORWARD',
        ),
      },
      steps: [
        ...[1, 2, 1, 3].map((port) => lan(`udp ${at(h.client, port)} > ${at(h.server, 2)}`)),
        lan(`udp ${at(h.other, 1)} > ${at(h.server, 2)}`),
        lan(out(9)),
        wan(`tcp ${at(h.server, 80)} > ${at(h.client, 9)} rst,ack ack 1`),
        lan(out(10)),
      ],
    },
    {
      name: 'xt: cluster',
      xtables: {
        [tool(l3)]: counting(
          [1, 2, 3].flatMap((node) => [
            `-m cluster --cluster-total-nodes 3 --cluster-local-node ${node} --cluster-hash-seed 0xdeadbeef`,
            `-m cluster --cluster-total-nodes 3 ! --cluster-local-nodemask ${node} --cluster-hash-seed 7`,
          ]),
          '-A FORWARD',
        ),
      },
      steps: [...ADDRESSES[l3].inside, ...ADDRESSES[l3].outside, h.client].map((source) =>
        lan(`udp ${at(source, 1)} > ${at(h.server, 2)}`),
      ),
    },
  ];
};

const rates = (l3: L3, h: Hosts): Case[] => {
  const udp = (source: string, port = 2, length = 4): Step =>
    lan(`udp ${at(source, 1)} > ${at(h.server, port)} len ${length}`);
  const burst = (source: string, count: number): Step[] =>
    Array.from({ length: count }, () => udp(source));
  const v6 = l3 === 'ip6';
  return [
    {
      name: 'xt: hashlimit',
      xtables: {
        [tool(l3)]: counting(
          [
            '-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-name a',
            '-m hashlimit --hashlimit-above 1/hour --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name b',
            `-m hashlimit --hashlimit-upto 1/day --hashlimit-burst 1 --hashlimit-mode srcip,dstport --hashlimit-srcmask ${v6 ? 127 : 31} --hashlimit-name c`,
            '-p udp -m hashlimit --hashlimit-upto 1kb/s --hashlimit-burst 2kb --hashlimit-mode dstip --hashlimit-name d',
            '-m hashlimit --hashlimit-above 3/minute --hashlimit-burst 4 --hashlimit-name e --hashlimit-rate-match --hashlimit-rate-interval 60',
          ],
          '-A FORWARD',
        ),
      },
      steps: [
        ...burst(h.client, 4),
        ...burst(h.other, 3),
        udp(h.client, 3),
        ...[500, 900, 700, 100].map((length) => udp(h.other, 2, length)),
      ],
    },
    {
      name: 'xt: recent',
      xtables: {
        [tool(l3)]: counting(
          [
            '-m recent --rcheck --name a',
            '-m recent --rcheck --seconds 60 --hitcount 3 --name a',
            '-m recent ! --rcheck --rttl --name a',
            '-m recent --set --name a',
            '-m recent --update --seconds 60 --hitcount 2 --name a',
            '-m recent --set --name b --rdest',
            '-p tcp -m recent --remove --name a',
            '-m recent --rcheck --hitcount 4 --name a',
          ],
          '-A FORWARD',
        ),
      },
      steps: [
        ...burst(h.client, 4),
        ...burst(h.other, 2),
        lan(`udp ${at(h.client, 1)} > ${at(h.server, 2)} ttl 9`),
        lan(`tcp ${at(h.client, 1)} > ${at(h.server, 2)} syn`),
        ...burst(h.client, 2),
      ],
    },
    {
      name: 'xt: limit, quota and statistic',
      xtables: {
        [tool(l3)]: counting(
          [
            '-m limit --limit 1/hour --limit-burst 3',
            '-m limit --limit 2/hour',
            `-m quota --quota ${v6 ? 160 : 100}`,
            '-m quota ! --quota 32',
            '-m quota --quota 0',
            '-m statistic --mode nth --every 3 --packet 0',
            '-m statistic --mode nth ! --every 3 --packet 2',
            '-m statistic --mode random --probability 1',
            '-m statistic --mode random --probability 0',
          ],
          '-A FORWARD',
        ),
      },
      steps: burst(h.client, 8),
    },
  ];
};

const sockets = (l3: L3, h: Hosts): Case[] => [
  {
    name: 'xt: owner and cgroup of what has no socket',
    xtables: {
      [tool(l3)]: [
        '-t mangle -A POSTROUTING -m owner --socket-exists',
        '-t mangle -A POSTROUTING -m owner ! --socket-exists',
        '-t mangle -A POSTROUTING -m owner ! --uid-owner 5',
        '-t mangle -A POSTROUTING -m owner --gid-owner 0-10',
        '-t mangle -A POSTROUTING -m cgroup ! --cgroup 5',
      ].join('\n'),
    },
    steps: [h.client, h.other].map((source) => lan(`udp ${at(source, 1)} > ${at(h.server, 2)}`)),
  },
];

const realms: Case = {
  name: 'xt: realm',
  xtables: { iptables: counting(['-m realm --realm 0', '-m realm ! --realm 1/1'], '-A FORWARD') },
  steps: [lan(`udp ${at(HOSTS.ip.client, 1)} > ${at(HOSTS.ip.server, 2)}`)],
};

const refused = (l3: L3): Case => ({
  name: 'xt: rules that the kernel refuses',
  xtables: { [tool(l3)]: '-A FORWARD -m length --length 1' },
  steps: [
    '-A FORWARD -m tcp --dport 80',
    '-A FORWARD -p udp -m esp --espspi 5',
    '-A FORWARD -m ecn --ecn-tcp-ece',
    '-A INPUT -m owner --uid-owner 0',
    '-A OUTPUT -m mac --mac-source 02:00:00:00:00:02',
    '-A INPUT -m addrtype --dst-type LOCAL --limit-iface-out',
    '-A FORWARD -m rpfilter',
    '-A INPUT -m policy --dir out --pol none',
    '-A OUTPUT -m socket',
    '-A INPUT -m devgroup --dst-group 1',
    '-A FORWARD -m string --algo nonsense --string x',
    '-A FORWARD -m string --algo bm --from 9 --to 8 --string x',
    '-A FORWARD -m recent --set --seconds 3',
    '-A FORWARD -m bpf --bytecode "1,48 0 0 9"',
    '-A FORWARD -m bpf --bytecode "2,21 0 9 9,6 0 0 1"',
  ].map((rule) => ({ run: `${tool(l3)} ${rule}`, refused: true })),
});

const V6 = HOSTS.ip6;

/** An IPv6 packet with extension headers in front of an UDP datagram. */
function extended(headers: readonly (readonly [number: number, bytes: string])[]): Uint8Array {
  const udp = packetOf(`udp ${at(V6.client, 1)} > ${at(V6.server, 2)} len 8`);
  const parts = headers.map(([, bytes], i) => {
    const next = headers[i + 1]?.[0] ?? 17;
    return Uint8Array.from([
      next,
      ...(bytes.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)),
    ]);
  });
  const extra = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(udp.length + extra);
  out.set(udp.subarray(0, 40));
  let offset = 40;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  out.set(udp.subarray(40), offset);
  out[6] = headers[0]?.[0] ?? 17;
  put16(out, 4, out.length - 40);
  return out;
}

const ADDRESS1 = '20010db8000000000000000000000011';
const ADDRESS2 = '20010db8000000000000000000000022';

const EXTENDED: readonly Uint8Array[] = [
  extended([]),
  extended([[0, '00050200000100']]),
  extended([[0, '00010401020304']]),
  extended([[60, '00010401020304']]),
  extended([[60, '00c90101010100']]),
  extended([
    [0, '00010401020304'],
    [60, '00010401020304'],
  ]),
  extended([[43, `04000200000000${ADDRESS1}${ADDRESS2}`]]),
  extended([[43, `02040100000007${ADDRESS1}`]]),
  extended([[43, `04040101000007${ADDRESS1}${ADDRESS2}`]]),
  extended([[43, `04040001000008${ADDRESS1}${ADDRESS2}`]]),
  extended([[51, '04000000000005000000010011223344556677889900aa']]),
  extended([[0, '01010401020304']]),
  extended([[60, '09010401020304']]),
];

const extensionRules = [
  '-m hbh',
  '-m hbh --hbh-len 8',
  '-m hbh ! --hbh-len 8',
  '-m hbh --hbh-opts 5:2',
  '-m hbh --hbh-opts 1',
  '-m hbh --hbh-opts 5:3',
  '-m dst --dst-opts 1:4',
  '-m dst --dst-len 8 --dst-opts 201:1,1',
  '-m rt',
  '-m rt --rt-type 0',
  '-m rt ! --rt-type 0 --rt-segsleft 1:',
  '-m rt --rt-len 40',
  '-m rt --rt-type 0 --rt-0-res',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::11,2001:db8::22',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::22 --rt-0-not-strict',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::22',
  '-m ah --ahspi 5',
  '-m ah --ahlen 24 --ahres',
  '-m ah ! --ahlen 24',
  '-m srh',
  '-m srh --srh-next-hdr 17 --srh-segs-left-eq 1',
  '-m srh ! --srh-hdr-len-eq 4',
  '-m srh --srh-last-entry-gt 0',
  '-m srh --srh-tag 7',
  '-m srh --srh-psid 2001:db8::22',
  '-m srh --srh-nsid 2001:db8::11/120',
  '-m srh ! --srh-lsid 2001:db8::11',
  '-m ipv6header --header hop-by-hop',
  '-m ipv6header --header hop-by-hop,protocol',
  '-m ipv6header --header route --soft',
  '-m ipv6header ! --header dst,hop --soft',
  '-m ipv6header ! --header protocol',
  '-m frag',
  '-m eui64',
];

const ipv6: Case[] = [
  {
    name: 'xt: extension headers of IPv6',
    xtables: { ip6tables: counting(extensionRules) },
    steps: EXTENDED.flatMap((packet) => [
      { on: 'eth0', packet },
      { on: 'eth0', packet: sized(packet, packet.length - 18) },
    ]),
    fresh: true,
  },
  {
    name: 'xt: mobility headers',
    xtables: {
      ip6tables: counting(['-p mh --mh-type 1:3', '-p mh ! --mh-type bu', '-p mh -m mh']),
    },
    steps: [
      '3b000000000000000',
      '3b00010000000000',
      '3b00030000000000',
      '3b00050000000000',
      '1100050000000000',
      '3b0005',
    ].map((data) =>
      lan(
        `ip6 ${V6.client} > ${V6.server} proto 135 hex ${data.slice(0, data.length - (data.length % 2))}`,
      ),
    ),
    fresh: true,
  },
];

const times: Case = {
  name: 'xt: time',
  xtables: {
    iptables: counting([
      '-m time',
      '-m time --datestop 2001-01-01',
      '-m time --datestart 2001-01-01',
      '-m time --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun',
      '-m time ! --monthdays 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31',
      '-m time --timestart 00:00 --timestop 23:59:59 --kerneltz',
    ]),
  },
  steps: [lan(`udp ${at(HOSTS.ip.client, 1)} > ${at(HOSTS.ip.server, 2)}`)],
};

const waiting: Case[] = [
  {
    name: 'xt: rates and lists as time passes',
    xtables: {
      iptables: counting(
        [
          '-m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-name a',
          '-m limit --limit 1/sec --limit-burst 1',
          '-m recent --rcheck --seconds 1 --name a',
          '-m recent --set --name a',
        ],
        '-A FORWARD',
      ),
    },
    steps: [
      lan(`udp ${at(HOSTS.ip.client, 1)} > ${at(HOSTS.ip.server, 2)}`),
      lan(`udp ${at(HOSTS.ip.client, 1)} > ${at(HOSTS.ip.server, 2)}`),
      wait(3),
      lan(`udp ${at(HOSTS.ip.client, 1)} > ${at(HOSTS.ip.server, 2)}`),
    ],
  },
];

const made: Case = {
  name: 'xt: owner of what this host sends',
  xtables: {
    iptables: ['-A OUTPUT -m owner --socket-exists', '-A OUTPUT -m owner ! --uid-owner 7'].join(
      '\n',
    ),
  },
  steps: [local(`udp ${at(HOSTS.ip.router, 1)} > ${at(HOSTS.ip.client, 2)}`)],
  chance: ['ipid'],
};

export const xtMatches: Case[] = [
  ...bothAll((l3, h) => [
    ...ports(l3, h),
    ...headers(l3, h),
    ...addresses(l3, h),
    ...connections(l3, h),
    ...rates(l3, h),
    ...sockets(l3, h),
    refused(l3),
  ]),
  ...ipv6,
  realms,
  times,
  ...waiting,
  made,
];
