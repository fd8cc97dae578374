// Connection tracking: states, TCP's transitions and windows, timeouts, what is invalid.

import type { Case, Step } from '../case.ts';
import { at, both, filter, handshake, lan, local, type Talk, wait, wan } from './words.ts';

/** Counts packets by state without deciding anything. */
const STATES = filter({
  forward: `ct state new counter
            ct state established counter
            ct state related counter
            ct state invalid counter
            ct state untracked counter`,
});
const DROP_INVALID = filter({
  forward: 'ct state invalid counter drop\nct state new counter\nct state established counter',
});

const FLOW: Talk = { from: '10.0.0.2:40000', to: '192.0.2.2:80' };
const up = (more: string): Step => lan(`tcp ${FLOW.from} > ${FLOW.to} ${more}`);
const down = (more: string): Step => wan(`tcp ${FLOW.to} > ${FLOW.from} ${more}`);
const OPEN = handshake(FLOW);

/** A TCP script, judged by the state it leaves and what was invalid on the way. */
const script = (name: string, steps: readonly Step[], more: Partial<Case> = {}): Case => ({
  name: `TCP: ${name}`,
  ruleset: DROP_INVALID,
  steps,
  ...more,
});

const CLOSE: Step[] = [
  up('fin,ack seq 1001 ack 5001 win 64240'),
  down('ack seq 5001 ack 1002 win 65160'),
  down('fin,ack seq 5001 ack 1002 win 65160'),
  up('ack seq 1002 ack 5002 win 64240'),
];

const opening: Case[] = [
  script('SYN alone is SYN_SENT', OPEN.slice(0, 1)),
  script('SYN and SYN/ACK are SYN_RECV', OPEN.slice(0, 2)),
  script('three packets are ESTABLISHED', OPEN),
  script('data both ways makes it ASSURED', [
    ...OPEN,
    up('psh,ack seq 1001 ack 5001 win 64240 data "GET"'),
    down('ack seq 5001 ack 1004 win 65160'),
  ]),
  script('a retransmitted SYN', [OPEN[0]!, OPEN[0]!, OPEN[1]!, OPEN[2]!]),
  script('a retransmitted SYN/ACK', [OPEN[0]!, OPEN[1]!, OPEN[1]!, OPEN[2]!]),
  script('an ACK of a wrong sequence in SYN_SENT', [OPEN[0]!, down('ack seq 9 ack 77 win 1000')]),
  script('a SYN/ACK without a SYN is invalid', [down('syn,ack seq 5000 ack 1001 win 65160')]),
  script('a SYN/ACK that acknowledges something else', [
    OPEN[0]!,
    down('syn,ack seq 5000 ack 99999 win 65160'),
  ]),
  script('simultaneous open', [
    up('syn seq 1000 win 64240'),
    down('syn seq 5000 win 65160'),
    up('syn,ack seq 1000 ack 5001 win 64240'),
    down('syn,ack seq 5000 ack 1001 win 65160'),
  ]),
  script('a SYN answered by RST', [OPEN[0]!, down('rst,ack seq 0 ack 1001 win 0')]),
  script('a SYN answered by a RST that acknowledges something else', [
    OPEN[0]!,
    down('rst,ack seq 0 ack 5 win 0'),
  ]),
  script('ACK picks up a connection in midstream', [
    up('ack seq 1001 ack 5001 win 64240'),
    down('ack seq 5001 ack 1001 win 65160'),
  ]),
  script(
    'nf_conntrack_tcp_loose 0 makes midstream invalid',
    [up('ack seq 1001 ack 5001 win 64240')],
    { sysctl: { 'net.netfilter.nf_conntrack_tcp_loose': 0 } },
  ),
  script('FIN first is invalid', [up('fin,ack seq 1001 ack 5001 win 64240')]),
  script('RST first is invalid', [up('rst seq 1001 win 0')]),
  script('no flags at all are invalid', [...OPEN, up('none seq 1001 win 0')]),
  script('SYN and FIN together are invalid', [up('syn,fin seq 1000 win 64240')]),
  script('SYN and RST together are invalid', [up('syn,rst seq 1000 win 64240')]),
  script('all flags are invalid', [up('fin,syn,rst,psh,ack,urg seq 1000 win 64240')]),
  script('a second SYN in ESTABLISHED', [...OPEN, up('syn seq 90000 win 64240')]),
  script('a SYN from the server side in ESTABLISHED', [...OPEN, down('syn seq 90000 win 64240')]),
  script('SYN with data', [
    up('syn seq 1000 win 64240 data "fast open"'),
    down('syn,ack seq 5000 ack 1010 win 65160'),
    up('ack seq 1010 ack 5001 win 64240'),
  ]),
];

const closing: Case[] = [
  script('FIN from the client', [...OPEN, ...CLOSE.slice(0, 1)]),
  script('FIN acknowledged is FIN_WAIT then CLOSE_WAIT', [...OPEN, ...CLOSE.slice(0, 2)]),
  script('both FINs are LAST_ACK', [...OPEN, ...CLOSE.slice(0, 3)]),
  script('the last ACK makes TIME_WAIT', [...OPEN, ...CLOSE]),
  script('FIN from the server', [
    ...OPEN,
    down('fin,ack seq 5001 ack 1001 win 65160'),
    up('ack seq 1001 ack 5002 win 64240'),
  ]),
  script('simultaneous close', [
    ...OPEN,
    up('fin,ack seq 1001 ack 5001 win 64240'),
    down('fin,ack seq 5001 ack 1001 win 65160'),
    up('ack seq 1002 ack 5002 win 64240'),
    down('ack seq 5002 ack 1002 win 65160'),
  ]),
  script('a new SYN after TIME_WAIT opens again', [
    ...OPEN,
    ...CLOSE,
    up('syn seq 500000 win 64240'),
  ]),
  script('an old SYN after TIME_WAIT', [...OPEN, ...CLOSE, up('syn seq 1000 win 64240')]),
  script('a late data segment in TIME_WAIT', [
    ...OPEN,
    ...CLOSE,
    down('psh,ack seq 4990 ack 1002 win 65160 data "late"'),
  ]),
  script('RST with the right sequence closes', [...OPEN, up('rst seq 1001 win 0')]),
  script('RST in the window but not exact', [...OPEN, up('rst seq 1101 win 0')]),
  script('RST out of the window', [...OPEN, up('rst seq 4000000 win 0')]),
  script('RST,ACK from the server', [...OPEN, down('rst,ack seq 5001 ack 1001 win 0')]),
  script('data after RST', [
    ...OPEN,
    up('rst seq 1001 win 0'),
    down('ack seq 5001 ack 1001 win 65160'),
  ]),
  script('SYN after RST', [...OPEN, up('rst seq 1001 win 0'), up('syn seq 9000 win 64240')]),
];

const windows: Case[] = [
  script('data inside the window', [
    ...OPEN,
    down('ack seq 5001 ack 1001 win 65160 len 1000'),
    up('ack seq 1001 ack 6001 win 64240'),
  ]),
  script('data far beyond the window is invalid', [
    ...OPEN,
    down('ack seq 900000 ack 1001 win 65160 len 100'),
  ]),
  script('an acknowledgement of data never sent is invalid', [
    ...OPEN,
    up('ack seq 1001 ack 900000 win 64240'),
  ]),
  script('an old retransmission is taken', [
    ...OPEN,
    down('ack seq 5001 ack 1001 win 65160 len 1000'),
    up('ack seq 1001 ack 6001 win 64240'),
    down('ack seq 5001 ack 1001 win 65160 len 1000'),
  ]),
  script('a segment older than the window is invalid', [
    ...OPEN,
    down('ack seq 4294900000 ack 1001 win 65160 len 10'),
  ]),
  script(
    'nf_conntrack_tcp_be_liberal takes what is out of the window',
    [...OPEN, down('ack seq 900000 ack 1001 win 65160 len 100')],
    { sysctl: { 'net.netfilter.nf_conntrack_tcp_be_liberal': 1 } },
  ),
  script('window scaling widens the window', [
    up('syn seq 1000 win 64240 mss 1460 wscale 7'),
    down('syn,ack seq 5000 ack 1001 win 65160 mss 1460 wscale 7'),
    up('ack seq 1001 ack 5001 win 502'),
    down('ack seq 69001 ack 1001 win 509 len 100'),
  ]),
  script('window scaling offered by one side only', [
    up('syn seq 1000 win 64240 wscale 7'),
    down('syn,ack seq 5000 ack 1001 win 65160'),
    up('ack seq 1001 ack 5001 win 502'),
    down('ack seq 69001 ack 1001 win 509 len 100'),
  ]),
  script('sequence numbers wrap', [
    up('syn seq 4294967290 win 64240'),
    down('syn,ack seq 4294967295 ack 4294967291 win 65160'),
    up('ack seq 4294967291 ack 0 win 64240'),
    up('psh,ack seq 4294967291 ack 0 win 64240 len 100'),
    down('ack seq 0 ack 95 win 65160'),
  ]),
  script('a zero window', [
    ...OPEN,
    up('ack seq 1001 ack 5001 win 0'),
    down('ack seq 5001 ack 1001 win 65160 len 1'),
  ]),
  script('many retransmissions shorten the timeout', [
    ...OPEN,
    ...Array.from({ length: 5 }, () => up('psh,ack seq 1001 ack 5001 win 64240 data "again"')),
  ]),
  script('unacknowledged data shortens the timeout', [
    ...OPEN,
    up('psh,ack seq 1001 ack 5001 win 64240 data "x"'),
  ]),
];

const malformed: Case[] = [
  script('a wrong checksum is invalid', [up('syn seq 1000 win 64240 sum 0xbad')]),
  script(
    'a wrong checksum with nf_conntrack_checksum 0 is taken',
    [up('syn seq 1000 win 64240 sum 0xbad')],
    { sysctl: { 'net.netfilter.nf_conntrack_checksum': 0 } },
  ),
  {
    name: 'UDP with a wrong checksum is invalid',
    ruleset: STATES,
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53 data "x" sum 0xbad')],
  },
  {
    name: 'UDP without a checksum is tracked',
    ruleset: STATES,
    steps: [lan('udp 10.0.0.2:1 > 192.0.2.2:53 data "x" nosum')],
  },
];

const others: Case[] = [
  ...both((_, h) => ({
    name: 'UDP: one way is UNREPLIED',
    ruleset: STATES,
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "q"`)],
  })),
  ...both((_, h) => ({
    name: 'UDP: an answer makes it established, later packets ASSURED',
    ruleset: STATES,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "q"`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)} data "a"`),
      wait(2.5),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} data "q"`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)} data "a"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'ICMP echo is a flow by its id',
    ruleset: STATES,
    steps: [
      lan(`${h.icmp} ${h.client} > ${h.server} echo-request id 7 seq 1 data "ping"`),
      wan(`${h.icmp} ${h.server} > ${h.client} echo-reply id 7 seq 1 data "ping"`),
      lan(`${h.icmp} ${h.client} > ${h.server} echo-request id 8 seq 1 data "ping"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'an echo reply nobody asked for is invalid',
    ruleset: STATES,
    steps: [wan(`${h.icmp} ${h.server} > ${h.client} echo-reply id 7 seq 1`)],
  })),
  ...both((_, h) => ({
    name: 'an unknown protocol has the generic tracker',
    ruleset: STATES,
    steps: [
      lan(`ip ${h.client} > ${h.server} proto 253 data "x"`),
      wan(`ip ${h.server} > ${h.client} proto 253 data "y"`),
    ],
  })),
  ...both((_, h) => ({
    name: 'notrack in raw makes it untracked',
    ruleset: `table inet raw { chain pre { type filter hook prerouting priority raw; policy accept; udp dport 53 notrack
      } }
      ${STATES}`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 54)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'ct mark is kept for the flow and seen in both directions',
    ruleset: filter({
      forward:
        'ct state new ct mark set 5 counter\nct mark 5 meta mark set ct mark counter\nmeta mark 5 counter',
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a dropped first packet leaves no entry',
    ruleset: filter({ forward: 'ct state new counter drop' }),
    steps: [lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`)],
  })),
  ...both((_, h) => ({
    name: 'ct direction, ct status and the tuple keys',
    ruleset: filter({
      forward: `ct direction original counter
                ct direction reply counter
                ct status seen-reply counter
                ct status assured counter
                ct status confirmed counter
                meta l4proto udp ct original proto-dst 53 counter
                meta l4proto udp ct reply proto-src 53 counter`,
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)}`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'ct packets and bytes count both directions',
    ruleset: filter({
      forward:
        'ct original packets > 1 counter\nct reply bytes > 50 counter\nct packets > 2 counter',
    }),
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} len 30`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)} len 30`),
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)} len 30`),
    ],
  })),
  ...both((_, h) => ({
    name: 'ct zone keeps equal tuples apart',
    ruleset: `table inet raw { chain pre { type filter hook prerouting priority raw; policy accept; iifname "eth0" udp sport 1024 ct zone set 3
      } }
      ${STATES}`,
    steps: [
      lan(`udp ${at(h.client, 1024)} > ${at(h.server, 53)}`),
      wan(`udp ${at(h.server, 53)} > ${at(h.client, 1024)}`),
    ],
  })),
  ...both((_, h) => ({
    name: 'a flow of the router itself: its echo reply',
    ruleset: STATES,
    steps: [lan(`${h.icmp} ${h.client} > ${h.router} echo-request id 7 seq 1`)],
  })),
  {
    name: 'locally made packets are tracked from output to postrouting',
    ruleset: filter({ output: 'ct state new counter\nct state established counter' }),
    steps: [
      local('udp 10.0.0.1:5000 > 10.0.0.2:53 id 7 data "x"'),
      lan('udp 10.0.0.2:53 > 10.0.0.1:5000 data "y"'),
    ],
  },
];

export const state: readonly Case[] = [...opening, ...closing, ...windows, ...malformed, ...others];
