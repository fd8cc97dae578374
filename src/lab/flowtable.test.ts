// Flow tables as a firewall has them. The kernel of the suite has none: what is expected here was read in
// nf_flow_table_core.c, nf_flow_table_ip.c and nft_flow_offload.c of Linux 6.18.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restoreConnections, saveConnections } from '../conntrack/index.ts';
import { TransactionError } from '../engine/index.ts';
import { type StackConfig, setLink } from '../stack/index.ts';
import type { PacketTrace } from '../trace/index.ts';
import { renderTrace } from '../trace/index.ts';
import {
  back,
  entries,
  flow,
  lab,
  NETWORK,
  opened,
  refusal,
  ruleset,
  sent,
  steps,
  tcp,
  udpFlow,
} from './flowtable-bed.ts';
import { type Lab, openLab } from './index.ts';

describe('flow add', () => {
  test.each([
    [
      'a first packet',
      ['udp 10.0.0.2:5 > 192.0.2.9:53, in lan'],
      'the connection is not confirmed yet',
    ],
    ['a handshake', [tcp('syn'), back('syn ack')], 'the connection is not established'],
    ['a FIN', [tcp('syn'), back('syn ack'), tcp('fin ack')], 'the connection is closing'],
    ['a RST', [tcp('syn'), back('syn ack'), tcp('rst ack')], 'the connection is closing'],
    [
      'a ping',
      ['icmp 10.0.0.2 > 192.0.2.9, in lan', 'icmp 192.0.2.9 > 10.0.0.2 echo-reply, in wan'],
      'not TCP, UDP or GRE',
    ],
    ['SCTP', ['sctp 10.0.0.2:1 > 192.0.2.9:2 init, in lan'], 'not TCP, UDP or GRE'],
  ])('%s stays with the rules', (_name, packets, why) => {
    const l = lab();
    const last = packets.map((packet) => l.send(packet)).at(-1)!;
    expect(refusal(last)).toBe(why);
    expect(entries(l).join()).not.toContain('OFFLOAD');
  });

  test('a second packet without an answer is enough for UDP', () => {
    const l = lab();
    l.send('udp 10.0.0.2:5 > 192.0.2.9:53, in lan');
    expect(flow(l.send('udp 10.0.0.2:5 > 192.0.2.9:53, in lan'))).toBe('add');
  });

  test('a connection with a helper stays', () => {
    const helper = `ct helper f { type "ftp" protocol tcp; }
      chain h { type filter hook prerouting priority -150; tcp dport 80 ct helper set "f"; }`;
    const l = lab('flow add @ft', helper);
    l.send(tcp('syn'));
    l.send(back('syn ack'));
    expect(refusal(l.send(tcp('ack')))).toBe('the connection has a helper');
  });

  test('a connection that comes by another device than its answers leave by is looked for there', () => {
    const l = udpFlow();
    expect(flow(l.send('udp 10.0.0.2:5 > 192.0.2.9:53, in wan'))).toBe('');
  });

  test('the entry is listed without time and state, and lasts', () => {
    const l = opened();
    expect(entries(l)[0]).toMatch(/^tcp {6}6 src=.* \[OFFLOAD\] /);
    l.advance(20);
    l.send(tcp('ack'));
    l.advance(20);
    expect(flow(l.send(back('ack')))).toBe('forward');
  });
});

describe('the way past the rules', () => {
  test('counts nowhere, unless the flowtable counts', () => {
    for (const [flags, packets] of [
      ['', 2],
      ['counter;', 4],
    ] as const) {
      const l = openLab({
        ruleset: ruleset('flow add @ft', '', flags),
        network: {
          ...NETWORK,
          sysctl: { ...NETWORK.sysctl, 'net.netfilter.nf_conntrack_acct': 1 },
        },
      });
      udpFlow(l);
      l.send('udp 10.0.0.2:5 > 192.0.2.9:53 len 10, in lan');
      l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan');
      const ct = l.firewall.conntrack;
      expect(ct.packets(1, 0) + ct.packets(1, 1)).toBe(packets);
      expect(ct.bytes(1, 0)).toBe(packets === 4 ? 28 + 38 : 28);
    }
  });

  test('says which chains a packet never met', () => {
    const [trace] = opened().send(back('ack'));
    expect(renderTrace(trace!)).toMatch(
      /unmet +prerouting +inet t pre +0 {2}2 rules\n.* forward +inet t through +0 {2}1 rule\n.* defrag, conntrack/,
    );
    expect(trace!.outcome).toMatchObject({
      fate: 'forwarded',
      devices: ['lan'],
      decision: { by: 'flowtable', flowtable: 'inet t ft' },
    });
  });

  test.each([
    ['a fragment', tcp('ack frag 0+'), ''],
    ['a hop limit at its end', tcp('ack ttl 1'), ''],
    ['another port', 'tcp 10.0.0.2:1001 > 192.0.2.9:80 ack, in lan', ''],
  ])('is not for %s', (_name, packet, wanted) => {
    expect(flow(opened().send(packet))).toBe(wanted);
  });

  test('is not for what is longer than the MTU, unless it is segments put together', () => {
    expect(flow(udpFlow().send('udp 10.0.0.2:5 > 192.0.2.9:53 len 1500, in lan'))).toBe(
      'pass: longer than the MTU of 1500',
    );
    expect(flow(opened().send(tcp('ack len 4000')))).toBe('forward');
  });

  const CONVERSATIONS: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'TCP',
      '',
      [tcp('syn'), back('syn ack'), tcp('ack'), back('ack data "one"'), tcp('ack data "three"')],
    ],
    [
      'TCP behind a masquerade',
      'chain n { type nat hook postrouting priority 100; oifname "wan" masquerade; }',
      [
        tcp('syn'),
        'tcp 192.0.2.9:80 > 192.0.2.1:1000 syn ack, in wan',
        tcp('ack'),
        'tcp 192.0.2.9:80 > 192.0.2.1:1000 ack data "one", in wan',
        tcp('ack data "three" tos 8'),
      ],
    ],
    [
      'UDP with both ends translated',
      `chain d { type nat hook prerouting priority -100; udp dport 53 dnat ip to 192.0.2.10:5353; }
       chain s { type nat hook postrouting priority 100; ip protocol udp snat ip to 192.0.2.77:9; }`,
      [
        'udp 10.0.0.2:5 > 192.0.2.9:53, in lan',
        'udp 192.0.2.10:5353 > 192.0.2.77:9 data "x", in wan',
        'udp 10.0.0.2:5 > 192.0.2.9:53 data "abc", in lan',
        'udp 192.0.2.10:5353 > 192.0.2.77:9 nosum data "y", in wan',
      ],
    ],
    [
      'IPv6 with a new destination',
      'chain d { type nat hook prerouting priority -100; udp dport 53 dnat ip6 to [2001:db8:2::10]:5353; }',
      [
        'udp [2001:db8:1::2]:5 > [2001:db8:2::9]:53, in lan',
        'udp [2001:db8:2::10]:5353 > [2001:db8:1::2]:5 data "x", in wan',
        'udp [2001:db8:1::2]:5 > [2001:db8:2::9]:53 data "abc", in lan',
        'udp [2001:db8:2::10]:5353 > [2001:db8:1::2]:5 data "yz", in wan',
      ],
    ],
  ];

  test.each(CONVERSATIONS)('sends the same frames as the rules do: %s', (_name, nat, packets) => {
    const fast = lab('flow add @ft', nat);
    const slow = lab('accept', nat);
    const ways = packets.map((packet) => {
      const traces = fast.send(packet);
      expect(sent(traces)).toEqual(sent(slow.send(packet)));
      return flow(traces);
    });
    expect(ways.slice(-2)).toEqual(['forward', 'forward']);
  });
});

/** Hosts, ports, sizes and fields of one packet of a random exchange. */
const packetArb = fc.record({
  v6: fc.boolean(),
  reply: fc.boolean(),
  port: fc.integer({ min: 1, max: 2 }),
  length: fc.constantFrom(0, 1, 7, 1472, 1473),
  words: fc.constantFrom('', '', '', 'ttl 1', 'ttl 2', 'tos 8', 'nosum', 'frag 0+', 'mark 5'),
  // Not so long that an entry could end, which takes longer in a flow table.
  pause: fc.constantFrom(0, 0, 1),
});

test('whatever is said in either direction leaves as without a flowtable', {
  timeout: 60_000,
}, () => {
  const nat =
    'chain s { type nat hook postrouting priority 100; udp dport 1 snat ip to 192.0.2.77; }';
  let forwarded = 0;
  fc.assert(
    fc.property(fc.array(packetArb, { minLength: 12, maxLength: 24 }), (packets) => {
      const [fast, slow] = [lab('flow add @ft', nat), lab('accept', nat)];
      for (const { v6, reply, port, length, words, pause } of packets) {
        const client = v6 ? '[2001:db8:1::2]' : '10.0.0.2';
        const server = v6 ? '[2001:db8:2::9]' : '192.0.2.9';
        const seen = !v6 && port === 1 ? '192.0.2.77' : client;
        const ends = reply
          ? `${server}:${port} > ${seen}:7, in wan`
          : `${client}:7 > ${server}:${port}, in lan`;
        const rest = v6
          ? words.replace('frag 0+', '').replace('nosum', '').replace('tos 8', '')
          : words;
        const packet = `udp ${ends} len ${length} ${rest}`;
        const traces = fast.send(packet);
        if (flow(traces) === 'forward') forwarded++;
        expect(sent(traces), packet).toEqual(sent(slow.send(packet)));
        fast.advance(pause);
        slow.advance(pause);
      }
    }),
    { numRuns: 25 },
  );
  expect(forwarded).toBeGreaterThan(20);
});

test('a snapshot of connections leaves the flow table behind', () => {
  const before = opened();
  const saved = saveConnections(before.firewall.conntrack);
  const after = lab();
  restoreConnections(after.firewall.conntrack, saved);
  expect(entries(after)[0]).toMatch(/ESTABLISHED .*\[ASSURED\]/);
  expect(flow(after.send(back('ack')))).toBe('add');
});

describe('the end of a flow', () => {
  test('comes with silence: UDP has what is left of its time', () => {
    const l = udpFlow();
    l.firewall.netns.sysctl.set('net.netfilter.nf_flowtable_udp_timeout', 10);
    l.advance(0);
    expect(flow(l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan'))).toBe('forward');
    l.advance(31);
    expect(entries(l)[0]).toMatch(/^udp {6}17 109 src/);
  });

  test('a FIN goes by; then the connection is closed, and a SYN opens it anew at once', () => {
    const l = opened();
    expect(flow(l.send(tcp('fin ack')))).toBe('forward');
    expect(flow(l.send(back('ack')))).toBe('forward');
    const again = l.send(tcp('syn seq 90000'));
    expect(flow(again)).toBe('teardown: the connection was closed and is opened again');
    expect(entries(l)[0]).toMatch(/^tcp {6}6 120 SYN_SENT /);
  });

  test('after a RST and half a minute of silence the connection is about to end', () => {
    const l = opened();
    l.send(back('rst ack'));
    l.advance(30);
    expect(entries(l)[0]).toMatch(/^tcp {6}6 10 CLOSE /);
    l.advance(10);
    expect(entries(l)).toEqual([]);
  });

  test('a change of routes gives it back, and it may be added again when the old flow is collected', () => {
    const l = opened();
    l.firewall.stack.flush();
    const first = l.send(back('ack'));
    expect(flow(first)).toBe('teardown: routes have changed');
    expect(refusal(first)).toBe('a flow with these addresses is still there');
    l.advance(1);
    expect(flow(l.send(back('ack')))).toBe('add');
  });

  test('a device that goes down takes its flows along', () => {
    const l = opened();
    const { stack } = l.firewall;
    setLink(stack, stack.interfaceNamed('wan'), false);
    expect(entries(l)[0]).toMatch(/ESTABLISHED .*\[ASSURED\]/);
  });

  test('an entry that somebody deletes takes its flow along', () => {
    const l = opened();
    l.firewall.conntrack.connections.flush();
    const next = l.send(back('ack'));
    expect(flow(next)).toBe('');
    expect(refusal(next)).toBe('the connection is not established');
  });

  test('a flowtable goes when no rule uses it, and its connections go back to the rules', () => {
    const l = opened();
    const busy = (): void => l.change('delete flowtable inet t ft');
    expect(busy).toThrow(TransactionError);
    expect(busy).toThrow('in use');
    l.change('flush chain inet t through; delete flowtable inet t ft');
    expect(entries(l)[0]).toMatch(/ESTABLISHED .*\[ASSURED\]/);
    expect(flow(l.send(back('ack')))).toBe('');
  });

  test('a packet that the rules see does not shorten what the flow lives by', () => {
    const l = udpFlow();
    for (let i = 0; i < 20; i++) {
      l.advance(20);
      l.send('udp 192.0.2.9:53 > 10.0.0.2:5 ttl 1, in wan');
      expect(flow(l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan'))).toBe('forward');
    }
  });
});

describe('devices', () => {
  test('one device has one flowtable of a table', () => {
    const l = lab();
    expect(() =>
      l.change('add flowtable inet t other { hook ingress priority 0; devices = { wan }; }'),
    ).toThrow('device wan is in flowtable ft');
  });

  test('of table ip, it leaves IPv6 alone', () => {
    const l = openLab({
      ruleset: `table ip t { flowtable ft { hook ingress priority 0; devices = { lan, wan }; } }
        table inet u { chain c { type filter hook forward priority 0; ct state new accept; } }`,
      network: NETWORK,
    });
    expect(flow(l.send('udp [2001:db8:1::2]:5 > [2001:db8:2::9]:53, in lan'))).toBe('');
  });

  const UNDER: StackConfig = {
    interfaces: [
      { name: 'lan', addresses: ['10.0.0.1/24'], arp: 'static' },
      { name: 'wan', addresses: [] },
      { name: 'wan.7', addresses: ['192.0.2.1/24'], vlan: { link: 'wan', id: 7 }, arp: 'static' },
    ],
    sysctl: { 'net.ipv4.ip_forward': 1 },
  };

  test('a flow through a VLAN device is found by its tag on the device below', () => {
    const make = (rule: string): Lab => openLab({ ruleset: ruleset(rule), network: UNDER });
    const [fast, slow] = [make('flow add @ft'), make('accept')];
    const reply = 'udp 192.0.2.9:53 > 10.0.0.2:5 vlan 7, in wan';
    const packets = [
      'udp 10.0.0.2:5 > 192.0.2.9:53, in lan',
      reply,
      reply,
      'udp 10.0.0.2:5 > 192.0.2.9:53, in lan',
    ];
    const ways = packets.map((packet) => {
      const traces = fast.send(packet);
      expect(sent(traces)).toEqual(sent(slow.send(packet)));
      return flow(traces);
    });
    expect(ways).toEqual(['', 'add', 'forward', 'forward']);
    expect(flow(fast.send('udp 192.0.2.9:53 > 10.0.0.2:5 vlan 7 prio 3, in wan'))).toBe('');
  });

  test('a flow towards a bridge goes past it, by the port where the host was heard', () => {
    const network: StackConfig = {
      interfaces: [
        { name: 'lan', master: 'br' },
        { name: 'port2', master: 'br' },
        { name: 'br', kind: 'bridge', addresses: ['10.0.0.1/24'] },
        { name: 'wan', addresses: ['192.0.2.1/24'], arp: 'static' },
      ],
      sysctl: { 'net.ipv4.ip_forward': 1 },
    };
    const beside = `table bridge b {
      chain in { type filter hook prerouting priority 0; }
      chain out { type filter hook postrouting priority 0; counter; }
    }
    table netdev n { chain up { type filter hook ingress device br priority 5; counter; counter; } }`;
    const l = openLab({ ruleset: `${ruleset('flow add @ft')}\n${beside}`, network });
    const mac = '02:00:00:00:00:99';
    l.send(`arp who-has 10.0.0.1 tell 10.0.0.2 from ${mac} > ff:ff:ff:ff:ff:ff, in lan`);
    l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan');
    expect(flow(l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan'))).toBe('add');
    const [trace] = l.send('udp 192.0.2.9:53 > 10.0.0.2:5, in wan');
    const step = steps(trace).find((s) => s.kind === 'flowtable');
    expect(step).toMatchObject({ action: 'forward', device: 'lan' });
    expect(sent([trace!])[0]).toMatch(/^020000000099/);
    const unmet = (one: PacketTrace | undefined): (string | undefined)[] =>
      steps(one).flatMap((s) =>
        s.kind === 'flowtable'
          ? (s.unmet ?? []).filter((u) => u.type === 'chain').map((u) => `${u.name} ${u.rules}`)
          : [],
      );
    const routed = ['inet t pre 2', 'inet t through 1'];
    expect(unmet(trace)).toEqual([...routed, 'bridge b out 1']);
    const answer = `udp 10.0.0.2:5 > 192.0.2.9:53 from ${mac} > 02:00:00:00:00:01, in lan`;
    expect(unmet(l.send(answer)[0])).toEqual(['bridge b in 0', 'netdev n up 2', ...routed]);
  });
});
