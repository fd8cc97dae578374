// Connections that are counted by their tuples (nf_conncount.c): those of packets that belong to none, those that are
// over, and those that came again, in both languages side by side.

import type { Case, Step } from '../case.ts';
import { filter, lan, wait, wan } from './words.ts';

const COUNTS = [0, 1, 2, 3];
const RULESET = `table inet raw { chain pre { type filter hook prerouting priority raw; } }
  ${filter({ forward: COUNTS.map((n) => `ip dscp 0 ct count over ${n} counter`).join('\n') })}`;
const IPTABLES = COUNTS.map(
  (n) => `-A FORWARD -m dscp --dscp 0 -m connlimit --connlimit-above ${n} --connlimit-mask 0`,
).join('\n');

/** What was counted two ticks ago is looked for again, whoever counted it (find_or_evict()). */
const spaced = (steps: readonly Step[]): Step[] => steps.flatMap((step) => [step, wait(0.01)]);

const counted = (name: string, steps: readonly Step[]): Case => ({
  name: `counted: ${name}`,
  ruleset: RULESET,
  xtables: { iptables: IPTABLES },
  only: 'legacy',
  steps: spaced(steps),
  sysctl: { 'net.netfilter.nf_conntrack_udp_timeout': 1 },
});

const udp = (port: number, more = ''): Step =>
  lan(`udp 10.0.0.2:${port} > 192.0.2.2:53 data "x"${more}`);
/** Not counted, as its rules ask for another. */
const unseen = (port: number): Step => udp(port, ' dscp 1');
const untracked: Step = { nft: 'add rule inet raw pre udp dport 53 notrack' };
const tracked: Step = { nft: 'flush chain inet raw pre' };

const out = (port: number, more: string): Step =>
  lan(`tcp 10.0.0.2:${port} > 192.0.2.2:80 ${more} win 1000`);
const back = (port: number, more: string): Step =>
  wan(`tcp 192.0.2.2:80 > 10.0.0.2:${port} ${more} win 1000`);
const opened = (port: number): Step[] => [
  out(port, 'syn seq 1'),
  back(port, 'syn,ack seq 1 ack 2'),
  out(port, 'ack seq 2 ack 2'),
];

export const countedConnections: readonly Case[] = [
  counted('what is not tracked, and the same again', [
    untracked,
    ...[1, 2, 1, 1].map((p) => udp(p)),
  ]),
  counted('what is not tracked any more, with the tuple of a connection, and of its answer', [
    udp(1),
    udp(2),
    untracked,
    udp(1),
    udp(3),
    { nft: 'add rule inet raw pre udp sport 53 notrack' },
    wan('udp 192.0.2.2:53 > 10.0.0.2:1 data "y"'),
    wan('udp 192.0.2.2:53 > 10.0.0.2:9 data "y"'),
  ]),
  counted('the connection that what was not tracked has become', [
    untracked,
    udp(1),
    tracked,
    unseen(1),
    udp(2),
  ]),
  counted('one that was over, and came again unseen', [udp(1), wait(1.2), unseen(1), udp(2)]),
  counted('what is invalid, of a connection and of none', [
    ...opened(1),
    udp(5),
    back(1, 'rst seq 50000000'),
    out(1, 'ack seq 90000000 ack 90000000'),
    out(7, 'syn,fin seq 2'),
    udp(6),
  ]),
  counted('one that a reset has ended before it began, and the retransmission of another', [
    out(1, 'syn seq 1'),
    out(2, 'syn seq 1'),
    back(2, 'rst,ack seq 0 ack 2'),
    out(1, 'syn seq 1'),
    udp(3),
    out(1, 'syn seq 1'),
  ]),
  counted('those that are closed, before and behind one that is not', [
    ...opened(1),
    ...opened(2),
    out(2, 'rst,ack seq 2 ack 2'),
    out(1, 'ack seq 2 ack 2'),
    udp(3),
    out(1, 'rst,ack seq 2 ack 2'),
    udp(4),
  ]),
  counted('packets without a tuple', [
    untracked,
    udp(1),
    lan('udp 10.0.0.2:1 > 192.0.2.2:53 frag 1480+ data "x"'),
    lan('icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1'),
    lan('esp 10.0.0.2 > 192.0.2.2 spi 5 seq 1'),
  ]),
  {
    name: 'counted: one tuple in two zones',
    ruleset: `table inet raw { chain pre { type filter hook prerouting priority raw;
        ip dscp 2 ct zone set 5
        ip dscp 3 ct zone set 6 } }
      ${filter({ forward: COUNTS.map((n) => `ct count over ${n} counter`).join('\n') })}`,
    steps: spaced([
      udp(1, ' dscp 2'),
      udp(1, ' dscp 3'),
      udp(1),
      udp(2, ' dscp 2'),
      udp(1, ' dscp 3'),
    ]),
  },
];
