// The whole way: damaged frames of every protocol through random rulesets, with time passing. No
// packet may make any room throw, and none may be answered without end.

import { hex } from '../../src/bytes/index.ts';
import { manualClock, type Random, seeded } from '../../src/core/index.ts';
import { createFirewall, type Firewall } from '../../src/lab/index.ts';
import { compile } from '../../src/nft/index.ts';
import { TraceCollector } from '../../src/trace/index.ts';
import { stackConfig } from '../../test/kernel/engine-target.ts';
import { frameFor } from '../../test/kernel/frames.ts';
import { randomRuleset, textOf } from '../../test/kernel/random/grammar.ts';
import { randomSteps } from '../../test/kernel/random/packets.ts';
import { ROUTER, SYSCTL } from '../../test/kernel/topology.ts';
import { SEEDS } from './seeds.ts';
import { type FuzzTarget, mutate } from './target.ts';

const FRAMES = 200;
/** More frames than this for one is a loop. */
const MOST_ANSWERS = 50;

interface Frame {
  readonly on: string;
  readonly bytes: Uint8Array;
}

interface Input {
  readonly ruleset: string;
  readonly frames: readonly Frame[];
  readonly traced: boolean;
}

const LINKS = ROUTER.interfaces;

/** A frame the router takes for its own: bytes 0-5 are its address, whatever comes behind. */
function addressed(bytes: Uint8Array, link: (typeof LINKS)[number]): Uint8Array {
  const frame = bytes.slice();
  const mac = link.mac.split(':').map((byte) => Number.parseInt(byte, 16));
  frame.set(mac.slice(0, frame.length));
  return frame;
}

function generateFrame(random: Random, sound: readonly Frame[]): Frame {
  const link = LINKS[random.below(LINKS.length)]!;
  if (random.below(3) === 0) {
    const bytes = mutate(random, SEEDS[random.below(SEEDS.length)]!);
    return { on: link.name, bytes: addressed(bytes, link) };
  }
  const frame = sound[random.below(sound.length)]!;
  return random.below(3) === 0 ? frame : { on: frame.on, bytes: mutate(random, frame.bytes) };
}

function generate(random: Random): Input {
  const sound = randomSteps(random, 12).flatMap((step): Frame[] => {
    if (!('packet' in step)) return [];
    const link = LINKS.find((i) => i.name === step.on)!;
    return [{ on: step.on, bytes: frameFor(step.packet, link) }];
  });
  return {
    ruleset: textOf(randomRuleset(random)),
    frames: Array.from({ length: FRAMES }, () => generateFrame(random, sound)),
    traced: random.below(4) === 0,
  };
}

function open(input: Input, counts: { sent: number }): { firewall: Firewall; pass: () => void } {
  const clock = manualClock();
  const collector = new TraceCollector({ now: () => clock.now(), describe: () => '' });
  const firewall = createFirewall({
    network: stackConfig(ROUTER, SYSCTL),
    rulesets: [compile({ name: 'fuzz', text: input.ruleset }).batch],
    clock,
    random: seeded(1),
    listen: false,
    transmitted: () => {
      counts.sent++;
    },
    ...(input.traced ? { tracer: collector } : {}),
  });
  const pass = (): void => {
    clock.advance(7e9);
    if (input.traced) collector.take();
  };
  return { firewall, pass };
}

function run(input: Input): void {
  const counts = { sent: 0 };
  const { firewall, pass } = open(input, counts);
  for (const { on, bytes } of input.frames) {
    counts.sent = 0;
    firewall.stack.receive(firewall.stack.interfaceNamed(on).device, bytes);
    pass();
    if (counts.sent > MOST_ANSWERS) throw new Error(`${counts.sent} frames for one: ${hex(bytes)}`);
  }
}

export const target: FuzzTarget<Input> = {
  name: 'pipeline',
  generate,
  run,
  show: ({ ruleset, frames }) =>
    `${ruleset}\n${frames.map((f) => `${f.on} ${hex(f.bytes)}`).join('\n')}`,
};
