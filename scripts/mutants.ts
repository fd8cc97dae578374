// `npm run mutants -- [--tries N] [--most N] [--shard I/N] [WORD …]`: rulesets with one thing changed, and whether
// `diff` finds a packet that tells them apart. Words choose subjects by kind or name.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/index.ts';
import { type CompareInput, compareRulesets, type Loaded, loadRuleset } from '../src/lab/index.ts';
import type { Source } from '../src/nft/index.ts';
import { diffPrograms } from '../src/program/index.ts';
import { firewallSubjects, iptablesSubjects, nftSubjects, type Subject } from './mutants/rules.ts';

const { values, positionals } = parseArgs({
  options: {
    tries: { type: 'string', default: '1500' },
    most: { type: 'string', default: '12' },
    shard: { type: 'string', default: '1/1' },
    seed: { type: 'string', default: '1' },
    of: { type: 'string', default: 'iptables,nft,firewalls' },
    verbose: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const root = fileURLToPath(new URL('..', import.meta.url));
const conformance = fileURLToPath(new URL('../../shared/conformance/', import.meta.url));

function load(sources: readonly Source[]): Loaded | undefined {
  const loaded = loadRuleset(sources, { strict: true });
  return loaded.failed ? undefined : loaded;
}

const inputOf = (l: Loaded): CompareInput => ({
  batches: [l.batch],
  ipsets: l.ipsets,
  program: l.program,
});

type Outcome = 'refused' | 'same' | 'found' | 'survived' | 'false alarm' | 'refused by the engine';

function isSame(a: Loaded, b: Loaded): boolean {
  if (JSON.stringify(a.ipsets) !== JSON.stringify(b.ipsets)) return false;
  return diffPrograms(a.program, b.program).length === 0;
}

function outcome(
  a: Loaded,
  sources: readonly Source[],
  isComment: boolean,
): readonly [Outcome, string] {
  const b = loadRuleset(sources, { strict: true, interfaces: a.interfaces });
  if (b.failed) return ['refused', ''];
  if (!isComment && isSame(a, b)) return ['same', ''];
  try {
    const compared = compareRulesets(inputOf(a), inputOf(b), {
      tries: Number(values.tries),
      seed: Number(values.seed),
    });
    const { difference } = compared;
    const reached = `${compared.first.matched}/${compared.first.rules} ${compared.second.matched}/${compared.second.rules}`;
    if (isComment)
      return difference === undefined
        ? ['same', '']
        : ['false alarm', difference.packets.join(' ; ')];
    return difference === undefined
      ? ['survived', `${reached} ${compared.depends.join(',')}`]
      : ['found', difference.packets.join(' ; ')];
  } catch (error) {
    return ['refused by the engine', String(error)];
  }
}

function* subjects(): Generator<Subject> {
  const of = values.of.split(',');
  if (of.includes('iptables')) yield* iptablesSubjects(conformance);
  if (of.includes('nft')) yield* nftSubjects(conformance);
  if (of.includes('firewalls')) yield* firewallSubjects(root, conformance);
}

const [index = 1, shards = 1] = values.shard.split('/').map(Number);
const tally = new Map<string, Record<string, number>>();
const count = (key: string, what: string): void => {
  const row = tally.get(key) ?? {};
  row[what] = (row[what] ?? 0) + 1;
  tally.set(key, row);
};

const random = seeded(Number(values.seed));
const chosen = <T>(list: readonly T[], most: number): T[] => {
  const rest = [...list];
  while (rest.length > most) rest.splice(random.below(rest.length), 1);
  return rest;
};

let n = 0;
for (const subject of subjects()) {
  if (n++ % shards !== index - 1) continue;
  if (
    positionals.length > 0 &&
    !positionals.some((p) => `${subject.kind} ${subject.name}`.includes(p))
  )
    continue;
  if (values.verbose) console.error(subject.name);
  const a = load(subject.sources);
  if (a === undefined) {
    count(subject.kind, 'not loaded');
    continue;
  }
  for (const mutant of chosen(subject.mutants, Number(values.most))) {
    const [what, said] = outcome(a, mutant.sources, mutant.change === 'comment');
    count(subject.kind, what);
    count(`~ ${mutant.change}`, what);
    if (
      (what === 'survived' || what === 'false alarm' || what.startsWith('refused by')) &&
      !values.quiet
    ) {
      const original = subject.sources.at(-1)!.text.split('\n');
      const line =
        mutant.sources
          .at(-1)!
          .text.split('\n')
          .find((l, i) => l !== original[i]) ?? '(less)';
      console.log(
        `${what}\t${subject.kind}\t${mutant.change} ${mutant.at}\t${subject.name}\t${line}\t${said}`,
      );
    }
  }
}
const total: Record<string, number> = {};
for (const [key, row] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const { found = 0, survived = 0 } = row;
  if (!key.startsWith('~'))
    for (const [what, c] of Object.entries(row)) total[what] = (total[what] ?? 0) + c;
  console.log(`= ${key.padEnd(34)} ${found}/${found + survived} ${JSON.stringify(row)}`);
}
console.log('= total', JSON.stringify(total));
