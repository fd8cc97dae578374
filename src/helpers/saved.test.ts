// The state of all connections as data, and back: with helpers, translation, expectations and masters.

import { describe, expect, test } from 'vitest';
import {
  type Conntrack,
  connectionsAfter,
  createConntrack,
  restoreConnections,
  saveConnections,
} from '../conntrack/index.ts';
import { manualClock, Netns, NS_PER_SECOND, seeded } from '../core/index.ts';
import { createNat } from '../nat/index.ts';
import { BENCH, HelperBench } from './bench.ts';
import { ftpHelper } from './ftp.ts';
import { registerKernelHelpers } from './registry.ts';

const { server, outside } = BENCH.ip;

function fresh(): Conntrack {
  const netns = new Netns({ clock: manualClock(), random: seeded(3) });
  const ct = createConntrack(netns);
  registerKernelHelpers(ct, createNat(netns, ct));
  return ct;
}

/** A translated control connection with one announcement open and one that has come. */
function lively(): HelperBench {
  const bench = new HelperBench(ftpHelper(), { translated: true, port: 21 });
  bench.server('220 ready\r\n');
  bench.client('NOOP\r\n');
  bench.client('PORT 10,0,0,2,16,225\r\n');
  bench.send(`tcp ${server}:20 > ${outside}:4321 syn seq 1`);
  bench.client('PORT 10,0,0,2,16,226\r\n');
  const { conntrack } = bench;
  conntrack.setLabel(bench.slot, 77);
  conntrack.setSecmark(bench.slot, 9);
  conntrack.setMark(bench.slot, 0xdeadbeef);
  return bench;
}

const asData = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('connections as data', () => {
  test('restored, they are what they were: windows, helper, moved numbers, labels, master', () => {
    const saved = asData(saveConnections(lively().conntrack));
    expect(saved.connections).toHaveLength(2);
    expect(saved.expectations).toHaveLength(1);
    const [control, child] = saved.connections;
    expect(control).toMatchObject({ helper: 'ftp', mark: 0xdeadbeef, secmark: 9 });
    expect(control?.seqadj?.[0].offsetAfter).not.toBe(0);
    expect(child).toMatchObject({ master: control?.id, masterHelper: 'ftp' });
    const ct = fresh();
    restoreConnections(ct, saved);
    expect(asData(saveConnections(ct))).toEqual(saved);
  });

  test('they end when they would have ended', () => {
    const saved = saveConnections(lively().conntrack);
    const [first] = saved.expectations;
    const seconds = Math.floor(first!.left / NS_PER_SECOND);
    const later = connectionsAfter(saved, (seconds + 1) * NS_PER_SECOND);
    expect(later.expectations).toEqual([]);
    expect(later.connections.map(({ left }) => left)).toEqual(
      saved.connections
        .map(({ left }) => left - (seconds + 1) * NS_PER_SECOND)
        .filter((left) => left > 0),
    );
    expect(connectionsAfter(saved, 1e18).connections).toEqual([]);
  });

  test('restored ones go on to expire, and new ids follow theirs', () => {
    const saved = saveConnections(lively().conntrack);
    const clock = manualClock();
    const netns = new Netns({ clock, random: seeded(3) });
    const ct = createConntrack(netns);
    registerKernelHelpers(ct, createNat(netns, ct));
    restoreConnections(ct, saved);
    const highest = Math.max(...saved.connections.map(({ id }) => id));
    const { id: _, ...other } = saved.connections[0]!;
    const src = '10.9.9.9';
    const slot = ct.connections.create({
      family: 'ip',
      protocol: 17,
      original: { src, dst: server, sport: 1, dport: 2 },
      reply: { src: server, dst: src, sport: 2, dport: 1 },
      timeout: 1,
      status: 0,
      mark: 0,
      zone: other.zone,
      id: 0,
    });
    expect(ct.id(slot)).toBeGreaterThan(highest);
    const longest = Math.max(...saved.connections.map(({ left }) => left));
    clock.advance(longest - 1);
    expect(ct.size).toBe(1);
    clock.advance(1);
    expect(ct.size).toBe(0);
  });

  test('a connection whose master has ended still knows who it was', () => {
    const bench = lively();
    bench.conntrack.connections.destroy(bench.slot);
    const saved = asData(saveConnections(bench.conntrack));
    expect(saved.connections).toHaveLength(1);
    const ct = fresh();
    restoreConnections(ct, saved);
    const [slot = 0] = ct.connections.slots();
    expect(ct.master(slot)).toBe(0);
    expect(ct.masterSide(slot)?.helper).toBe('ftp');
    expect(asData(saveConnections(ct))).toEqual(saved);
  });

  test('counters, times, a policy and an interface of masquerading stay', () => {
    const ct = fresh();
    const { sysctl } = ct.netns;
    sysctl.set('net.netfilter.nf_conntrack_acct', 1);
    sysctl.set('net.netfilter.nf_conntrack_timestamp', 1);
    const slot = ct.connections.create({
      family: 'ip6',
      protocol: 132,
      original: { src: '::1', dst: '::2', sport: 1, dport: 2 },
      reply: { src: '::2', dst: '::1', sport: 2, dport: 1 },
      timeout: 100,
      status: 0,
      state: 'ESTABLISHED',
      vtags: [5, 0xffffffff],
      mark: 0,
      zone: 7,
      zoneDir: 1,
      id: 0,
    });
    ct.store.account(slot, 1, 1500);
    ct.setTimeoutPolicy(slot, [1, 2, 3]);
    ct.setMasqIndex(slot, 4);
    const saved = asData(saveConnections(ct));
    expect(saved.connections[0]).toMatchObject({
      reply: { packets: 1, bytes: 1500 },
      vtags: [5, 0xffffffff],
      policy: [1, 2, 3],
      masqIndex: 4,
    });
    const other = fresh();
    restoreConnections(other, saved);
    expect(asData(saveConnections(other))).toEqual(saved);
  });
});
