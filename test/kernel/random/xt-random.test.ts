// Random rulesets of iptables and ip6tables against random packets on both targets, loaded by
// iptables-legacy and iptables-nft in turn. SLUICE_PAIRS sets how many (ruleset, packet) pairs,
// SLUICE_SEED where to begin; a difference names the seed that repeats it.

import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Target, XtVariant } from '../case.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { randomSteps } from './packets.ts';
import { type RandomXtCase, shrinkXt } from './shrink.ts';
import { randomLine, randomTables, xtTextOf } from './xt-grammar.ts';

const PACKETS = 10;
const PAIRS = Number(process.env.SLUICE_PAIRS ?? 600);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const variantOf = (seed: number): XtVariant => (seed % 2 === 0 ? 'legacy' : 'nft');

function randomCase(seed: number): RandomXtCase {
  const random = seeded(seed);
  // A cut off header is dropped by the kernel's match and passed by native expressions.
  const packets = { damaged: variantOf(seed) === 'nft' };
  return {
    tables: randomTables(random, variantOf(seed)),
    steps: randomSteps(random, PACKETS, packets),
  };
}

const translates = ({ tables }: RandomXtCase): boolean => tables.some(({ name }) => name === 'nat');

function caseOf(one: RandomXtCase, only: XtVariant): Case {
  // A source port that two flows want is chosen by chance (nf_nat_core.c): only its class is fixed.
  const usual = ['fragid', 'quoted', 'optime'] as const;
  const chance = translates(one) ? ([...usual, 'port'] as const) : usual;
  return { name: 'random', xtables: xtTextOf(one.tables), only, steps: one.steps, chance };
}

/** What a target says of it that takes no packets: why it does not load, or nothing. */
function refusal(target: Target, one: Case): string {
  try {
    target.run({ ...one, steps: [] });
    return '';
  } catch (error) {
    return String(error);
  }
}

const show = ({ tables, steps }: RandomXtCase): string =>
  [...Object.values(xtTextOf(tables)), ...steps.map((s) => JSON.stringify(s))].join('\n');

/** What one of the real tools cannot load and the other, as ours, can. */
const KNOWN: readonly { readonly line: RegExp; readonly reason: string }[] = [
  {
    line: /-j QUEUE \(nft\)$/,
    reason: 'iptables-nft 1.8.9 sends a target of this name, which the kernel has not',
  },
  {
    line: /-t (?!raw).* -j TRACE \(legacy\)$/,
    reason:
      'the TRACE of legacy is for raw alone; iptables-nft sets a flag that may be set anywhere',
  },
];

const reason = missing();

describe.skipIf(reason !== undefined)(
  `random rulesets of iptables${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    const compare = (one: Case): string[] => {
      try {
        return judged(one, kernel!, engine);
      } catch {
        const [theirs, ours] = [refusal(kernel!, one), refusal(engine, one)];
        return (theirs === '') === (ours === '') ? [] : [`kernel: ${theirs}`, `engine: ${ours}`];
      }
    };

    test(`${PAIRS} pairs of ruleset and packet agree`, () => {
      const seeds = Array.from({ length: Math.ceil(PAIRS / PACKETS) }, (_, i) => SEED + i);
      for (const seed of seeds) {
        const one = randomCase(seed);
        const differences = (c: RandomXtCase): string[] => compare(caseOf(c, variantOf(seed)));
        if (differences(one).length === 0) continue;
        const small = shrinkXt(one, (c) => differences(c).length > 0);
        expect.fail(
          `seed ${seed} (${variantOf(seed)})\n${show(small)}\n${differences(small).join('\n')}`,
        );
      }
    });

    test(`${PAIRS} lines are taken or refused alike`, () => {
      const random = seeded(SEED);
      let refused = 0;
      const disagreed = Array.from({ length: PAIRS }).flatMap((_, i) => {
        const line = `${randomLine(random)} (${variantOf(i)})`;
        const [tool = '', ...words] = line.split(' ').slice(0, -1);
        const xtables = { [tool]: words.join(' ') };
        const one: Case = { name: 'line', xtables, only: variantOf(i), steps: [] };
        const [theirs, ours] = [refusal(kernel!, one), refusal(engine, one)];
        if (ours !== '') refused++;
        if ((theirs === '') === (ours === '') || KNOWN.some((known) => known.line.test(line)))
          return [];
        return [`${line}\n  kernel: ${theirs}\n  engine: ${ours}`];
      });
      expect(disagreed).toEqual([]);
      // Else the generator has forgotten how to go wrong.
      expect(refused).toBeGreaterThan(PAIRS / 20);
    });
  },
);
