import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCapture } from '../capture/index.ts';
import { manualClock } from '../core/index.ts';
import type { PacketTrace } from '../trace/index.ts';
import { TraceCollector } from '../trace/index.ts';
import { arrivalFromFrame } from './arrival.ts';
import { packetComment } from './comment.ts';
import { createFirewall, loadRuleset, ReplayTally, readTopology } from './index.ts';

const example = (name: string): URL => new URL(`../../examples/${name}`, import.meta.url);
const { packets } = readCapture(readFileSync(example('capture/office.pcapng')));
const ruleset = { name: 'gateway.nft', text: readFileSync(example('gateway.nft'), 'utf8') };
const office = {
  interfaces: { eth0: '10.0.0.1/24', eth1: '192.0.2.1/24', eth2: '10.0.2.1/24' },
  routes: ['default via 192.0.2.254'],
};

/** The office's capture through its gateway: a trace for each frame. */
function replay(brief: boolean): PacketTrace[] {
  const { config } = readTopology([{ name: 'office', content: office }]);
  const clock = manualClock();
  const describe = (bytes: Uint8Array): string => `${bytes.length} bytes`;
  const collector = new TraceCollector({ now: () => clock.now(), describe, brief });
  const firewall = createFirewall({
    network: config,
    rulesets: [loadRuleset([ruleset]).batch],
    clock,
    tracer: collector,
  });
  return packets.flatMap((packet) => {
    const first = packets[0]?.seconds ?? 0;
    clock.advanceTo((packet.seconds - first) * 1e9 + packet.nanoseconds);
    collector.take();
    const arrival = arrivalFromFrame(packet.interface.linkType, packet.data);
    if (typeof arrival === 'string') throw new Error(arrival);
    firewall.inject(arrival, firewall.deviceFor(arrival, packet.interface.name));
    return collector.take().slice(0, 1);
  });
}

test('a brief trace has the outcome of a full one', () => {
  const [full, brief] = [replay(false), replay(true)];
  expect(brief.length).toBe(packets.length);
  const told = (traces: readonly PacketTrace[]) =>
    traces.map(({ outcome }) => ({ ...outcome, reason: outcome.reason ?? '' }));
  expect(told(brief)).toEqual(told(full));
});

test('comments are the same from both', () => {
  expect(replay(true).map(packetComment)).toEqual(replay(false).map(packetComment));
});

test('a tally adds up to what it was given', () => {
  const tally = new ReplayTally();
  for (const [i, trace] of replay(true).entries())
    tally.add(trace, packets[i]?.originalLength ?? 0);
  tally.skip('not read', 60);
  const summary = tally.summary();
  const fates = Object.values(summary.fates).reduce((n, c) => n + c.packets, 0);
  expect(fates).toBe(packets.length);
  expect(summary.read.packets).toBe(packets.length + 1);
  expect(summary.skipped).toEqual({ 'not read': 1 });
  // Everything in the capture that the kernel had accepted finds its connection again.
  expect(summary.states.ESTABLISHED).toBeGreaterThan(200);
  expect(summary.states.INVALID).toBeUndefined();
  expect(summary.nat.bindings).toEqual({ src: 8, dst: 4 });
  expect(summary.answers['icmp echo-reply']).toBeGreaterThan(0);
});
