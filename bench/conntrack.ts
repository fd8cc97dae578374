// Connection tracking and NAT alone: new flows and look-ups per second on one core, memory per entry and
// the longest pause, with a million entries.

import { performance } from 'node:perf_hooks';
import { checksum, pseudoHeaderSum4, put16, put32 } from '../src/bytes/index.ts';
import { type Conntrack, createConntrack, NFPROTO_IPV4 } from '../src/conntrack/index.ts';
import type { Clock, Timer } from '../src/core/index.ts';
import {
  ACCEPT,
  ETH_P_IP,
  HEADROOM,
  manualClock,
  Netns,
  Packet,
  seeded,
} from '../src/core/index.ts';
import { createNat, NatRange, NF_NAT_MANIP_SRC } from '../src/nat/index.ts';

export interface ConntrackFigures {
  readonly entries: number;
  readonly flowsPerSecond: number;
  readonly lookupsPerSecond: number;
  /** Rows, columns and indexes; with NAT's index of sources. */
  readonly bytesPerEntry: number;
  /** Growth of the process while the table was filled, per entry. */
  readonly residentPerEntry: number;
  /** Longest single packet, milliseconds, while the table grew and while everything expired. */
  readonly longestPacketMs: number;
  readonly expiryMs: number;
  readonly longestExpirySliceMs: number;
}

const TEMPLATE_LENGTH = 40;

/** A SYN at `at`; flows differ in source address, source port and destination. */
function writeSyn(bytes: Uint8Array, at: number, flow: number): void {
  bytes[at] = 0x45;
  put16(bytes, at + 2, TEMPLATE_LENGTH);
  bytes[at + 8] = 64;
  bytes[at + 9] = 6;
  put32(bytes, at + 12, 0x0a000000 | (flow % 50_000));
  put32(bytes, at + 16, 0xc6336400 | (flow % 251));
  put16(bytes, at + 20, 1024 + (flow % 60_000));
  put16(bytes, at + 22, 443);
  put32(bytes, at + 24, flow);
  bytes[at + 32] = 0x50;
  bytes[at + 33] = 0x02;
  put16(bytes, at + 34, 65535);
  put16(bytes, at + 10, checksum(bytes, at, 20));
  put16(bytes, at + 36, checksum(bytes, at + 20, 20, pseudoHeaderSum4(bytes, at, 6, 20)));
}

/** A virtual clock that times what it calls. */
class TimingClock implements Clock {
  readonly manual = manualClock();
  longestMs = 0;

  now(): number {
    return this.manual.now();
  }

  realtime(): number {
    return this.manual.realtime();
  }

  after(ns: number, run: () => void): Timer {
    return this.manual.after(ns, () => {
      const before = performance.now();
      run();
      this.longestMs = Math.max(this.longestMs, performance.now() - before);
    });
  }
}

class Rig {
  readonly clock = new TimingClock();
  readonly netns = new Netns({ clock: this.clock, random: seeded(1) });
  readonly ct: Conntrack = createConntrack(this.netns);
  readonly nat = createNat(this.netns, this.ct);
  readonly packet = new Packet();
  readonly #packets: Uint8Array;
  readonly #pre = this.netns.hooks.point('ip', 'prerouting');
  readonly #post = this.netns.hooks.point('ip', 'postrouting');

  constructor(entries: number) {
    this.#packets = new Uint8Array(entries * TEMPLATE_LENGTH);
    for (let flow = 0; flow < entries; flow++)
      writeSyn(this.#packets, flow * TEMPLATE_LENGTH, flow);
    this.packet.fill(this.#packets.subarray(0, TEMPLATE_LENGTH), 0);
    this.netns.sysctl.set('net.netfilter.nf_conntrack_max', entries * 2);
    const range = new NatRange();
    range.setAddresses(
      NFPROTO_IPV4,
      Uint8Array.of(192, 0, 2, 1),
      0,
      Uint8Array.of(192, 0, 2, 254),
      0,
    );
    this.nat.registerChain('ip', 'postrouting', {
      name: 'bench srcnat',
      priority: 100,
      run: (packet) => this.nat.setupInfo(packet, range, NF_NAT_MANIP_SRC),
    });
  }

  /** One packet of a flow, in and out again. */
  send(flow: number): void {
    const { packet } = this;
    const from = flow * TEMPLATE_LENGTH;
    packet.reset();
    for (let i = 0; i < TEMPLATE_LENGTH; i++) packet.buf[HEADROOM + i] = this.#packets[from + i]!;
    packet.protocol = ETH_P_IP;
    const { hooks } = this.netns;
    if (hooks.run(this.#pre, this.packet) === ACCEPT) hooks.run(this.#post, this.packet);
  }
}

const perSecond = (count: number, ms: number): number => Math.round((count * 1000) / ms);

/** Processor time of this process in milliseconds: other programs on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Fills the table, looks everything up, and lets it expire. Deterministic but for the times. */
export function measureConntrack(entries = 1_000_000): ConntrackFigures {
  const warm = new Rig(50_000);
  for (let i = 0; i < 100_000; i++) warm.send(i % 50_000);

  const rig = new Rig(entries);
  const residentBefore = process.memoryUsage().rss;
  let longestPacketMs = 0;
  const started = cpuMs();
  let last = performance.now();
  for (let flow = 0; flow < entries; flow++) {
    rig.send(flow);
    const now = performance.now();
    longestPacketMs = Math.max(longestPacketMs, now - last);
    last = now;
  }
  const filled = cpuMs();
  const resident = process.memoryUsage().rss - residentBefore;
  // A stride that shares no factor with the count visits every flow, far apart in memory.
  for (let i = 0, flow = 0; i < entries; i++, flow = (flow + 611_953) % entries) rig.send(flow);
  const looked = cpuMs();
  const bytes = rig.ct.store.table.bytes + rig.nat.bytes;
  const count = rig.ct.size;
  if (count !== entries) throw new Error(`${count} entries, not ${entries}`);
  const { expiryMs, longestExpirySliceMs } = expire(rig);
  return {
    entries,
    flowsPerSecond: perSecond(entries, filled - started),
    lookupsPerSecond: perSecond(entries, looked - filled),
    bytesPerEntry: bytes / entries,
    residentPerEntry: resident / entries,
    longestPacketMs,
    expiryMs,
    longestExpirySliceMs,
  };
}

/** SYN_SENT lasts two minutes. */
function expire(rig: Rig): { expiryMs: number; longestExpirySliceMs: number } {
  rig.clock.longestMs = 0;
  const started = performance.now();
  rig.clock.manual.advance(121e9);
  const expiryMs = performance.now() - started;
  if (rig.ct.size !== 0) throw new Error(`${rig.ct.size} entries did not expire`);
  return { expiryMs, longestExpirySliceMs: rig.clock.longestMs };
}

export function printConntrack(figures: ConntrackFigures): string {
  const number = (value: number, digits = 0): string =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return [
    `conntrack with NAT, ${number(figures.entries)} entries`,
    `  new flows         ${number(figures.flowsPerSecond)} /s`,
    `  look-ups          ${number(figures.lookupsPerSecond)} /s`,
    `  memory            ${number(figures.bytesPerEntry)} bytes per entry (process grew by ${number(figures.residentPerEntry)})`,
    `  longest packet    ${number(figures.longestPacketMs, 2)} ms`,
    `  expiry of all     ${number(figures.expiryMs)} ms, longest slice ${number(figures.longestExpirySliceMs, 2)} ms`,
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === `file://${process.argv[1]}`)
  console.log(printConntrack(measureConntrack(Number(process.argv[2] ?? 1_000_000))));
