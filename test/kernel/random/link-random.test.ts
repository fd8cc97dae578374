// Random rulesets of ebtables against random frames over a bridge, and of arptables against random ARP, on both
// targets. SLUICE_PAIRS sets how many (ruleset, frame) pairs, SLUICE_SEED where to begin, SLUICE_FOUND how many
// differences to look for; a difference names the seed that repeats it.

import { afterAll, describe, expect, test } from 'vitest';
import { type Random, seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Step, Target, Topology } from '../case.ts';
import { BRIDGE_SYSCTL, BRIDGED } from '../cases/bridge.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { arpSteps, frameSteps } from './link-frames.ts';
import { arpTables, frameTables, type LinkTable, linkTextOf } from './link-grammar.ts';
import { shrinkLink } from './shrink.ts';

const PAIRS = Number(process.env.SLUICE_PAIRS ?? 160);
const SEED = Number(process.env.SLUICE_SEED ?? 1);
const FOUND = Number(process.env.SLUICE_FOUND ?? 1);

interface Kind {
  readonly name: string;
  readonly frames: number;
  readonly tables: (r: Random) => LinkTable[];
  readonly steps: (r: Random, n: number) => Step[];
  readonly topology?: Topology;
}

const KINDS: readonly Kind[] = [
  { name: 'ebtables', frames: 40, tables: frameTables, steps: frameSteps, topology: BRIDGED },
  { name: 'arptables', frames: 20, tables: arpTables, steps: arpSteps },
];

/** The outer tag of a frame stands beside what a packet socket reads. */
const withoutTag = (frame: string): string =>
  /^.{24}(8100|88a8).{8}/.test(frame) ? frame.slice(0, 24) + frame.slice(32) : frame;

const untagged = (target: Target): Target => ({
  name: target.name,
  run: (one) => {
    const outcome = target.run(one);
    const sent = outcome.sent.map((frames) =>
      frames.map(({ device, frame }) => ({ device, frame: withoutTag(frame) })),
    );
    return { ...outcome, sent };
  },
  close: () => target.close(),
});

const reason = missing();

describe.skipIf(reason !== undefined)(
  `random rulesets of links${reason ? ` (${reason})` : ''}`,
  async () => {
    const libc = reason === undefined ? await loadLibc() : undefined;
    const kernel = libc && new KernelTarget(libc);
    const engine = untagged(new EngineTarget());
    afterAll(() => kernel?.close());

    test.each(KINDS)(`${PAIRS} pairs of $name and a frame agree`, (kind) => {
      const differences = (tables: readonly LinkTable[], steps: readonly Step[]): string[] => {
        const one: Case = {
          name: 'random',
          xtables: linkTextOf(tables),
          only: 'nft',
          steps,
          ...(kind.topology && { topology: kind.topology, sysctl: BRIDGE_SYSCTL }),
        };
        return judged(one, kernel!, engine);
      };
      const found = (seed: number): string[] => {
        const random = seeded(seed);
        const [tables, steps] = [kind.tables(random), kind.steps(random, kind.frames)];
        if (differences(tables, steps).length === 0) return [];
        const small = shrinkLink(
          { tables, steps },
          (c) => differences(c.tables, c.steps).length > 0,
        );
        const text = Object.values(linkTextOf(small.tables)).join('\n');
        const packets = small.steps.map((step) => JSON.stringify(step));
        const said = differences(small.tables, small.steps).join('\n');
        return [`seed ${seed}\n${text}\n${packets.join('\n')}\n${said}`];
      };
      const last = SEED + Math.ceil(PAIRS / kind.frames);
      const all: string[] = [];
      for (let seed = SEED; seed < last && all.length < FOUND; seed++) all.push(...found(seed));
      expect(all.join('\n\n')).toBe('');
    });
  },
);
