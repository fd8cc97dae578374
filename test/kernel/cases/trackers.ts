// The protocol trackers beside TCP's: states, timeouts by sysctl, SCTP's tags, zones of fragments.

import type { Case, Step } from '../case.ts';
import { piece } from './crafted.ts';
import { filter, handshake, type Talk, wait } from './words.ts';

const STATES = filter({
  forward: `ct state new counter
            ct state established counter
            ct state related counter
            ct state invalid counter`,
});

const NAMES = [
  'generic_timeout',
  'gre_timeout',
  'gre_timeout_stream',
  'icmp_timeout',
  'icmpv6_timeout',
  'sctp_timeout_closed',
  'sctp_timeout_cookie_wait',
  'sctp_timeout_cookie_echoed',
  'sctp_timeout_established',
  'sctp_timeout_shutdown_sent',
  'sctp_timeout_shutdown_recd',
  'sctp_timeout_shutdown_ack_sent',
  'sctp_timeout_heartbeat_sent',
  'tcp_timeout_syn_sent',
  'tcp_timeout_syn_recv',
  'tcp_timeout_established',
  'tcp_timeout_fin_wait',
  'tcp_timeout_close_wait',
  'tcp_timeout_last_ack',
  'tcp_timeout_time_wait',
  'tcp_timeout_close',
  'tcp_timeout_max_retrans',
  'tcp_timeout_unacknowledged',
  'udp_timeout',
  'udp_timeout_stream',
];

/** A number of seconds of its own for each: none is another's by accident. */
const TIMEOUTS = Object.fromEntries(
  NAMES.map((name, i) => [`net.netfilter.nf_conntrack_${name}`, 100_000 + 100 * i]),
);

const WAYS = { '>': ['eth0', '10.0.0.2', '192.0.2.2'], '<': ['eth1', '192.0.2.2', '10.0.0.2'] };

/** Steps of a flow between two hosts: `> sctp init tag 1`, `< sctp init-ack tag 2 vtag 1`. */
const between = (ports: readonly [number, number] | undefined, lines: readonly string[]): Step[] =>
  lines.map((line) => {
    const [way = '', protocol = '', ...words] = line.split(' ');
    const [on, from, to] = WAYS[way as '>' | '<'] as [string, string, string];
    const [a, b] = ports === undefined ? ['', ''] : ports.map((port) => `:${port}`);
    const [source, goal] = way === '>' ? [from + a, to + b] : [from + b, to + a];
    return { on, packet: `${protocol} ${source} > ${goal} ${words.join(' ')}` };
  });

const sctp = (port: number, ...lines: string[]): Step[] =>
  between(
    [port, 5000],
    lines.map((line) => `${line[0]} sctp${line.slice(1)}`),
  );

const INIT = ['> init tag 11', '< init-ack tag 22 vtag 11'];
const ASSOCIATED = [...INIT, '> cookie-echo vtag 22', '< cookie-ack vtag 11'];

const tcpTalk = (port: number): Talk => ({ from: `10.0.0.2:${port}`, to: '192.0.2.2:80' });
const tcp = (port: number, ...lines: string[]): Step[] =>
  between(
    [port, 80],
    lines.map((line) => `${line[0]} tcp${line.slice(1)} win 60000`),
  );
const open = (port: number): Step[] => [...handshake(tcpTalk(port))];
const CLOSE = [
  '> fin,ack seq 1001 ack 5001',
  '< ack seq 5001 ack 1002',
  '< fin,ack seq 5001 ack 1002',
  '> ack seq 1002 ack 5002',
];
const DATA = '> psh,ack seq 1001 ack 5001 data "GET"';

const timeouts: Case = {
  name: 'every timeout follows its sysctl',
  ruleset: STATES,
  sysctl: TIMEOUTS,
  steps: [
    ...between(undefined, ['> ip proto 253 len 8', '> gre', '> icmp echo-request id 5']),
    { on: 'eth0', packet: 'icmp6 2001:db8::3 > 2001:db8:1::2 id 6' },
    ...between([1, 2], ['> udp len 1']),
    ...between([3, 4], ['> udp len 1', '< udp len 1']),
    { on: 'eth0', packet: 'gre 10.0.0.3 > 192.0.2.3' },
    { on: 'eth1', packet: 'gre 192.0.2.3 > 10.0.0.3' },
    ...tcp(1, '> syn seq 1000'),
    ...tcp(2, '> syn seq 1000', '< syn,ack seq 5000 ack 1001'),
    ...open(3),
    ...[1, 2, 3, 4].flatMap((n) => [...open(3 + n), ...tcp(3 + n, ...CLOSE.slice(0, n))]),
    ...open(8),
    ...tcp(8, '> rst seq 1001'),
    ...open(9),
    ...tcp(9, DATA, '< ack seq 5001 ack 1004', ...Array.from({ length: 4 }, () => DATA)),
    ...open(10),
    ...tcp(10, DATA),
    ...[1, 2, 3, 4].flatMap((n) => sctp(n, ...ASSOCIATED.slice(0, n))),
    ...sctp(5, ...ASSOCIATED, '> shutdown vtag 22'),
    ...sctp(6, ...ASSOCIATED, '< shutdown vtag 11'),
    ...sctp(7, ...ASSOCIATED, '> shutdown vtag 22', '< shutdown-ack vtag 11'),
    ...sctp(8, ...ASSOCIATED, '> abort vtag 22'),
    ...sctp(9, '> heartbeat vtag 22'),
    { look: 'conntrack' },
    wait(2.2),
    // A stream is what lives for two seconds.
    ...between([3, 4], ['> udp len 1', '< udp len 1', '> udp len 1']),
    { on: 'eth0', packet: 'gre 10.0.0.3 > 192.0.2.3' },
  ],
};

const association = (name: string, ...lines: string[]): Case => ({
  name: `SCTP: ${name}`,
  ruleset: STATES,
  steps: sctp(40000, ...lines).flatMap((step): Step[] => [step, { look: 'conntrack' }]),
});

const associations: readonly Case[] = [
  association(
    'from INIT to SHUTDOWN COMPLETE',
    ...ASSOCIATED,
    '> data "x" vtag 22',
    '< sack vtag 11',
    '> shutdown vtag 22',
    '< shutdown-ack vtag 11',
    '> shutdown-complete vtag 22',
  ),
  association('a wrong tag is invalid', ...ASSOCIATED, '> data "x" vtag 23', '< sack vtag 22'),
  association('INIT with a tag in its header is invalid', '> init tag 11 vtag 5'),
  association('INIT ACK must carry the tag of INIT', '> init tag 11', '< init-ack tag 22 vtag 12'),
  association(
    'both sides send INIT',
    '> init tag 11',
    '< init tag 22',
    '< init-ack tag 22 vtag 11',
  ),
  association(
    'both sides send INIT, and the answers cross',
    '> init tag 11',
    '< init tag 22',
    '> init-ack tag 11 vtag 22',
    '< init-ack tag 22 vtag 11',
    '> cookie-echo vtag 22',
    '< cookie-echo vtag 11',
    '> cookie-ack vtag 22',
    '< cookie-ack vtag 11',
  ),
  association('a restart inside an association', ...ASSOCIATED, ...INIT, '> cookie-echo vtag 22'),
  association(
    'INIT again keeps the time it had',
    '> init tag 11',
    '> init tag 11',
    '> init tag 12',
  ),
  association(
    'an old cookie is answered by an error',
    ...INIT,
    '> cookie-echo vtag 22',
    '< error vtag 11',
  ),
  association('ABORT by the tag of its sender, said so', ...ASSOCIATED, '> abort t-bit vtag 11'),
  association(
    'ABORT by the wrong tag is invalid',
    ...ASSOCIATED,
    '> abort vtag 11',
    '> abort t-bit vtag 22',
  ),
  association(
    'a heartbeat on another path begins an entry',
    '> heartbeat vtag 22',
    '< heartbeat-ack vtag 11',
  ),
  association(
    'a heartbeat with an unknown tag passes, and its answer is believed',
    ...ASSOCIATED,
    '> heartbeat vtag 33',
    '< heartbeat-ack vtag 44',
    '> data "x" vtag 33',
    '< sack vtag 44',
  ),
  association(
    'a heartbeat ACK nobody asked for is invalid',
    ...ASSOCIATED,
    '< heartbeat-ack vtag 44',
  ),
  association(
    'out of the blue: SHUTDOWN ACK begins, ABORT does not',
    '> abort vtag 1',
    '> shutdown-ack vtag 9',
    '< shutdown-complete t-bit vtag 9',
  ),
  association(
    'DATA, SACK and COOKIE ACK begin nothing',
    '> data "x" vtag 1',
    '> sack vtag 1',
    '> cookie-ack vtag 1',
  ),
  association('COOKIE ECHO that is not first is invalid', ...INIT, '> sack cookie-echo vtag 22'),
];

/** Bytes of one datagram by two links; what `zones` says comes before defragmentation. */
const fragmentZones = (name: string, zones: string): Case => {
  const query = 'udp 10.0.0.2:1024 > 192.0.2.2:53 len 1600';
  return {
    name: `fragments: ${name}`,
    fresh: true,
    ruleset: `${STATES}
      table inet early { chain pre { type filter hook prerouting priority -450; ${zones}\n } }`,
    steps: [
      piece(query, 0, 800, 0x77),
      { ...piece(query, 800, 1608, 0x77), on: 'eth2' } as Step,
      piece(query, 800, 1608, 0x77),
    ],
  };
};

export const trackers: readonly Case[] = [
  timeouts,
  ...associations,
  fragmentZones('of one datagram by two links are one', ''),
  fragmentZones(
    'each zone has its own',
    'iifname "eth0" ct zone set 1\niifname "eth2" ct zone set 2',
  ),
  fragmentZones('one zone by two links', 'iifname { "eth0", "eth2" } ct zone set 3'),
  fragmentZones('a zone of one direction', 'iifname "eth0" ct original zone set 4'),
  {
    name: 'labels: set, found, kept for the flow',
    ruleset: filter({
      forward: `ct state new ct label set 5
                ct label 5 counter
                ct label 6 counter
                ct direction reply ct label set 6`,
    }),
    steps: between([1, 2], ['> udp len 1', '< udp len 1', '> udp len 1']),
  },
];
