// iptables-t: one rule is appended to each of some chains, and taken or refused; taken, it is
// saved as it stands in the vectors.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConntrack } from '../../../src/conntrack/index.ts';
import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { NfTables } from '../../../src/engine/index.ts';
import { compileLine, saveRuleset, type XtFamily } from '../../../src/iptables/index.ts';
import { createNat } from '../../../src/nat/index.ts';
import { shellWords } from '../../shell-words.ts';
import { attempt, type Report, type Suite } from './suite.ts';

interface Case {
  readonly file: string;
  readonly line: number;
  readonly tool: string;
  readonly table: string;
  readonly chains: readonly string[];
  readonly rule: string;
  readonly save: string | null;
  readonly expect: { readonly NFT: 'OK' | 'FAIL' };
  readonly setup: readonly string[];
}

const FAMILIES: Readonly<Record<string, XtFamily>> = {
  iptables: 'ip',
  ip6tables: 'ip6',
  arptables: 'arp',
  ebtables: 'bridge',
};

const netns = new Netns({ clock: manualClock(), random: seeded(1) });
const conntrack = createConntrack(netns);
const nat = createNat(netns, conntrack);

/** A ruleset of its own for each attempt. */
class Bench {
  readonly engine = new NfTables(netns, { conntrack, nat });

  /** A sentence says why a command line was refused. */
  run(family: XtFamily, args: readonly string[]): string | undefined {
    const { batch, diagnostics } = compileLine(args, { family, current: this.engine.list() });
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    if (problem !== undefined) return problem.message;
    try {
      this.engine.apply(batch);
    } catch (error) {
      return `refused: ${error instanceof Error ? error.message : String(error)}`;
    }
    return undefined;
  }

  save(family: XtFamily): string {
    return saveRuleset(this.engine.list(), family, { counters: false });
  }

  close(): void {
    this.engine.close();
  }
}

/** What has to be there before; other programs' commands are theirs. */
function prepare(bench: Bench, setup: readonly string[]): void {
  for (const line of setup) {
    const [tool = '', ...args] = shellWords(line);
    const family = FAMILIES[tool];
    if (family !== undefined) bench.run(family, args);
  }
}

function inChain<T>(
  one: Case,
  chain: string,
  look: (bench: Bench, refused: string | undefined) => T,
): T {
  const bench = new Bench();
  try {
    prepare(bench, one.setup);
    const family = FAMILIES[one.tool]!;
    return look(bench, bench.run(family, ['-t', one.table, '-A', chain, ...shellWords(one.rule)]));
  } finally {
    bench.close();
  }
}

function accepted(one: Case): string | undefined {
  for (const chain of one.chains) {
    const refused = inChain(one, chain, (_, why) => why);
    if (one.expect.NFT === 'OK' && refused !== undefined)
      return `not accepted in ${chain}: ${refused}`;
    if (one.expect.NFT !== 'OK' && refused === undefined) return `taken in ${chain}: ${one.rule}`;
  }
  return undefined;
}

function saved(one: Case): string | undefined {
  for (const chain of one.chains) {
    const text = inChain(one, chain, (bench, refused) =>
      refused === undefined ? bench.save(FAMILIES[one.tool]!) : `not accepted: ${refused}`,
    );
    if (text.startsWith('not accepted')) return text;
    if (!text.includes(one.save!))
      return `want ${one.save}\n     got  ${text.split('\n').find((line) => line.startsWith(`-A ${chain}`)) ?? text}`;
  }
  return undefined;
}

function run(dir: string, report: Report): void {
  const lines = readFileSync(join(dir, 'iptables-t.jsonl'), 'utf8').split('\n');
  const seen = new Map<string, number>();
  for (const line of lines.filter((text) => text !== '')) {
    const one = JSON.parse(line) as Case;
    const place = `${one.file}:${one.line}:${one.tool}`;
    const again = seen.get(place) ?? 0;
    seen.set(place, again + 1);
    const id = again === 0 ? place : `${place}#${again}`;
    attempt(report, 'accepted', id, () => accepted(one));
    if (one.expect.NFT === 'OK' && one.save !== null) attempt(report, 'save', id, () => saved(one));
  }
}

export const iptablesT: Suite = {
  name: 'iptables-t',
  checks: ['accepted', 'save'],
  reads: 'iptables-t.jsonl',
  run,
};
