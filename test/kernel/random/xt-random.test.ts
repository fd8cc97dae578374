// Random rulesets of iptables and ip6tables against random packets on both targets, loaded by
// iptables-legacy and iptables-nft in turn. SLUICE_PAIRS sets how many (ruleset, packet) pairs,
// SLUICE_SEED where to begin, SLUICE_FOUND how many differences to look for; a difference names the seed
// that repeats it.

import { afterAll, describe, expect, test } from 'vitest';
import { seeded } from '../../../src/core/index.ts';
import { type Libc, loadLibc } from '../../../src/linux/index.ts';
import type { Case, Target, XtRulesets, XtVariant } from '../case.ts';
import { command } from '../command.ts';
import { EngineTarget } from '../engine-target.ts';
import { Host } from '../host.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { ROUTER } from '../topology.ts';
import { BRIDGE_ROUTER, ofBridge, overBridge } from './bridge.ts';
import { randomSteps } from './packets.ts';
import { type RandomXtCase, shrinkXt } from './shrink.ts';
import { besideLines, randomLine, randomTables, type XtTable, xtTextOf } from './xt-grammar.ts';
import { randomSets } from './xt-sets.ts';

const PACKETS = 10;
const PAIRS = Number(process.env.SLUICE_PAIRS ?? 600);
const SEED = Number(process.env.SLUICE_SEED ?? 1);
const FOUND = Number(process.env.SLUICE_FOUND ?? 1);

/** Two of so many are about a bridge, one for each variant. */
const BRIDGES = Number(process.env.SLUICE_BRIDGES ?? 10);

const variantOf = (seed: number): XtVariant => (seed % 2 === 0 ? 'legacy' : 'nft');

function randomCase(seed: number): RandomXtCase {
  const random = seeded(seed);
  // A cut off header is dropped by the kernel's match and passed by native expressions.
  const packets = { damaged: variantOf(seed) === 'nft' };
  const one = {
    tables: randomTables(random, variantOf(seed)),
    sets: randomSets(random),
    steps: randomSteps(random, PACKETS, packets),
  };
  if (seed % BRIDGES > 1) return one;
  const tables = one.tables.map(aboutBridge);
  return { ...one, tables, steps: overBridge(random, one.steps), bridged: true };
}

const aboutBridge = (table: XtTable): XtTable => ({
  ...table,
  chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(ofBridge) })),
});

const translates = ({ tables }: RandomXtCase): boolean => tables.some(({ name }) => name === 'nat');

function caseOf(one: RandomXtCase, only: XtVariant): Case {
  // A source port that two flows want is chosen by chance (nf_nat_core.c): only its class is fixed.
  const usual = ['fragid', 'quoted', 'optime'] as const;
  const chance = translates(one) ? ([...usual, 'port'] as const) : usual;
  return {
    name: 'random',
    xtables: xtTextOf(one.tables, one.sets),
    only,
    steps: one.steps,
    chance,
    ...(one.bridged === true && { topology: BRIDGE_ROUTER, shared: true }),
  };
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

const show = ({ tables, sets, steps }: RandomXtCase): string =>
  [...Object.values(xtTextOf(tables, sets)), ...steps.map((s) => JSON.stringify(s))].join('\n');

/** What one of the real tools cannot load and the other, as ours, can. */
const KNOWN: readonly { readonly line: RegExp; readonly reason: string }[] = [
  {
    line: /-j QUEUE \(nft\)$/,
    reason: 'iptables-nft 1.8.9 sends a target of this name, which the kernel has not',
  },
  {
    line: /! -p (\w+) .*-m \1 .* \(legacy\)$/,
    reason:
      'the kernel has ports and flags only of what is said to be TCP; nft writes them natively',
  },
  {
    line: /-m conntrack (! )?--ctproto 0 /,
    reason: 'iptables 1.8.9, where later ones know that there is no protocol 0',
  },
  {
    line: /! --tcp-flags .* -j TCPMSS .*\(legacy\)$/,
    reason: 'legacy lets the kernel look for the match of SYN; nft_compat does not',
  },
  {
    line: /--label (65536|4294967296)|--set-class -|port (65536|4294967296|18446744073709551616)/,
    reason: 'iptables cuts numbers of labels, classes and ports to 16 bits',
  },
  {
    line: /-t (?!raw).* -j TRACE \(legacy\)$/,
    reason:
      'the TRACE of legacy is for raw alone; iptables-nft sets a flag that may be set anywhere',
  },
];

/** What a shell says of a program that a signal has ended. */
const CRASHED = 128;

function caseOfLine(beside: XtRulesets, line: string, only: XtVariant): Case {
  const [tool, ...words] = line.split(' ') as ['iptables' | 'ip6tables', ...string[]];
  const named = /-m rateest|-set /.test(line) ? beside : {};
  const text = [...(named[tool] === undefined ? [] : [named[tool]]), words.join(' ')].join('\n');
  const sets = named.ipset === undefined ? {} : { ipset: named.ipset };
  return { name: 'line', xtables: { ...sets, [tool]: text }, only, steps: [] };
}

/** With which status the real tools, in turn legacy and nft, end for each line; one shell runs them all. */
function taken(libc: Libc, beside: XtRulesets, lines: readonly string[]): number[] {
  const statuses = (only: XtVariant): number[] => {
    const host = new Host(libc, ROUTER);
    try {
      host.load({ name: 'beside', xtables: beside, only, steps: [] });
      const own = lines.filter((_, i) => variantOf(i) === only);
      const script = [...own.map((line) => scriptOf(line, only)), 'exit 0'].join('\n');
      return host
        .run(() => command('sh', ['-s'], script))
        .trim()
        .split('\n')
        .map(Number);
    } finally {
      host.close();
    }
  };
  const of = { legacy: statuses('legacy'), nft: statuses('nft') };
  return lines.map((_, i) => of[variantOf(i)].shift() ?? CRASHED);
}

/** The line, its status, and the chain empty again. */
function scriptOf(line: string, only: XtVariant): string {
  const [tool, table, chain] = /^(\S+) -t (\S+) -A (\S+)/.exec(line)!.slice(1);
  const program = `${tool}-${only}`;
  return `${line.replace(tool!, program)} >/dev/null 2>&1; echo $?; ${program} -t ${table} -F ${chain} 2>/dev/null`;
}

const reason = missing();

describe.skipIf(reason !== undefined)(
  `random rulesets of iptables${reason ? ` (${reason})` : ''}`,
  async () => {
    const libc = reason === undefined ? await loadLibc() : undefined;
    const kernel = libc && new KernelTarget(libc);
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    const refusedByBoth: string[] = [];
    const compare = (one: Case): string[] => {
      try {
        return judged(one, kernel!, engine);
      } catch {
        const [theirs, ours] = [refusal(kernel!, one), refusal(engine, one)];
        if (theirs !== '' && ours !== '') refusedByBoth.push(ours);
        return (theirs === '') === (ours === '') ? [] : [`kernel: ${theirs}`, `engine: ${ours}`];
      }
    };

    /** What differs with this seed, made small. */
    function found(seed: number): string[] {
      const one = randomCase(seed);
      const variant = variantOf(seed);
      const differences = (c: RandomXtCase): string[] => compare(caseOf(c, variant));
      if (differences(one).length === 0) return [];
      const small = shrinkXt(one, (c) => differences(c).length > 0);
      return [`seed ${seed} (${variant})\n${show(small)}\n${differences(small).join('\n')}`];
    }

    test(`${PAIRS} pairs of ruleset and packet agree`, () => {
      const last = SEED + Math.ceil(PAIRS / PACKETS);
      const all: string[] = [];
      for (let seed = SEED; seed < last && all.length < FOUND; seed++) all.push(...found(seed));
      expect(all.join('\n\n')).toBe('');
      // Such a ruleset has met no packet.
      expect(refusedByBoth.length, refusedByBoth.join('\n')).toBeLessThanOrEqual(
        PAIRS / PACKETS / 20,
      );
    });

    test(`${PAIRS} lines are taken or refused alike`, () => {
      const random = seeded(SEED);
      const beside = besideLines(random);
      const lines = Array.from({ length: PAIRS }, () => randomLine(random));
      const theirs = taken(libc!, beside, lines);
      const ours = lines.map((line, i) => refusal(engine, caseOfLine(beside, line, variantOf(i))));
      const disagreed = lines.flatMap((line, i) => {
        const said = `${line} (${variantOf(i)})`;
        const isKnown = theirs[i]! >= CRASHED || KNOWN.some((known) => known.line.test(said));
        if (isKnown || (theirs[i] === 0) === (ours[i] === '')) return [];
        return [`${said}\n  kernel: exit ${theirs[i]}\n  engine: ${ours[i]}`];
      });
      expect(disagreed.join('\n')).toBe('');
      // Else the generator has forgotten how to go wrong, or how not to.
      const refused = ours.filter((error) => error !== '').length;
      expect(refused).toBeGreaterThan(PAIRS / 10);
      expect(refused).toBeLessThan(0.75 * PAIRS);
    });
  },
);
