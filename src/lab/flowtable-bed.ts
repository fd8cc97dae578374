// What the tests of flow tables share: a router of two links, a flowtable on both, and what a trace says of it.

import type { StackConfig } from '../stack/index.ts';
import { type DetailStep, flatSteps, type PacketTrace } from '../trace/index.ts';
import { type Lab, openLab } from './lab.ts';

export const NETWORK: StackConfig = {
  interfaces: [
    { name: 'lan', addresses: ['10.0.0.1/24', '2001:db8:1::1/64'], arp: 'static' },
    { name: 'wan', addresses: ['192.0.2.1/24', '2001:db8:2::1/64'], arp: 'static' },
  ],
  sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
};

export const ruleset = (rule: string, more = '', flags = ''): string => `table inet t {
  flowtable ft { hook ingress priority 0; devices = { lan, wan }; ${flags} }
  chain pre { type filter hook prerouting priority 0; meta mark set 1; counter; }
  chain through { type filter hook forward priority 0; ${rule}; }
  ${more}
}`;

export const lab = (rule = 'flow add @ft', more = '', flags = ''): Lab =>
  openLab({ ruleset: ruleset(rule, more, flags), network: NETWORK });

export const steps = (trace: PacketTrace | undefined): DetailStep[] =>
  flatSteps(trace?.steps ?? []);

/** What the flow table did with a packet: its action and why, or the empty text. */
export function flow(traces: readonly PacketTrace[]): string {
  const step = steps(traces[0]).find((s) => s.kind === 'flowtable');
  if (step?.kind !== 'flowtable') return '';
  return step.why === undefined ? step.action : `${step.action}: ${step.why}`;
}

/** Why `flow add` broke its rule. */
export function refusal(traces: readonly PacketTrace[]): string | undefined {
  for (const step of steps(traces[0]))
    if (step.kind === 'rule')
      for (const { expr, ok, why } of step.steps)
        if (expr.includes('flow_offload') && !ok) return why;
  return undefined;
}

export const sent = (traces: readonly PacketTrace[]): string[] =>
  traces.flatMap((t) => steps(t).flatMap((s) => (s.kind === 'transmit' ? [s.bytes] : [])));

export const entries = (l: Lab): string[] => {
  const ct = l.firewall.conntrack;
  return [...ct.connections.slots()].map((slot) => ct.describe(slot));
};

export const A = '10.0.0.2:1000';
export const B = '192.0.2.9:80';
export const tcp = (rest: string): string => `tcp ${A} > ${B} ${rest}, in lan`;
export const back = (rest: string): string => `tcp ${B} > ${A} ${rest}, in wan`;

function added(l: Lab, packet: string): Lab {
  const did = flow(l.send(packet));
  if (did !== 'add') throw new Error(`${packet}: ${did || 'not added'}`);
  return l;
}

/** A connection that is in the flow table. */
export function opened(l = lab()): Lab {
  l.send(tcp('syn'));
  l.send(back('syn ack'));
  return added(l, tcp('ack'));
}

export function udpFlow(l = lab()): Lab {
  l.send(`udp 10.0.0.2:5 > 192.0.2.9:53, in lan`);
  return added(l, 'udp 192.0.2.9:53 > 10.0.0.2:5, in wan');
}
