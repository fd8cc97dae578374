// Matches and targets that no other case of iptables asks about; osf is among the fingerprints, of which the machine has one list.

import type { Case } from '../case.ts';
import { lan, local } from './words.ts';

const UDP = lan('udp 10.0.0.2:1000 > 192.0.2.2:53 data "x"');
const HERE = lan('udp 10.0.0.2:1000 > 10.0.0.1:53 data "x"');

export const xtRest: readonly Case[] = [
  {
    name: 'xt: socket',
    xtables: {
      iptables: `
        -t mangle -A PREROUTING -m socket
        -t mangle -A PREROUTING -m socket --transparent
        -t mangle -A PREROUTING -m socket --nowildcard
        -t mangle -A PREROUTING -m socket --restore-skmark
        -t mangle -A PREROUTING -m mark --mark 5`,
    },
    steps: [HERE, UDP, lan('udp 10.0.0.2:1000 > 10.0.0.1:54 data "x"')],
    sockets: [
      { protocol: 'udp', address: '10.0.0.1', port: 53, mark: 5, transparent: true },
      { protocol: 'udp', address: '0.0.0.0', port: 54 },
    ],
  },
  {
    name: 'xt: QUEUE, where nobody listens',
    xtables: { iptables: '-A FORWARD -p udp -j QUEUE\n-A FORWARD' },
    only: 'legacy',
    steps: [UDP],
  },
  {
    name: 'xt: TRACE and comment go on',
    xtables: {
      iptables: `
        -t raw -A PREROUTING -m comment --comment "all of it" -j TRACE
        -t raw -A PREROUTING -m comment --comment unquoted
        -A FORWARD -m comment --comment "and behind it"`,
    },
    steps: [UDP],
  },
  {
    name: 'xt: CONNSECMARK, where there are no security marks',
    xtables: {
      iptables: `
        -t mangle -A FORWARD -j CONNSECMARK --save
        -t mangle -A OUTPUT -j CONNSECMARK --restore
        -t security -A FORWARD -j CONNSECMARK --restore`,
    },
    steps: [UDP, local('udp 10.0.0.1:7 > 10.0.0.2:9 data "y"')],
    chance: ['ipid'],
  },
];
