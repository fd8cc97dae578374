// A router under a ruleset: packets per second through the engine on one core, beside the running
// kernel forwarding the same frames under the same ruleset between namespaces of this machine. The
// kernel is fed with sendmmsg(2) batches, whose cost is part of its figure; what the same batches
// cost when the first hook drops them is told beside it.

import { manualClock, seeded } from '../src/core/index.ts';
import { createFirewall } from '../src/lab/index.ts';
import { FrameBatch, type Libc } from '../src/linux/index.ts';
import { compile } from '../src/nft/index.ts';
import { stackConfig } from '../test/kernel/engine-target.ts';
import { frameFor } from '../test/kernel/frames.ts';
import { Host } from '../test/kernel/host.ts';
import { ROUTER, SYSCTL } from '../test/kernel/topology.ts';

export interface Scenario {
  readonly name: string;
  readonly ruleset: string;
  /** Sent once, before measuring: what opens the connections. */
  readonly opening: readonly Frame[];
  /** Sent round and round while measuring. */
  readonly traffic: readonly Frame[];
}

export interface Frame {
  readonly on: string;
  readonly packet: string;
}

export interface Figures {
  readonly name: string;
  /** Packets per second. */
  readonly engine: number;
  readonly kernel?: number;
  /** The kernel when a netdev chain drops each frame at once: the cost of sending. */
  readonly sending?: number;
}

const FLOWS = 256;
const SECONDS = 2;

const linearRules = (n: number): string =>
  Array.from(
    { length: n },
    (_, i) =>
      `ip saddr 172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} udp dport ${1 + (i % 60000)} drop`,
  ).join('\n');

const chain = (rules: string): string =>
  `table inet bench {\n chain forward {\n type filter hook forward priority 0; policy accept;\n${rules}\n }\n}\n`;

const udp: Frame[] = Array.from({ length: FLOWS }, (_, i) => ({
  on: 'eth0',
  packet: `udp 10.0.0.${2 + (i % 8)}:${10000 + i} > 192.0.2.2:53 len 22`,
}));

const GATEWAY = `table inet filter {
  set allowed {
    type inet_service
    elements = { 22, 53, 80, 443 }
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "eth0" meta l4proto { tcp, udp } th dport @allowed ct state new counter accept
    counter
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    icmp type echo-request accept
  }
}
table ip nat {
  chain postrouting {
    type nat hook postrouting priority 100; policy accept;
    oifname "eth1" masquerade
  }
}
`;

const client = (i: number): string => `10.0.0.${2 + (i % 8)}:${10000 + i}`;
const translated = (i: number): string => `192.0.2.1:${10000 + i}`;
const upTcp = (i: number, more: string): Frame => ({
  on: 'eth0',
  packet: `tcp ${client(i)} > 192.0.2.2:80 ${more}`,
});
const downTcp = (i: number, more: string): Frame => ({
  on: 'eth1',
  packet: `tcp 192.0.2.2:80 > ${translated(i)} ${more}`,
});
const upUdp = (i: number): Frame => ({
  on: 'eth0',
  packet: `udp ${client(i)} > 192.0.2.2:53 len 22`,
});
const downUdp = (i: number): Frame => ({
  on: 'eth1',
  packet: `udp 192.0.2.2:53 > ${translated(i)} len 22`,
});

const flows = Array.from({ length: FLOWS }, (_, i) => i);
const [tcpFlows, udpFlows] = [flows.filter((i) => i % 2 === 0), flows.filter((i) => i % 2 === 1)];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'stateless, 20 rules', ruleset: chain(linearRules(20)), opening: [], traffic: udp },
  {
    name: 'stateful gateway with NAT',
    ruleset: GATEWAY,
    opening: [
      ...tcpFlows.flatMap((i) => [
        upTcp(i, 'syn seq 1000 win 64240'),
        downTcp(i, 'syn,ack seq 5000 ack 1001 win 64240'),
        upTcp(i, 'ack seq 1001 ack 5001 win 64240'),
        upTcp(i, 'psh,ack seq 1001 ack 5001 win 64240 len 10'),
        downTcp(i, 'ack seq 5001 ack 1011 win 64240'),
      ]),
      ...udpFlows.flatMap((i) => [upUdp(i), downUdp(i)]),
    ],
    // Sent again and again, acknowledgements of everything stay inside every window.
    traffic: [
      ...tcpFlows.flatMap((i) => [
        upTcp(i, 'ack seq 1011 ack 5001 win 64240'),
        downTcp(i, 'ack seq 5001 ack 1011 win 64240'),
      ]),
      ...udpFlows.flatMap((i) => [upUdp(i), downUdp(i)]),
    ],
  },
  { name: '10,000 linear rules', ruleset: chain(linearRules(10_000)), opening: [], traffic: udp },
];

const linkOf = (name: string) => ROUTER.interfaces.find((i) => i.name === name)!;
const bytesOf = ({ on, packet }: Frame): Uint8Array => frameFor(packet, linkOf(on));

/** Runs `round` for about `seconds` after as long a warm-up of a quarter; rounds per second. */
function measure(seconds: number, round: () => void): number {
  const spin = (time: number): [number, number] => {
    const start = performance.now();
    let rounds = 0;
    let now = start;
    for (; now - start < time * 1000; now = performance.now(), rounds++) round();
    return [rounds, (now - start) / 1000];
  };
  spin(seconds / 4);
  const [rounds, took] = spin(seconds);
  return rounds / took;
}

export function measureEngine(scenario: Scenario): number {
  let sent = 0;
  const clock = manualClock();
  const firewall = createFirewall({
    network: stackConfig(ROUTER, SYSCTL),
    rulesets: [compile({ name: scenario.name, text: scenario.ruleset }).batch],
    clock,
    random: seeded(1),
    listen: false,
  });
  for (const device of firewall.netns.devices.list())
    device.transmit = () => {
      sent++;
    };
  const receive = ({ on, bytes }: { on: string; bytes: Uint8Array }): void =>
    firewall.stack.receive(firewall.stack.interfaceNamed(on).device, bytes);
  for (const frame of scenario.opening) receive({ on: frame.on, bytes: bytesOf(frame) });
  const traffic = scenario.traffic.map((f) => ({
    device: firewall.stack.interfaceNamed(f.on).device,
    bytes: bytesOf(f),
  }));
  sent = 0;
  let rounds = 0;
  const perSecond = measure(SECONDS, () => {
    for (const { device, bytes } of traffic) firewall.stack.receive(device, bytes);
    clock.advance(100_000);
    rounds++;
  });
  if (sent !== rounds * traffic.length)
    throw new Error(
      `${scenario.name}: the engine sent ${sent} of ${rounds * traffic.length} packets`,
    );
  return perSecond * traffic.length;
}

/** Frames of one interface after another as batches; the order within a flow's direction stays. */
function batches(libc: Libc, frames: readonly Frame[]): { on: string; batch: FrameBatch }[] {
  return ['eth0', 'eth1'].flatMap((on) => {
    const mine = frames.filter((f) => f.on === on).map(bytesOf);
    return mine.length === 0 ? [] : [{ on, batch: new FrameBatch(libc, mine) }];
  });
}

const DROP_AT_ONCE = `table netdev sink {
 chain in0 {
  type filter hook ingress device "eth0" priority 0; policy drop;
 }
 chain in1 {
  type filter hook ingress device "eth1" priority 0; policy drop;
 }
}
`;

/** The kernel's packets per second under the scenario, and under a ruleset that drops at once. */
export function measureKernel(libc: Libc, scenario: Scenario): { kernel: number; sending: number } {
  const host = new Host(libc, ROUTER);
  try {
    host.load({ name: scenario.name, ruleset: scenario.ruleset, steps: [] });
    for (const { on, packet } of scenario.opening) host.step({ on, packet });
    const traffic = batches(libc, scenario.traffic);
    const round = (): void => {
      for (const { on, batch } of traffic) host.socket(on).sendBatch(batch);
    };
    const before = host.forwarded();
    let rounds = 0;
    const kernel = measure(SECONDS, () => {
      round();
      rounds++;
    });
    const [sent, expected] = [host.forwarded() - before, rounds * scenario.traffic.length];
    if (sent < expected)
      throw new Error(`${scenario.name}: the kernel sent ${sent} of ${expected}`);
    host.load({ name: 'sink', ruleset: DROP_AT_ONCE, steps: [] });
    const sending = measure(SECONDS / 2, round);
    return { kernel: kernel * scenario.traffic.length, sending: sending * scenario.traffic.length };
  } finally {
    host.close();
  }
}
