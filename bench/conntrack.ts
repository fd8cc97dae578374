// Connection tracking and NAT alone, with a million entries: new flows, packets of known flows and bare
// look-ups per second of processor time, memory per entry, and the longest pauses.
// Run: npx tsx bench/conntrack.ts [ENTRIES]

import { PerformanceObserver, performance } from 'node:perf_hooks';
import { checksum, pseudoHeaderSum4, put16, put32 } from '../src/bytes/index.ts';
import {
  createConntrack,
  createTuple,
  makeZone,
  NFPROTO_IPV4,
  readTuple,
} from '../src/conntrack/index.ts';
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
  /** Connection tracking alone: prerouting and postrouting of each first packet. */
  readonly flowsPerSecond: number;
  /** The same with source NAT to 254 addresses. */
  readonly natFlowsPerSecond: number;
  /** Another packet of each flow, in random order, translated. */
  readonly packetsPerSecond: number;
  /** Finding an entry by its tuple, in random order. */
  readonly lookupsPerSecond: number;
  /** Rows, columns and indexes, NAT's index of sources among them. */
  readonly bytesPerEntry: number;
  /** Growth of the process while the table was filled, per entry. */
  readonly residentPerEntry: number;
  readonly longestGcMs: number;
  /** The same while entries expired. */
  readonly expiryGcMs: number;
  /** The sweep that ends everything: all of it, and its longest slice. */
  readonly expiryMs: number;
  readonly longestSliceMs: number;
}

const LENGTH = 40;
/** Shares no factor with the number of entries, and neighbours are far apart. */
const STRIDE = 611_953;

/** A SYN at `at`; flows differ in source address, source port and destination. */
function writeSyn(bytes: Uint8Array, at: number, flow: number): void {
  bytes[at] = 0x45;
  put16(bytes, at + 2, LENGTH);
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

/** Processor time of this process in milliseconds: other programs on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
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
      const before = cpuMs();
      run();
      this.longestMs = Math.max(this.longestMs, cpuMs() - before);
    });
  }
}

class Rig {
  readonly clock = new TimingClock();
  readonly netns = new Netns({ clock: this.clock, random: seeded(1) });
  readonly ct = createConntrack(this.netns);
  readonly nat = createNat(this.netns, this.ct);
  readonly packet = new Packet();
  readonly packets: Uint8Array;
  readonly #pre = this.netns.hooks.point('ip', 'prerouting');
  readonly #post = this.netns.hooks.point('ip', 'postrouting');

  constructor(packets: Uint8Array, translate: boolean) {
    this.packets = packets;
    this.packet.fill(packets.subarray(0, LENGTH), 0);
    this.netns.sysctl.set('net.netfilter.nf_conntrack_max', 0);
    if (!translate) return;
    const range = new NatRange();
    const [first, last] = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 254)];
    range.setAddresses(NFPROTO_IPV4, first, 0, last, 0);
    this.nat.registerChain('ip', 'postrouting', {
      name: 'bench srcnat',
      priority: 100,
      run: (packet) => this.nat.setupInfo(packet, range, NF_NAT_MANIP_SRC),
    });
  }

  /** One packet of a flow, in and out again. */
  send(flow: number): void {
    const { packet, packets } = this;
    const from = flow * LENGTH;
    packet.reset();
    for (let i = 0; i < LENGTH; i++) packet.buf[HEADROOM + i] = packets[from + i]!;
    packet.protocol = ETH_P_IP;
    const { hooks } = this.netns;
    if (hooks.run(this.#pre, packet) === ACCEPT) hooks.run(this.#post, packet);
  }

  /** Finds an entry by its original tuple. */
  lookUp(flow: number, tuple: Int32Array, zone: number): number {
    const at = flow * LENGTH;
    readTuple(this.packets, at, at + 20, at + LENGTH, NFPROTO_IPV4, 6, tuple);
    return this.ct.store.find(tuple, zone);
  }
}

/** Calls per second of processor time. */
function rate(count: number, run: (i: number) => void): number {
  const before = cpuMs();
  for (let i = 0; i < count; i++) run(i);
  return Math.round((count * 1000) / (cpuMs() - before));
}

function warmUp(packets: Uint8Array): void {
  const rig = new Rig(packets, true);
  const count = Math.min(50_000, packets.length / LENGTH);
  for (let i = 0; i < 4 * count; i++) rig.send(i % count);
}

/** Fills the table, looks everything up, and lets it expire. */
export async function measureConntrack(entries = 1_000_000): Promise<ConntrackFigures> {
  const pauses: { readonly startTime: number; readonly duration: number }[] = [];
  const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries()));
  const packets = new Uint8Array(entries * LENGTH);
  for (let flow = 0; flow < entries; flow++) writeSyn(packets, flow * LENGTH, flow);
  warmUp(packets);
  const plain = new Rig(packets, false);
  const flowsPerSecond = rate(entries, (flow) => plain.send(flow));
  plain.ct.connections.flush();

  observer.observe({ entryTypes: ['gc'] });
  const rig = new Rig(packets, true);
  const residentBefore = process.memoryUsage().rss;
  const natFlowsPerSecond = rate(entries, (flow) => rig.send(flow));
  const resident = process.memoryUsage().rss - residentBefore;
  if (rig.ct.size !== entries) throw new Error(`${rig.ct.size} entries, not ${entries}`);
  const packetsPerSecond = rate(entries, (i) => rig.send((i * STRIDE) % entries));
  const tuple = createTuple();
  const zone = makeZone(0, 3);
  let found = 0;
  const lookupsPerSecond = rate(entries, (i) => {
    if (rig.lookUp((i * STRIDE) % entries, tuple, zone) !== 0) found++;
  });
  if (found !== entries) throw new Error(`${found} entries found, not ${entries}`);
  const bytes = rig.ct.store.table.bytes + rig.nat.bytes;
  const filled = performance.now();
  const expiry = expire(rig);
  await new Promise((resolve) => setTimeout(resolve, 10));
  observer.disconnect();
  return {
    entries,
    flowsPerSecond,
    natFlowsPerSecond,
    packetsPerSecond,
    lookupsPerSecond,
    bytesPerEntry: bytes / entries,
    residentPerEntry: resident / entries,
    longestGcMs: longest(pauses),
    expiryGcMs: longest(pauses.filter(({ startTime }) => startTime >= filled)),
    ...expiry,
  };
}

const longest = (pauses: readonly { readonly duration: number }[]): number =>
  Math.max(0, ...pauses.map(({ duration }) => duration));

/** SYN_SENT lasts two minutes. */
function expire(rig: Rig): { expiryMs: number; longestSliceMs: number } {
  rig.clock.longestMs = 0;
  const started = performance.now();
  rig.clock.manual.advance(121e9);
  const expiryMs = performance.now() - started;
  if (rig.ct.size !== 0) throw new Error(`${rig.ct.size} entries did not expire`);
  return { expiryMs, longestSliceMs: rig.clock.longestMs };
}

export function printConntrack(figures: ConntrackFigures): string {
  const number = (value: number, digits = 0): string =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
  return [
    `conntrack, ${number(figures.entries)} entries, per second of processor time`,
    `  new flows            ${number(figures.flowsPerSecond)}`,
    `  new flows with NAT   ${number(figures.natFlowsPerSecond)}`,
    `  packets, translated  ${number(figures.packetsPerSecond)}`,
    `  look-ups             ${number(figures.lookupsPerSecond)}`,
    `  memory with NAT      ${number(figures.bytesPerEntry)} bytes per entry (process grew by ${number(figures.residentPerEntry)})`,
    `  longest GC pause     ${number(figures.longestGcMs, 1)} ms, ${number(figures.expiryGcMs, 1)} ms while entries expire`,
    `  expiry of all        ${number(figures.expiryMs)} ms, longest slice ${number(figures.longestSliceMs, 1)} ms of processor time`,
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === `file://${process.argv[1]}`)
  console.log(printConntrack(await measureConntrack(Number(process.argv[2] ?? 1_000_000))));
