// Small rulesets and packets for this room's tests.

import { checksum, pseudoHeaderSum4, put16, put32 } from '../bytes/index.ts';
import type { ManualClock, NetDevice, TraceEvent, Verdict } from '../core/index.ts';
import { createDevice, manualClock, Netns, Packet, seeded } from '../core/index.ts';
import type { Batch, Change, Expr, Rule, SetElement, SetSpec } from '../program/index.ts';
import { NfTables, type NfTablesOptions } from './index.ts';

export interface Bench {
  readonly netns: Netns;
  readonly clock: ManualClock;
  readonly nft: NfTables;
  readonly eth0: NetDevice;
  readonly eth1: NetDevice;
}

export function bench(options: (netns: Netns) => NfTablesOptions = () => ({})): Bench {
  const clock = manualClock(1_700_000_000);
  const netns = new Netns({ clock, random: seeded(1) });
  const eth0 = netns.devices.add(createDevice({ index: 2, name: 'eth0', kind: 'veth' }));
  const eth1 = netns.devices.add(createDevice({ index: 3, name: 'eth1' }));
  return { netns, clock, nft: new NfTables(netns, options(netns)), eth0, eth1 };
}

const T = { family: 'ip', table: 't' } as const;

type ChangeOf<K extends Change['op']> = Extract<Change, { op: K }>;

export const table = (family: 'ip' | 'inet' = 'ip'): ChangeOf<'newtable'> => ({
  op: 'newtable',
  create: false,
  family,
  table: { name: 't', flags: [] },
});

/** A base chain at forward, priority 0. */
export const base = (
  name = 'c',
  more: Partial<ChangeOf<'newchain'>['chain']> = {},
): ChangeOf<'newchain'> => ({
  ...T,
  op: 'newchain',
  create: false,
  chain: {
    name,
    flags: [],
    base: { type: 'filter', hook: 'forward', priority: 0, devices: [] },
    ...more,
  },
});

export const chain = (name: string): ChangeOf<'newchain'> => ({
  ...T,
  op: 'newchain',
  create: false,
  chain: { name, flags: [] },
});

export const rule = (
  chainName: string,
  exprs: readonly Expr[],
  more: Partial<Rule> = {},
): ChangeOf<'newrule'> => ({
  ...T,
  op: 'newrule',
  chain: chainName,
  where: 'add',
  rule: { exprs, ...more },
});

export const set = (spec: Partial<SetSpec> & Pick<SetSpec, 'name'>): Change => ({
  ...T,
  op: 'newset',
  create: false,
  set: { flags: [], keyType: 'ipv4_addr', keyLen: 4, exprs: [], ...spec },
});

export const elements = (name: string, list: readonly SetElement[], create = false): Change => ({
  ...T,
  op: 'newelem',
  create,
  set: name,
  elements: list,
});

export const verdict = (code: 'accept' | 'drop' | 'continue' | 'return' | 'break'): Expr => ({
  kind: 'immediate',
  dreg: 0,
  data: { kind: 'verdict', verdict: { code } },
});
export const jump = (to: string, code: 'jump' | 'goto' = 'jump'): Expr => ({
  kind: 'immediate',
  dreg: 0,
  data: { kind: 'verdict', verdict: { code, chain: to } },
});
export const counter: Expr = { kind: 'counter', packets: 0, bytes: 0 };
export const load = (
  base_: 'link' | 'network' | 'transport' | 'inner',
  offset: number,
  len: number,
  dreg = 1,
): Expr => ({ kind: 'payload', base: base_, offset, len, dreg });
export const cmp = (
  data: string,
  op: 'eq' | 'neq' | 'lt' | 'gt' | 'lte' | 'gte' = 'eq',
  sreg = 1,
): Expr => ({
  kind: 'cmp',
  sreg,
  op,
  data,
});
export const saddr = (hex: string): Expr[] => [load('network', 12, 4), cmp(hex)];
export const dport = (hex: string): Expr[] => [load('transport', 2, 2), cmp(hex)];
export const lookup = (name: string, dreg?: number, invert = false): Expr => ({
  kind: 'lookup',
  set: name,
  sreg: 1,
  invert,
  ...(dreg === undefined ? {} : { dreg }),
});

export interface UdpFields {
  readonly src?: number;
  readonly dst?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly fragOffset?: number;
  readonly length?: number;
  readonly noChecksum?: boolean;
}

/** An Ethernet frame with a UDP datagram from 10.0.0.1:1000 to 10.0.0.2:53 unless told otherwise. */
export function udp(bench_: Pick<Bench, 'eth0' | 'eth1'>, fields: UdpFields = {}): Packet {
  const { src = 0x0a000001, dst = 0x0a000002, sport = 1000, dport: port = 53 } = fields;
  const length = fields.length ?? 4;
  const frame = new Uint8Array(14 + 28 + length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45]);
  put16(frame, 16, 28 + length);
  put16(frame, 20, fields.fragOffset ?? 0);
  frame.set([64, 17], 22);
  put32(frame, 26, src);
  put32(frame, 30, dst);
  put16(frame, 24, checksum(frame, 14, 20));
  put16(frame, 34, sport);
  put16(frame, 36, port);
  put16(frame, 38, 8 + length);
  if (fields.noChecksum !== true)
    put16(frame, 40, checksum(frame, 34, 8 + length, pseudoHeaderSum4(frame, 14, 17, 8 + length)));
  const packet = new Packet();
  packet.fill(frame, 14);
  packet.protocol = 0x0800;
  packet.iif = bench_.eth0;
  packet.oif = bench_.eth1;
  return packet;
}

/** Whether the checksums of a UDP packet are right. */
export function checksumsRight(packet: Packet): boolean {
  const { buf, network, end } = packet;
  const length = end - network - 20;
  const ip = checksum(buf, network, 20) === 0;
  return (
    ip && checksum(buf, network + 20, length, pseudoHeaderSum4(buf, network, 17, length)) === 0
  );
}

export const run = (
  b: Bench,
  packet: Packet,
  hook: 'forward' | 'prerouting' | 'output' = 'forward',
): Verdict => b.netns.hooks.run(b.netns.hooks.point('ip', hook), packet);

/** Loads a batch behind table `t`, chain `c` (forward, policy accept), and runs one packet. */
export function judge(
  rules: readonly (readonly Expr[])[],
  packet?: Packet,
  more: Batch = [],
): string {
  const b = bench();
  b.nft.apply([table(), base(), ...more, ...rules.map((exprs) => rule('c', exprs))]);
  return run(b, packet ?? udp(b)).kind;
}

/** Counters of all rules of a chain, in order; rules without one are left out. */
export function counters(b: Bench, name = 'c'): number[] {
  const found = b.nft.list().tables[0]!.chains.find((one) => one.name === name)!;
  return found.rules.flatMap((r) =>
    r.exprs.flatMap((e) => (e.kind === 'counter' ? [e.packets] : [])),
  );
}

/** Traces one packet and answers the events. */
export function trace(b: Bench, packet: Packet): TraceEvent[] {
  const events: TraceEvent[] = [];
  b.netns.tracer = {
    enterHook: () => {},
    leaveHook: () => {},
    emit: (_packet, event) => events.push(event),
  };
  run(b, packet);
  b.netns.tracer = null;
  return events;
}
