// iptables-txlate: a command in the words of iptables and in those of nft. `text`: the translation is
// written as the vectors have it. `behaviour`: what the command makes and what its translation makes
// do the same to packets made for both. `carried`: what iptables-translate translates `sluice translate` does,
// too, which leaves over what nft cannot do the same way.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { NfTables } from '../../../src/engine/index.ts';
import {
  checkedRules,
  nftCommandLine,
  translateLine,
  type XtFamily,
} from '../../../src/iptables/index.ts';
import { type CompareInput, compareRulesets, loadRuleset } from '../../../src/lab/index.ts';
import type { Batch, Change, HookName } from '../../../src/program/index.ts';
import { shellWords } from '../../shell-words.ts';
import { attempt, type Report, type Suite } from './suite.ts';

interface Case {
  readonly file: string;
  readonly cmd: string;
  readonly expected: readonly string[];
}

const FAMILIES: Readonly<Record<string, XtFamily>> = {
  'iptables-translate': 'ip',
  'ip6tables-translate': 'ip6',
  'arptables-translate': 'arp',
  'ebtables-translate': 'bridge',
};

function wordsOf(one: Case): [XtFamily, string[]] {
  const [tool = '', ...args] = shellWords(one.cmd);
  return [FAMILIES[tool]!, args];
}

function text(one: Case): string | undefined {
  const [family, args] = wordsOf(one);
  const { commands, untranslatable, diagnostics } = translateLine(args, family);
  const got = commands.map(nftCommandLine);
  if (got.join('\n') === one.expected.join('\n')) return undefined;
  const problem = diagnostics.find(({ severity }) => severity === 'error')?.message;
  const said =
    problem ??
    (untranslatable.length > 0 ? `no words for ${untranslatable}` : got.join('\n          '));
  return `want ${one.expected.join('\n          ')}\n     got  ${said}`;
}

const TRIES = 120;

/** Where a chain of this name would see packets. */
function hookOf(chain: string): HookName {
  const name = chain.toLowerCase();
  const hooks: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
  return hooks.find((hook) => hook === name) ?? 'forward';
}

/** The chain as a base chain, at the same place for both. */
function chainChanges(
  { family, table }: { readonly family: XtFamily; readonly table: string },
  chain: string,
  hook = hookOf(chain),
): Change[] {
  const type = table === 'nat' && family !== 'bridge' ? 'nat' : 'filter';
  const priority = table === 'nat' ? (hook === 'postrouting' || hook === 'input' ? 100 : -100) : 0;
  const base = { type, hook, priority, devices: [] } as const;
  return [
    { op: 'newtable', create: false, family, table: { name: table, flags: [] } },
    { op: 'newchain', create: false, family, table, chain: { name: chain, flags: [], base } },
  ];
}

/** Something that has connections tracked, without which no chain of nat is asked. */
function tracking(family: XtFamily): readonly Change[] {
  if (family !== 'ip' && family !== 'ip6') return [];
  return loadRuleset([
    { name: 'tracking', text: `table ${family} tracking { chain c { ct state new counter; }; }` },
  ]).batch;
}

/** What a batch makes of nothing. */
function made(batches: readonly Batch[]): CompareInput {
  const engine = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  for (const batch of batches) engine.apply(batch);
  return { batches, program: engine.list() };
}

const jumpsTo = (args: readonly string[]): readonly string[] =>
  args.filter(
    (word, i) => /^(-j|-g|--jump|--goto)$/.test(args[i - 1] ?? '') && /^[A-Z]+$/.test(word),
  );

/** What a person would have to add, where the kernel refuses the rule as it stands in the vectors. */
interface Mended {
  readonly table?: string;
  readonly hook?: HookName;
  readonly protocol?: string;
}

function mended(message: string): Mended | undefined {
  const table = /only works in table (\w+)/.exec(message)?.[1];
  if (table !== undefined) return { table };
  const protocol = /needs a rule about protocol (\d+)/.exec(message)?.[1];
  if (protocol !== undefined) return { protocol };
  if (/non-tcp packets/.test(message)) return { protocol: '6' };
  const hook = /cannot be reached from \w+, only from (\w+)/.exec(message)?.[1];
  return hook === undefined ? undefined : { hook: hookOf(hook) };
}

function behaviour(one: Case): string | undefined {
  try {
    return compared(one, {});
  } catch (error) {
    const mend = mended(error instanceof Error ? error.message : '');
    if (mend === undefined) throw error;
    return compared(one, mend);
  }
}

function compared(one: Case, mend: Mended): string | undefined {
  const [family, words] = wordsOf(one);
  const args = mend.protocol === undefined ? words : [...words, '-p', mend.protocol];
  const { rules, chain, ...read } = checkedRules(args, family);
  if (chain === undefined) return undefined;
  const table = mend.table ?? read.table;
  const at = { family, table } as const;
  const targets = jumpsTo(args).map(
    (name): Change => ({
      op: 'newchain',
      create: false,
      ...at,
      chain: { name, flags: [] },
    }),
  );
  const setup = [...tracking(family), ...chainChanges(at, chain, mend.hook), ...targets];
  const own = rules.map((rule): Change => ({ op: 'newrule', ...at, chain, rule, where: 'add' }));
  const first = made([[...setup, ...own]]);
  const { commands, moved: places } = translateLine(args, family, { exact: true });
  const moved = commands.map((c) =>
    c
      .replace(`${family} ${read.table} `, `${family} ${table} `)
      .replace(/^insert rule/, 'add rule'),
  );
  const chains = [chain, ...jumpsTo(args)].map((name) => `chain ${name} { };`).join(' ');
  const loaded = loadRuleset([
    { name: 'nft', text: `table ${family} ${table} { ${chains} }\n${moved.join('\n')}\n` },
  ]);
  const [problem] = loaded.problems;
  if (problem !== undefined) return `the translation is refused: ${problem.message}`;
  const inTable = (place: string) =>
    place.replace(`${family} ${read.table} `, `${family} ${table} `);
  const mendedPlaces = new Map(
    [...places].map(([from, to]) => [inTable(from), to === undefined ? to : inTable(to)]),
  );
  const second = { ...made([setup, loaded.batch]), moved: mendedPlaces };
  const { difference, first: met } = compareRulesets(first, second, {
    tries: TRIES,
    sameRules: true,
  });
  if (difference === undefined) return met.reached === 0 ? 'no packet reached the rule' : undefined;
  const { aspect, packets, first: a, second: b } = difference;
  return `${aspect} after ${packets.join(' | ')}\n     iptables ${a}\n     nft      ${b}`;
}

function run(dir: string, report: Report): void {
  const lines = readFileSync(join(dir, 'iptables-txlate.jsonl'), 'utf8').split('\n');
  const seen = new Map<string, number>();
  for (const line of lines) {
    if (line === '') continue;
    const one: Case = JSON.parse(line);
    const n = (seen.get(one.file) ?? 0) + 1;
    seen.set(one.file, n);
    const id = `${one.file}#${n} ${one.cmd}`;
    attempt(report, 'text', id, () => text(one));
    const [family, args] = wordsOf(one);
    if (translateLine(args, family).commands.length === 0) continue;
    const { commands, untranslatable } = translateLine(args, family, { exact: true });
    attempt(report, 'carried', id, () =>
      commands.length > 0 ? undefined : `left over: ${untranslatable.join(', ')}`,
    );
    // Of what was not translated there is no pair.
    if (commands.length > 0) attempt(report, 'behaviour', id, () => behaviour(one));
  }
}

export const iptablesTxlate: Suite = {
  name: 'iptables-txlate',
  checks: ['text', 'carried', 'behaviour'],
  reads: 'iptables-txlate.jsonl',
  run,
};
