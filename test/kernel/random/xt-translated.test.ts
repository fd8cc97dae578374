// Random rules of iptables beside what `sluice translate` makes of them, both on the kernel: the rules loaded by
// iptables-nft, their translation by nft. What nft has no words for is left out of both. SLUICE_RULES sets how many
// rules, SLUICE_SEED where to begin, SLUICE_FOUND how many differences to look for.

import { afterAll, describe, expect, test } from 'vitest';
import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { NfTables } from '../../../src/engine/index.ts';
import {
  compileRestore,
  type TranslatedProgram,
  translateProgram,
} from '../../../src/iptables/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Outcome, RuleCounter, Step } from '../case.ts';
import { differences } from '../compare.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { FAMILY, XT_TOOLS } from '../xtables.ts';
import { randomSteps } from './packets.ts';
import { shrinkXt } from './shrink.ts';
import { randomTables, type XtTable, xtTextOf } from './xt-grammar.ts';

const PACKETS = 10;
const RULES = Number(process.env.SLUICE_RULES ?? 120);
const SEED = Number(process.env.SLUICE_SEED ?? 1);
const FOUND = Number(process.env.SLUICE_FOUND ?? 1);

/** What needs something beside rules, sets and estimators; and nft_queue, which this kernel has not. */
const BESIDE = /-set |-m rateest|-j RATEEST|-j (NF)?QUEUE/;

/** Ports of a connection without a protocol, which nft has since 1.0.8. */
const YOUNGER = /^(?!.*(?<!! )-p \w).*--ct\w+port/;

type Keep = (rule: string, table: XtTable, chain: string, index: number) => boolean;

const filtered = (tables: readonly XtTable[], keep: Keep): XtTable[] =>
  tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.filter((rule, i) => keep(rule, table, chain.name, i)),
    })),
  }));

const rulesIn = (tables: readonly XtTable[]): number =>
  tables.reduce((sum, { chains }) => sum + chains.flatMap(({ rules }) => rules).length, 0);

function translated(tables: readonly XtTable[]): TranslatedProgram {
  const engine = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  const texts = xtTextOf(tables);
  for (const tool of XT_TOOLS) {
    const source = { name: tool, text: `${texts[tool] ?? ''}\n` };
    const current = engine.list();
    engine.apply(compileRestore(source, { family: FAMILY[tool], current }).batch);
  }
  return translateProgram(engine.list());
}

/** The tables without rules that nft has no words for. */
function carriedOver(tables: readonly XtTable[]): XtTable[] {
  const plain = filtered(tables, (rule) => ![BESIDE, YOUNGER].some((left) => left.test(rule)));
  const left = new Set(
    translated(plain).leftovers.map((one) => [one.family, one.table, one.chain, one.index].join()),
  );
  return filtered(plain, (_, { l3, name }, chain, i) => !left.has([l3, name, chain, i].join()));
}

interface Pair {
  readonly tables: readonly XtTable[];
  readonly steps: readonly Step[];
}

/** What only `one` has of a chain: a rule that became two counts in neither place as before. */
function withoutSplit(one: Outcome, other: Outcome): Outcome {
  const rulesOf = ({ counters }: Outcome, wanted: string): number =>
    counters.filter(({ chain }) => chain === wanted).length;
  const isWhole = ({ chain }: RuleCounter): boolean =>
    rulesOf(one, chain) === rulesOf(other, chain);
  return { ...one, counters: one.counters.filter(isWhole) };
}

/** Rules alone have counters in both; tables of nft are named by family, not by tool. */
const comparable = (outcome: Outcome): Outcome => ({
  ...outcome,
  counters: outcome.counters
    .filter(({ rule }) => rule >= 0)
    .map((one) => ({
      ...one,
      chain: one.chain.replace(/^ip6tables/, 'ip6').replace(/^iptables/, 'ip'),
    })),
  named: [],
});

const reason = missing();

describe.skipIf(reason !== undefined)(
  `random rules, translated${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    afterAll(() => kernel?.close());

    const chance = ['fragid', 'quoted', 'optime', 'port', 'ipid'] as const;
    function differ({ tables, steps }: Pair): string[] {
      const before: Case = { name: 'before', xtables: xtTextOf(tables), steps, chance };
      const after: Case = { name: 'after', ruleset: translated(tables).text, steps, chance };
      const run = (one: Case): Outcome => comparable(kernel!.run(one));
      const once = (): string[] => {
        const [want, got] = [run(before), run(after)];
        return differences(before, withoutSplit(want, got), withoutSplit(got, want));
      };
      try {
        return once().length === 0 ? [] : once();
      } catch (error) {
        return [String(error)];
      }
    }

    function found(seed: number): { readonly rules: number; readonly said: string[] } {
      const random = seeded(seed);
      const tables = carriedOver(randomTables(random, 'nft'));
      const one = { tables, sets: [], steps: randomSteps(random, PACKETS) };
      const rules = rulesIn(tables);
      if (differ(one).length === 0) return { rules, said: [] };
      const small = shrinkXt(one, (c) => differ(c).length > 0);
      const texts = [...Object.values(xtTextOf(small.tables)), translated(small.tables).text];
      const steps = small.steps.map((step) => JSON.stringify(step));
      return { rules, said: [[`seed ${seed}`, ...texts, ...steps, ...differ(small)].join('\n')] };
    }

    test(`${RULES} rules do the same in the words of nft`, () => {
      let compared = 0;
      const all: string[] = [];
      for (let seed = SEED; compared < RULES && all.length < FOUND; seed++) {
        const { rules, said } = found(seed);
        compared += rules;
        all.push(...said);
      }
      expect(all.join('\n\n')).toBe('');
    });
  },
);
