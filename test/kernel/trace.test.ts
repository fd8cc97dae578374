// Our trace against the kernel's own: the rules a packet matched, their verdicts, and the policies it
// met, in order, as `nft monitor trace` tells them.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/core/index.ts';
import { createFirewall, describePacket, type Firewall, loadRuleset } from '../../src/lab/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import { flatSteps, type PacketTrace, TraceCollector } from '../../src/trace/index.ts';
import { stackConfig } from './engine-target.ts';
import { frameFor } from './frames.ts';
import { Host } from './host.ts';
import { missing } from './needs.ts';
import { ROUTER, SYSCTL } from './topology.ts';

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

/** One list for each packet, in the order the kernel saw them. */
function kernelLines(text: string): string[][] {
  const packets = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, id = '', chain = '', rest = ''] =
      /^trace id (\w+) (\S+ \S+ \S+) (.*)$/.exec(line) ?? [];
    if (id === '') continue;
    const told = packets.get(id) ?? [];
    packets.set(id, told);
    const policy = /^policy (\w+)/.exec(rest)?.[1];
    const rule = /^rule .*comment "(r\d+)".*\(verdict (.*)\)$/.exec(rest);
    if (policy !== undefined) told.push(`${chain} policy ${policy}`);
    else if (rule !== null) told.push(`${chain} ${rule[1]} ${rule[2]}`);
  }
  return [...packets.values()];
}

const withoutTracing = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('ip tracing'));

async function onKernel(): Promise<string[][]> {
  const host = new Host(await loadLibc(), ROUTER);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-trace-'));
  const file = openSync(join(folder, 'trace'), 'w');
  try {
    host.load({ name: 'trace', ruleset: RULESET, steps: [] });
    const monitor = host.run(() =>
      spawn('nft', ['monitor', 'trace'], { stdio: ['ignore', file, 'ignore'] }),
    );
    await pause(500);
    for (const packet of PACKETS) {
      host.step({ on: 'eth0', packet });
      await pause(20);
    }
    await pause(500);
    monitor.kill();
    return kernelLines(readFileSync(join(folder, 'trace'), 'utf8')).map(withoutTracing);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
    host.close();
  }
}

function onEngine(): string[][] {
  const loaded = loadRuleset([{ name: 'trace.nft', text: RULESET }]);
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
    const [trace] = collector.take();
    return trace === undefined ? [] : withoutTracing(ourLines(trace));
  });
}

const reason = missing();
describe.skipIf(reason !== undefined)(`trace${reason ? ` (${reason})` : ''}`, () => {
  test('rules, verdicts and policies come as the kernel tells them', async () => {
    const named = (lists: string[][]) => lists.map((lines, i) => ({ packet: PACKETS[i], lines }));
    const kernel = await onKernel();
    expect(kernel.flat().length).toBeGreaterThan(PACKETS.length);
    expect(named(onEngine())).toEqual(named(kernel));
  });
});
