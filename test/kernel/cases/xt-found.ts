// What random rules of iptables have found, each made a case.

import type { Case } from '../case.ts';
import { lan, local, wan } from './words.ts';

const UDP = lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"');
const BACK = wan('udp 192.0.2.2:53 > 10.0.0.2:1000 data "y"');

const refused = (name: string, rules: readonly string[], taken: readonly string[]): Case => ({
  name: `xt: ${name}`,
  xtables: { iptables: '' },
  steps: [
    ...rules.map((rule) => ({ run: `iptables ${rule}`, refused: true })),
    ...taken.map((rule) => ({ run: `iptables ${rule}` })),
    UDP,
    UDP,
  ],
});

export const xtFindings: readonly Case[] = [
  {
    name: 'xt: CT leaves alone what is not tracked',
    xtables: {
      iptables: `
        -t raw -A PREROUTING -p udp -j NOTRACK
        -t raw -A PREROUTING -p udp -j CT --zone 0
        -t raw -A PREROUTING -p udp -j CT --ctevents new
        -A FORWARD -m conntrack --ctstate UNTRACKED`,
    },
    steps: [UDP, BACK],
  },
  refused(
    'hashlimit counts no more than 37 hours of packets',
    [
      '-A FORWARD -m hashlimit --hashlimit-upto 1/day --hashlimit-burst 4 --hashlimit-name a',
      '-A FORWARD -m hashlimit --hashlimit-upto 1/day --hashlimit-burst 2 --hashlimit-name a',
      '-A FORWARD -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 38 --hashlimit-name a',
    ],
    [
      '-A FORWARD -m hashlimit --hashlimit-upto 2/day --hashlimit-burst 5 --hashlimit-name b',
      '-A FORWARD -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 39 --hashlimit-name c',
      '-A FORWARD -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 37 --hashlimit-name d',
    ],
  ),
  {
    name: 'xt: a rate estimator that two rules compare to itself',
    xtables: {
      iptables: `
        -A FORWARD -j RATEEST --rateest-name r --rateest-interval 8s --rateest-ewmalog 16s
        -A FORWARD -m rateest --rateest1 r --rateest-eq --rateest-bps --rateest2 r
        -A FORWARD -m rateest --rateest1 r ! --rateest-gt --rateest-pps --rateest2 r
        -A FORWARD -m rateest --rateest-delta --rateest r --rateest-gt --rateest-bps1 80bit --rateest-pps2 3
        -A FORWARD -m rateest --rateest r --rateest-lt --rateest-pps 1`,
    },
    steps: [UDP, UDP],
  },
  {
    name: 'xt: a rate estimator stays as long as a rule asks it',
    xtables: {
      iptables: `
        -A FORWARD -j RATEEST --rateest-name r --rateest-interval 8s --rateest-ewmalog 16s
        -A FORWARD -m rateest --rateest r --rateest-lt --rateest-pps 1`,
    },
    steps: [
      { run: 'iptables -D FORWARD 1' },
      { run: 'iptables -I FORWARD -m rateest --rateest r --rateest-lt --rateest-pps 1' },
      {
        run: 'iptables -A FORWARD -j RATEEST --rateest-name r --rateest-interval 1s --rateest-ewmalog 2s',
        refused: true,
      },
      { run: 'iptables -F FORWARD' },
      {
        run: 'iptables -A FORWARD -m rateest --rateest r --rateest-lt --rateest-pps 1',
        refused: true,
      },
      UDP,
    ],
  },
  {
    name: 'xt: connlimit of a connection that this packet ends',
    xtables: {
      iptables: `
        -A FORWARD -m connlimit --connlimit-above 0 --connlimit-daddr
        -A FORWARD -m connlimit --connlimit-above 0 --connlimit-mask 0
        -A FORWARD`,
    },
    steps: [
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 syn seq 1'),
      wan('tcp 192.0.2.2:80 > 10.0.0.2:1000 syn,ack seq 1 ack 2'),
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 ack seq 2 ack 2'),
      lan('tcp 10.0.0.2:1000 > 192.0.2.2:80 rst,ack seq 2 ack 2'),
      lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"'),
    ],
  },
  {
    name: 'xt: the device of a local packet that DNAT sends another way',
    xtables: {
      iptables: `
        -t nat -A OUTPUT -p udp -j DNAT --to-destination 192.0.2.5
        -A OUTPUT -o eth0
        -A OUTPUT -o eth1
        -A OUTPUT -m addrtype --src-type UNICAST --limit-iface-out
        -A OUTPUT -m addrtype --src-type LOCAL --limit-iface-out
        -t mangle -A POSTROUTING -o eth1`,
    },
    steps: [local('udp 10.0.0.1:7 > 10.0.0.2:9 data "y" id 7')],
  },
];
