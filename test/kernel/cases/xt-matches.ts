// Matches that know more than a packet's headers: routes, connections, rates, time.

import type { Case, Step } from '../case.ts';
import { at, bothAll, HOSTS, type Hosts, type L3, lan, local, wait, wan } from './words.ts';
import { counting, tool } from './xt-words.ts';

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
    ...addresses(l3, h),
    ...connections(l3, h),
    ...rates(l3, h),
    ...sockets(l3, h),
    refused(l3),
  ]),
  realms,
  times,
  ...waiting,
  made,
];
