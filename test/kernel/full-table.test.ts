// A full table on both targets: whose packets are dropped, how many connections go early for others, and
// what is counted. The kernel's table is filled to what the machine allows, so that nothing of the machine
// is changed; the engine's is smaller, with as many connections to a bucket.

import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { manualClock, seeded } from '../../src/core/index.ts';
import { createFirewall, loadRuleset } from '../../src/lab/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import { IPPROTO_UDP } from '../../src/uapi/index.ts';
import { command } from './command.ts';
import { stackConfig } from './engine-target.ts';
import { frameFor } from './frames.ts';
import { endsOf, fillKernel, statusOf } from './full-table/fill.ts';
import { Host } from './host.ts';
import { missing } from './needs.ts';
import { ROUTER, SYSCTL } from './topology.ts';

const NETFILTER = '/proc/sys/net/netfilter/nf_conntrack_';
const LEAST = 500;
const FLOWS = 2 * LEAST;
const INJECTED = 60;
/** No connection has a number as large. */
const LATER = 4_000_000;
/** More than share a bucket. */
const MANY = 50;
/** Of a smaller table, a bucket for each connection as the kernel has it. */
const ENGINE_MAX = 16_384;

/** A table that is full, and what one does with it. */
interface Full {
  readonly max: number;
  count(): number;
  /** Whether a packet of a new connection gets through. */
  send(packet: string): boolean;
  /** Adds connections from outside; how many were refused for want of room. */
  inject(from: number, to: number): number;
  statistics(): { readonly drop: number; readonly earlyDrop: number };
}

interface Seen {
  /** New connections that came while the table was full, and those of them that were dropped. */
  tried: number;
  dropped: number;
  /** Connections that went for the others. */
  ended: number;
  /** Of those that came from outside, refused for want of room. */
  refused: number;
}

/** Undefined where the kernel's worker came by: it sweeps a full table of all that can be spared. */
function pressOnce(table: Full): Seen | undefined {
  const seen: Seen = { tried: 0, dropped: 0, ended: 0, refused: 0 };
  const { drop, earlyDrop } = table.statistics();
  for (let i = 0; i < FLOWS; i++) {
    const before = table.count();
    const passed = table.send(`udp 10.0.0.2:${1024 + i} > 192.0.2.2:53 data "x"`);
    const after = table.count();
    if (after < table.max - MANY) return undefined;
    // Two that shared a bucket went for one: the next has room.
    if (before < table.max) continue;
    seen.tried++;
    if (passed) seen.ended += before + 1 - after;
    else seen.dropped++;
  }
  expect(table.statistics()).toMatchObject({
    drop: drop + seen.dropped,
    earlyDrop: earlyDrop + seen.ended,
  });
  seen.refused = table.inject(LATER, LATER + INJECTED);
  return table.count() < table.max - MANY ? undefined : seen;
}

function press(table: Full): Seen {
  let next = table.max;
  for (let tries = 0; tries < 10; tries++) {
    const seen = pressOnce(table);
    if (seen !== undefined) return seen;
    const missing = table.max - table.count();
    table.inject(next, next + missing);
    next += missing;
  }
  throw new Error('the kernel swept the table ten times');
}

const dropRate = ({ tried, dropped }: Seen): number => dropped / tried;
/** Connections that went for one that got through. */
const endedFor = ({ tried, dropped, ended }: Seen): number => ended / (tried - dropped);

function openKernel(host: Host, libc: Awaited<ReturnType<typeof loadLibc>>): Full {
  const read = (name: string): number =>
    host.run(() => Number(readFileSync(NETFILTER + name, 'utf8')));
  const max = read('max');
  host.load({ name: 'a full table', ruleset: RULES, steps: [] });
  expect(host.run(() => fillKernel(libc, 0, max))).toEqual([]);
  const sum = (name: string): number =>
    [...host.run(() => command('conntrack', ['-S'])).matchAll(new RegExp(`\\b${name}=(\\d+)`, 'g'))]
      .map(([, digits]) => Number(digits))
      .reduce((a, b) => a + b, 0);
  return {
    max,
    count: () => read('count'),
    send: (packet) => host.step({ on: 'eth0', packet }).length > 0,
    inject: (from, to) => host.run(() => fillKernel(libc, from, to)).filter((e) => e === 12).length,
    statistics: () => ({ drop: sum('drop'), earlyDrop: sum('early_drop') }),
  };
}

const RULES = `table inet t {
  chain forward { type filter hook forward priority filter; ct state new counter; }
}
`;

function openEngine(): Full {
  let passed = 0;
  const { stack, conntrack } = createFirewall({
    network: stackConfig(ROUTER, {
      ...SYSCTL,
      'net.netfilter.nf_conntrack_max': ENGINE_MAX,
      'net.netfilter.nf_conntrack_buckets': ENGINE_MAX,
    }),
    rulesets: [loadRuleset([{ name: 'rules', text: RULES }]).batch],
    clock: manualClock(),
    random: seeded(1),
    transmitted: () => passed++,
  });
  const inject = (from: number, to: number): number => {
    let refused = 0;
    for (let i = from; i < to; i++)
      try {
        conntrack.connections.create({
          ...{ id: i + 1, family: 'ip', protocol: IPPROTO_UDP, zone: 0, mark: 0, timeout: 3000 },
          ...{ ...endsOf(i), status: statusOf(i) },
        });
      } catch {
        refused++;
      }
    return refused;
  };
  expect(inject(0, ENGINE_MAX)).toBe(0);
  const link = ROUTER.interfaces[0]!;
  const { device } = stack.interfaceNamed(link.name);
  return {
    max: ENGINE_MAX,
    count: () => conntrack.size,
    send: (packet) => {
      passed = 0;
      stack.receive(device, frameFor(packet, link));
      return passed > 0;
    },
    inject,
    statistics: () => conntrack.store.stats,
  };
}

const reason = missing();

describe.skipIf(reason !== undefined)(`a full table${reason ? ` (${reason})` : ''}`, async () => {
  if (reason !== undefined) return;
  const libc = await loadLibc();
  const host = new Host(libc, ROUTER);
  afterAll(() => host.close());

  test('the same share of connections has no room, and as many go for the others', () => {
    const [there, here] = [press(openKernel(host, libc)), press(openEngine())];
    for (const seen of [there, here]) {
      expect(seen.tried).toBeGreaterThan(LEAST);
      // What comes from outside finds room in eight buckets, and these are soon empty.
      expect(seen.refused).toBeGreaterThan(INJECTED / 2);
    }
    // Two unassured ones in eight buckets: e^-2 of the packets find none. Five deviations of the difference.
    expect(Math.abs(dropRate(there) - dropRate(here))).toBeLessThan(0.12);
    expect(Math.abs(endedFor(there) - endedFor(here))).toBeLessThan(0.12);
    expect(endedFor(here)).toBeGreaterThan(1.02);
  });
});
