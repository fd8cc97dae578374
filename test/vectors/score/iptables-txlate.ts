// iptables-txlate: a command in the words of iptables and in those of nft. `text`: the translation is
// written as the vectors have it. `behaviour`: what the command makes and what its translation makes
// do the same to packets made for both.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { NfTables } from '../../../src/engine/index.ts';
import { checkedRules, translateLine, type XtFamily } from '../../../src/iptables/index.ts';
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

/** As the vectors write commands: quoted where there is more than words in them. */
const written = (command: string): string =>
  /[^\w\s.:/-]|^(add|insert) rule/.test(command) ? `nft '${command}'` : `nft ${command}`;

function wordsOf(one: Case): [XtFamily, string[]] {
  const [tool = '', ...args] = shellWords(one.cmd);
  return [FAMILIES[tool]!, args];
}

function text(one: Case): string | undefined {
  const [family, args] = wordsOf(one);
  const { commands, untranslatable, diagnostics } = translateLine(args, family);
  const got = commands.map(written);
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
function chainChanges(family: XtFamily, table: string, chain: string): Change[] {
  const type = table === 'nat' && family !== 'bridge' ? 'nat' : 'filter';
  const hook = hookOf(chain);
  const priority = table === 'nat' ? (hook === 'postrouting' || hook === 'input' ? 100 : -100) : 0;
  const base = { type, hook, priority, devices: [] } as const;
  return [
    { op: 'newtable', create: false, family, table: { name: table, flags: [] } },
    { op: 'newchain', create: false, family, table, chain: { name: chain, flags: [], base } },
  ];
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

/** The kernel has some targets in one table only; the vectors do not ask it. */
const ONLY_IN = /only works in table (\w+), not in (\w+)/;

function behaviour(one: Case): string | undefined {
  try {
    return compared(one, (command) => command);
  } catch (error) {
    const [, wanted, given] = ONLY_IN.exec(error instanceof Error ? error.message : '') ?? [];
    if (wanted === undefined) throw error;
    return compared(one, (command) => command.replace(` ${given} `, ` ${wanted} `), wanted);
  }
}

/** @param moved the command in the table that both are tried in */
function compared(
  one: Case,
  moved: (command: string) => string,
  otherTable?: string,
): string | undefined {
  const [family, args] = wordsOf(one);
  const { rules, chain, ...read } = checkedRules(args, family);
  if (chain === undefined) return undefined;
  const table = otherTable ?? read.table;
  const targets = jumpsTo(args).map(
    (name): Change => ({
      op: 'newchain',
      create: false,
      family,
      table,
      chain: { name, flags: [] },
    }),
  );
  const setup = [...chainChanges(family, table, chain), ...targets];
  const own = rules.map(
    (rule): Change => ({ op: 'newrule', family, table, chain, rule, where: 'add' }),
  );
  const first = made([[...setup, ...own]]);
  const { commands, untranslatable } = translateLine(args, family);
  if (commands.length === 0) return `no words for ${untranslatable.join(', ')}`;
  const chains = [chain, ...jumpsTo(args)].map((name) => `chain ${name} { };`).join(' ');
  const text = commands.map((c) => moved(c).replace(/^insert rule/, 'add rule')).join('\n');
  const loaded = loadRuleset([
    { name: 'nft', text: `table ${family} ${table} { ${chains} }\n${text}\n` },
  ]);
  const [problem] = loaded.problems;
  if (problem !== undefined) return `the translation is refused: ${problem.message}`;
  const second = made([setup, loaded.batch]);
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
    attempt(report, 'behaviour', id, () => behaviour(one));
  }
}

export const iptablesTxlate: Suite = {
  name: 'iptables-txlate',
  checks: ['text', 'behaviour'],
  reads: 'iptables-txlate.jsonl',
  run,
};
