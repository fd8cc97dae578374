// The whole way: damaged frames through random rulesets, half of them traced. Nothing may throw,
// whatever the bytes; what became of each traced packet can be told and written as JSON.

import { hex } from '../../src/bytes/index.ts';
import { networkOf } from '../../src/capture/index.ts';
import { manualClock, type Random, seeded } from '../../src/core/index.ts';
import {
  createFirewall,
  describePacket,
  type Firewall,
  loadRuleset,
  readTopology,
} from '../../src/lab/index.ts';
import { renderTrace, TraceCollector } from '../../src/trace/index.ts';
import { randomRuleset, textOf } from '../../test/kernel/random/grammar.ts';
import { SEEDS } from './seeds.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

interface Frame {
  readonly on: string;
  readonly bytes: Uint8Array;
  /** Milliseconds before it. */
  readonly wait: number;
}

interface Input {
  readonly ruleset: string;
  readonly traced: boolean;
  readonly frames: readonly Frame[];
}

const DEVICES = ['eth0', 'eth1', 'eth2'] as const;
const NETWORK = {
  interfaces: {
    eth0: ['10.0.0.1/24', '2001:db8::1/64'],
    eth1: ['192.0.2.1/24', '2001:db8:1::1/64'],
    eth2: ['10.0.2.1/24', '2001:db8:2::1/64'],
  },
  routes: ['default via 192.0.2.254', 'default via 2001:db8:1::fe'],
};
const { config: network } = readTopology([{ name: 'network', content: NETWORK }]);

/** Mostly damaged behind the link header, so that the frame is looked at. */
function frame(random: Random): Frame {
  const on = DEVICES[random.below(DEVICES.length)]!;
  const wait = random.below(3) === 0 ? random.below(40_000) : random.below(5);
  if (random.below(20) === 0) return { on, wait, bytes: randomBytes(random, 200) };
  const seed = SEEDS[random.below(SEEDS.length)]!;
  const place = networkOf(1, seed);
  const at = place.kind === 'network' ? place.offset : 0;
  const damaged = random.below(3) === 0 ? seed.subarray(at) : mutate(random, seed.subarray(at));
  return { on, wait, bytes: Uint8Array.from([...seed.subarray(0, at), ...damaged]) };
}

function prepare(input: Input) {
  const loaded = loadRuleset([{ name: 'random.nft', text: input.ruleset }]);
  const clock = manualClock();
  const collector = new TraceCollector({ now: () => clock.now(), describe: describePacket });
  const firewall = createFirewall({
    network,
    rulesets: loaded.failed ? [] : [loaded.batch],
    clock,
    random: seeded(1),
    ...(input.traced ? { tracer: collector } : {}),
  });
  return { firewall, clock, collector };
}

/** For the device, whatever the frame says: hosts drop what is for others. */
function receive(firewall: Firewall, { on, bytes }: Frame): void {
  const { device } = firewall.stack.interfaceNamed(on);
  if (bytes.length >= 6 && ((bytes[0] ?? 0) & 1) === 0) bytes.set(device.address);
  firewall.stack.receive(device, bytes);
}

export const target: FuzzTarget<Input> = {
  name: 'pipeline',
  generate: (random) => ({
    ruleset: textOf(randomRuleset(random)),
    traced: random.below(2) === 0,
    frames: Array.from({ length: 1 + random.below(30) }, () => frame(random)),
  }),
  run: (input) => {
    const { firewall, clock, collector } = prepare(input);
    for (const one of input.frames) {
      clock.advance(one.wait * 1e6);
      receive(firewall, one);
      for (const trace of collector.take()) {
        renderTrace(trace, { all: true });
        JSON.stringify(trace);
      }
    }
    clock.advance(600e9);
    firewall.engine.list();
    for (const entry of firewall.conntrack.connections.dump()) JSON.stringify(entry);
  },
  show: ({ ruleset, traced, frames }) =>
    `${ruleset}\n${traced ? 'traced' : 'not traced'}\n${frames
      .map((f) => `${f.wait} ms ${f.on} ${hex(f.bytes)}`)
      .join('\n')}`,
};
