// Our trace against the kernel's own: the rules a packet matched, their verdicts, and the policies it
// met, in order, and in the same form as `monitor trace` shows what the kernel tells.

import { beforeAll, describe, expect, test } from 'vitest';
import { KnownRules, packetText, toldTrace } from '../../src/cli/commands/monitor/told-trace.ts';
import { listenToTraces } from '../../src/cli/commands/monitor/trace.ts';
import { manualClock } from '../../src/core/index.ts';
import { createFirewall, describePacket, type Firewall, loadRuleset } from '../../src/lab/index.ts';
import { InterfaceNames, KernelRuleset, loadLibc } from '../../src/linux/index.ts';
import type { NftTrace } from '../../src/netlink/index.ts';
import { listRuleset } from '../../src/nft/index.ts';
import { flatSteps, type PacketTrace, renderTrace, TraceCollector } from '../../src/trace/index.ts';
import { stackConfig } from './engine-target.ts';
import { frameFor } from './frames.ts';
import { Host } from './host.ts';
import { missing } from './needs.ts';
import { ROUTER, SYSCTL } from './topology.ts';
import { until } from './until.ts';

/** Rules are told apart by their comments; the first chain switches the kernel's trace on. */
const RULESET = `
table ip tracing {
  chain first {
    type filter hook prerouting priority -500; policy accept;
    meta nftrace set 1
  }
}
table inet mangling {
  chain pre {
    type filter hook prerouting priority -150; policy accept;
    ip dscp 10 meta mark set 7 comment "r1"
    udp dport 9 counter comment "r2"
  }
}
table inet filter {
  set bad { type ipv4_addr; elements = { 10.0.0.9 } }
  chain early {
    type filter hook forward priority -10; policy accept;
    meta mark 7 accept comment "r3"
    ip saddr @bad goto punish comment "r4"
    tcp dport vmap { 22 : jump shell, 23 : drop, 80 : accept } comment "r5"
  }
  chain shell {
    ip saddr 10.0.0.3 return comment "r6"
    ip saddr 10.0.0.4 accept comment "r7"
    counter comment "r8"
  }
  chain punish {
    tcp dport 80 counter comment "r9"
    udp dport 53 drop comment "r10"
  }
  chain late {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept comment "r11"
    ct state invalid drop comment "r12"
    tcp dport { 22, 80, 443 } accept comment "r13"
    meta l4proto icmp counter accept comment "r14"
    udp dport 9 reject comment "r15"
  }
  chain in {
    type filter hook input priority 0; policy accept;
    tcp dport 22 tcp flags syn / syn,ack counter comment "r16"
    icmp type echo-request drop comment "r17"
  }
}
table ip nat {
  chain pre {
    type nat hook prerouting priority -100; policy accept;
    tcp dport 8080 dnat to 10.0.2.2:80 comment "r18"
  }
  chain post {
    type nat hook postrouting priority 100; policy accept;
    oifname "eth1" counter comment "r19"
    oifname "eth1" masquerade comment "r20"
  }
}
`;

/** From the LAN, unless `wan` is said. */
const PACKETS = [
  'tcp 10.0.0.2:1000 > 192.0.2.9:80 syn',
  'tcp 10.0.0.2:1001 > 192.0.2.9:443 syn',
  'tcp 10.0.0.2:1001 > 192.0.2.9:443 ack',
  'tcp 10.0.0.3:1002 > 192.0.2.9:22 syn',
  'tcp 10.0.0.4:1003 > 192.0.2.9:22 syn',
  'tcp 10.0.0.5:1004 > 192.0.2.9:22 syn',
  'tcp 10.0.0.5:1005 > 192.0.2.9:23 syn',
  'tcp 10.0.0.9:1006 > 192.0.2.9:80 syn',
  'udp 10.0.0.9:1007 > 192.0.2.9:53 data "q"',
  'udp 10.0.0.2:1008 > 192.0.2.9:9 data "x"',
  'udp 10.0.0.2:1009 > 192.0.2.9:5000 data "x" dscp 10',
  'icmp 10.0.0.2 > 192.0.2.9 echo-request id 5 seq 1',
  'icmp 10.0.0.2 > 10.0.0.1 echo-request id 6 seq 1',
  'tcp 10.0.0.2:1010 > 10.0.0.1:22 syn',
  'tcp 10.0.0.2:1011 > 192.0.2.9:8080 syn',
  'tcp 10.0.0.2:1012 > 192.0.2.9:81 fin',
];

const lan = ROUTER.interfaces[0]!;

/** `inet filter late r13 accept`, `inet filter late policy drop`. */
function ourLines(trace: PacketTrace): string[] {
  return flatSteps(trace.steps).flatMap((step) => {
    if (step.kind === 'policy')
      return [`${step.family} ${step.table} ${step.chain} policy ${step.verdict}`];
    if (step.kind !== 'rule' || !step.matched) return [];
    const { family, table, chain, comment } = step.rule;
    return [`${family} ${table} ${chain} ${comment} ${step.verdict ?? 'continue'}`];
  });
}

const withoutTracing = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('ip tracing'));

/** The last packet: when it is told, all before it are. */
const LAST = 'udp 10.0.0.2:1 > 192.0.2.9:65000 data "z"';

/** What the kernel tells of each packet, and its ruleset. */
async function onKernel(): Promise<{ traces: PacketTrace[]; listing: string }> {
  const libc = await loadLibc();
  const host = new Host(libc, ROUTER);
  try {
    host.load({ name: 'trace', ruleset: RULESET, steps: [] });
    const packets = new Map<number, NftTrace[]>();
    const to = {
      step: (trace: NftTrace) => {
        packets.set(trace.id, [...(packets.get(trace.id) ?? []), trace]);
      },
      lost: () => expect.fail('steps were lost'),
    };
    const { listening, program, devices } = host.run(() => {
      const ruleset = new KernelRuleset(libc);
      const program = ruleset.list();
      ruleset.close();
      const devices = new InterfaceNames(libc);
      return { listening: listenToTraces(libc, to, undefined), program, devices };
    });
    for (const packet of [...PACKETS, LAST]) host.step({ on: 'eth0', packet });
    const isLast = (trace: NftTrace): boolean => packetText(trace).includes('.65000:');
    const all = () => [...packets.values()];
    await until('the steps', () => all().some(([first]) => first !== undefined && isLast(first)));
    listening.close();
    const names = (index: number): string => devices.get(index);
    const rules = new KnownRules(names);
    const traces = all()
      .filter(([first]) => first !== undefined && !isLast(first))
      .map((messages) => toldTrace(messages, [program], { rules, names, time: 0 }));
    devices.close();
    return { traces, listing: listRuleset(program, { stateless: true }) };
  } finally {
    host.close();
  }
}

function onEngine(listing: string): PacketTrace[] {
  const loaded = loadRuleset([{ name: 'ruleset', text: listing }]);
  expect(loaded.problems).toEqual([]);
  const clock = manualClock();
  const collector = new TraceCollector({ now: () => clock.now(), describe: describePacket });
  const firewall: Firewall = createFirewall({
    network: stackConfig(ROUTER, SYSCTL),
    rulesets: [loaded.batch],
    clock,
    listen: false,
    tracer: collector,
  });
  const { device } = firewall.stack.interfaceNamed('eth0');
  return PACKETS.map((packet) => {
    clock.advance(20e6);
    firewall.stack.receive(device, frameFor(packet, lan));
    return collector.take()[0]!;
  });
}

/** The lines of a trace, without the spine and the columns that line up what is beside them. */
const lines = (trace: PacketTrace): string[] =>
  renderTrace(trace)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^[│├└]─? *(prerouting|input|forward|postrouting)?/, ''))
    .map((line) => line.trim().replace(/ {2,}/g, '  '));

/** Lines of the kernel's that do not stand in the engine's, in their order. */
function notInOrder(few: readonly string[], many: readonly string[]): string[] {
  let at = 0;
  return few.filter((line) => {
    const found = many.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

const reason = missing();
describe.skipIf(reason !== undefined)(`trace${reason ? ` (${reason})` : ''}`, () => {
  let kernel: Awaited<ReturnType<typeof onKernel>>;
  let engine: PacketTrace[];
  beforeAll(async () => {
    kernel = await onKernel();
    engine = onEngine(kernel.listing);
  });

  test('rules, verdicts and policies come as the kernel tells them', () => {
    const named = (traces: readonly PacketTrace[]) =>
      traces.map((trace, i) => ({ packet: PACKETS[i], lines: withoutTracing(ourLines(trace)) }));
    expect(kernel.traces.flatMap(ourLines).length).toBeGreaterThan(2 * PACKETS.length);
    expect(named(engine)).toEqual(named(kernel.traces));
  });

  test('what the kernel tells is shown as the trace of the same packet is', () => {
    // By the ruleset, that is: of ports that nobody listens on the kernel tells nothing.
    const isDropped = ({ outcome: { fate, decision } }: PacketTrace): boolean =>
      fate === 'dropped' && decision?.by !== 'stack';
    expect(kernel.traces.map(isDropped)).toEqual(engine.map(isDropped));
    kernel.traces.forEach((told, i) => {
      const [packet = '', origin, ...rest] = lines(told);
      const [whole = '', from, ...all] = lines(engine[i]!);
      // The kernel tells 40 bytes and 20; the engine has the payload.
      const ends = / (\S+ > \S+):/;
      expect(ends.exec(packet)?.[1]).toBe(ends.exec(whole)?.[1]);
      expect(origin?.replace(/at .*/, '')).toBe(from?.replace(/at .*/, ''));
      // Of a packet that went on the kernel does not tell where to.
      const steps = isDropped(told) ? rest : rest.slice(0, -1);
      expect(steps.length).toBeGreaterThan(3);
      expect(notInOrder(steps, all), `${PACKETS[i]}\n${renderTrace(engine[i]!)}`).toEqual([]);
    });
    expect(renderTrace(kernel.traces[0]!)).toMatchInlineSnapshot(`
      "IP 10.0.0.2.1000 > 192.0.2.9.80: Flags [S], seq 0, win 64240, length 0
      │ in eth0, at 0 s
      ├─ prerouting   ip tracing first   −500
      │                ruleset:4  ✓ meta nftrace set 1
      │                ruleset:2  policy accept
      │               inet mangling pre  −150
      │                ruleset:8  policy accept
      │               nat dst            −100
      │                ip nat pre −100
      │                ruleset:54  policy accept
      ├─ forward      inet filter early   −10
      │                ruleset:24  ✓ tcp dport vmap { 22 : jump shell, 23 : drop, 80 : accept } comment "r5"
      │               inet filter late      0
      │                ruleset:42  ✓ tcp dport { 22, 80, 443 } accept comment "r13"
      ├─ postrouting  nat src             100
      │                ip nat post 100
      │                ruleset:61  ✓ oifname "eth1" counter comment "r19"
      │                ruleset:62  ✓ oifname "eth1" masquerade comment "r20"   ⇒ accept
      └─ ✓ passed  ruleset:42  tcp dport { 22, 80, 443 } accept comment "r13"
      "
    `);
  });
});
