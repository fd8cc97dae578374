// Connections kept as data and restored elsewhere: a router that is cut off at any packet, and whose
// connections go on in another, sends, tells and keeps from then on what one that runs through does.
// SLUICE_CUTS sets how many conversations are cut, and for ten of them each case of a helper once.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeEntry,
  describeExpectation,
  restoreConnections,
  type SavedConnections,
  saveConnections,
} from '../src/conntrack/index.ts';
import { manualClock, NS_PER_SECOND, type Random, seeded } from '../src/core/index.ts';
import { createFirewall, type Firewall, loadRuleset } from '../src/lab/index.ts';
import { type Case, resolved, type Sent } from './kernel/case.ts';
import { helpers } from './kernel/cases/helpers.ts';
import { pptp } from './kernel/cases/pptp.ts';
import { sip } from './kernel/cases/sip.ts';
import { smallHelpers } from './kernel/cases/small-helpers.ts';
import { stackConfig } from './kernel/engine-target.ts';
import { frameFor, packetOf, toHex } from './kernel/frames.ts';
import { scene } from './kernel/random/conversations/scene.ts';
import { ROUTER, SYSCTL } from './kernel/topology.ts';

const MOMENT = 1000;
const SEED = 7;
const CUTS = Number(process.env.SLUICE_CUTS ?? 10);

/** Chance that can begin again, in two routers alike. */
class Chance implements Random {
  #source = seeded(1);

  begin(seed: number): void {
    this.#source = seeded(seed);
  }

  u32(): number {
    return this.#source.u32();
  }

  below(n: number): number {
    return this.#source.below(n);
  }
}

/** The router's own errors are numbered, which is nothing of their connection. */
function withoutId(frame: Uint8Array): Uint8Array {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 1) return frame;
  const copy = frame.slice();
  copy.fill(0, 18, 20);
  copy.fill(0, 24, 26);
  return copy;
}

/** A router on its way through a case. */
class Way {
  readonly #case: Case;
  readonly #clock = manualClock(1_700_000_000);
  readonly #chance = new Chance();
  readonly #firewall: Firewall;
  /** Frames by step, those of an earlier router with them. */
  readonly sent: Sent[][];
  readonly told: string[] = [];

  constructor(one: Case, sent: readonly Sent[][] = []) {
    this.#case = one;
    this.sent = [...sent];
    const loaded = loadRuleset([{ name: one.name, text: one.ruleset ?? '' }], {
      interfaces: { eth0: 2, eth1: 3, eth2: 4 },
    });
    this.#firewall = createFirewall({
      network: stackConfig(ROUTER, { ...SYSCTL, ...one.sysctl }),
      rulesets: [loaded.batch],
      clock: this.#clock,
      random: this.#chance,
      listen: false,
      transmitted: (device, frame) => {
        if (device.name !== 'lo')
          this.sent.at(-1)?.push({ device: device.name, frame: toHex(withoutId(frame)) });
      },
    });
    this.#firewall.conntrack.connections.events((event) => {
      if ('entry' in event)
        this.told.push(`${event.type} ${event.flags} ${describeEntry(event.entry)}`);
      else this.told.push(`${event.type} ${describeExpectation(event.expected)}`);
    });
  }

  /** Half a datagram is no connection, and is not kept. */
  get canStop(): boolean {
    return this.#firewall.stack.reassemblies.size === 0;
  }

  take(index: number): void {
    const step = resolved(this.#case.steps[index]!, this.sent);
    this.sent.push([]);
    if ('wait' in step) this.#clock.advance(step.wait * NS_PER_SECOND);
    else if ('local' in step) this.#firewall.stack.send(packetOf(step.local), { uid: 0, gid: 0 });
    else if ('packet' in step) {
      const link = ROUTER.interfaces.find(({ name }) => name === step.on)!;
      const { device } = this.#firewall.stack.interfaceNamed(step.on);
      this.#firewall.stack.receive(device, frameFor(step.packet, link));
    }
    this.#clock.advance(MOMENT);
  }

  stop(): SavedConnections {
    this.#chance.begin(SEED);
    this.told.length = 0;
    return JSON.parse(JSON.stringify(saveConnections(this.#firewall.conntrack)));
  }

  /** Goes on with what another has kept. */
  begin(saved: SavedConnections): void {
    restoreConnections(this.#firewall.conntrack, saved);
    this.#chance.begin(SEED);
    this.told.length = 0;
  }

  get end() {
    return {
      told: this.told,
      sent: this.sent,
      kept: JSON.parse(JSON.stringify(saveConnections(this.#firewall.conntrack))) as unknown,
    };
  }
}

/** Runs a case through, and with another router from some packet on. */
function both(one: Case, cut: number): { through: Way['end']; restored: Way['end'] } {
  const first = new Way(one);
  let second: Way | undefined;
  for (const [i] of one.steps.entries()) {
    if (second === undefined && i >= cut && first.canStop) {
      const saved = first.stop();
      second = new Way(one, first.sent);
      second.begin(saved);
    }
    first.take(i);
    second?.take(i);
  }
  return { through: first.end, restored: second?.end ?? first.end };
}

/** Rules count, too, and what they counted is no connection. */
const withoutMemory = (ruleset: string): string =>
  ruleset.replaceAll(/ct state new limit .*$/gm, '').replaceAll('numgen inc mod 7 offset 1', '5');

const HELPED = [helpers, sip, pptp, smallHelpers]
  .flat()
  .filter(({ steps }) => steps.length > 1)
  .filter(({ steps }) =>
    steps.every((s) => 'packet' in s || 'answer' in s || 'wait' in s || 'look' in s),
  );

describe('connections that were kept', () => {
  test.each(HELPED.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const any = fc.integer({ min: 1, max: one.steps.length - 1 });
    fc.assert(
      fc.property(any, (cut) => {
        const { through, restored } = both(one, cut);
        expect(restored).toEqual(through);
      }),
      { numRuns: Math.ceil(CUTS / 10) },
    );
  });

  test('any conversations go on, cut anywhere', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(59), (seed, cut) => {
        const one = scene(seeded(seed), 60);
        const ruleset = withoutMemory(one.ruleset ?? '');
        const { through, restored } = both({ ...one, ruleset }, cut);
        expect(restored).toEqual(through);
      }),
      { numRuns: CUTS },
    );
  });
});
