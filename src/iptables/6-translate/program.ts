// Whole rulesets: the tables of iptables as a file for nft, with their chains and policies.

import type { Chain, HookName, Program, Rule, Table } from '../../program/index.ts';
import { contextOf } from '../3-compile/rule.ts';
import { ruleText } from '../4-list/save.ts';
import { raised } from '../4-list/tables.ts';
import type { XtRule } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';
import { chainNames } from './chain-names.ts';
import { translateRule } from './rule.ts';
import { SetNames } from './set-names.ts';

/** A rule that could not be carried over. */
export interface Leftover {
  readonly family: XtFamily;
  readonly table: string;
  readonly chain: string;
  /** Position in its chain, from 0. */
  readonly index: number;
  /** As iptables-save writes it; empty for what is no rule of iptables. */
  readonly text: string;
  /** The matches and targets that nft has no words for. */
  readonly what: readonly string[];
  readonly rule: Rule;
}

export interface TranslatedProgram {
  /** A file for `nft -f`. */
  readonly text: string;
  readonly leftovers: readonly Leftover[];
  /**
   * Where the rules of the translation are in the original, with neither's leftovers: `family table
   * chain index` by the same, of those that stand elsewhere because a rule before them became two,
   * or in a chain of another name.
   */
  readonly moved: ReadonlyMap<string, string>;
  /** Chains that are called otherwise. */
  readonly renamed: readonly RenamedChain[];
}

export interface RenamedChain {
  readonly family: XtFamily;
  readonly table: string;
  readonly chain: string;
  readonly to: string;
}

/** Priorities that have a name in the families of IP; in the bridge family names mean other numbers. */
const PRIORITIES: Readonly<Record<number, string>> = {
  [-300]: 'raw',
  [-150]: 'mangle',
  [-100]: 'dstnat',
  0: 'filter',
  50: 'security',
  100: 'srcnat',
};

/** nft takes some names at one hook alone (std_prio_lookup() of its rule.c). */
const ONLY_AT: Readonly<Record<string, HookName>> = {
  dstnat: 'prerouting',
  srcnat: 'postrouting',
};

function nameOfPriority({ hook, priority }: NonNullable<Chain['base']>): string | undefined {
  const name = PRIORITIES[priority];
  return name === undefined || (ONLY_AT[name] ?? hook) === hook ? name : undefined;
}

const isXt = (family: Table['family']): family is XtFamily =>
  family === 'ip' || family === 'ip6' || family === 'arp' || family === 'bridge';

class ProgramWriter {
  readonly leftovers: Leftover[] = [];
  readonly moved = new Map<string, string>();
  readonly renamed: RenamedChain[] = [];
  readonly #keepCounters: boolean;
  readonly #isName: (word: string) => boolean;
  /** What chains of the table are called that cannot keep their names. */
  #names: ReadonlyMap<string, string> = new Map();

  constructor({ keepCounters = false, isName = () => true }: TranslateOptions) {
    this.#keepCounters = keepCounters;
    this.#isName = isName;
  }

  table(table: Table, family: XtFamily): string {
    const sets = new SetNames({ exact: true, keepCounters: this.#keepCounters });
    const declared: string[] = [];
    const names = table.chains.map(({ name }) => name);
    this.#names = chainNames(names, this.#isName);
    for (const [chain, to] of this.#names)
      this.renamed.push({ family, table: table.name, chain, to });
    // Chains that others jump to come first: nft reads a file in order.
    const chains = table.chains.map((chain) => this.#chain(table, family, chain, sets, declared));
    const body = [...declared, ...chains].map(indented).join('\n\n');
    return `table ${family} ${table.name} {\n${body}\n}\n`;
  }

  #chain(table: Table, family: XtFamily, chain: Chain, sets: SetNames, declared: string[]): string {
    const name = this.#names.get(chain.name) ?? chain.name;
    const [there, here] = [chain.name, name].map((one) => `${family} ${table.name} ${one}`);
    let [from, to] = [0, 0];
    const lines = chain.rules.flatMap((rule, index) => {
      const written = this.#rule(rule, family, table.name, sets, declared);
      if ('text' in written) {
        this.leftovers.push({
          family,
          table: table.name,
          chain: chain.name,
          index,
          rule,
          ...written,
        });
        return [`# ${written.text}`];
      }
      for (const _ of written) {
        if (from !== to || here !== there) this.moved.set(`${here} ${from}`, `${there} ${to}`);
        from++;
      }
      to++;
      return written;
    });
    return `chain ${name} {\n${[...baseLines(chain, family), ...lines].map(indented).join('\n')}\n}`;
  }

  #rule(
    rule: Rule,
    family: XtFamily,
    table: string,
    sets: SetNames,
    declared: string[],
  ): readonly string[] | Pick<Leftover, 'text' | 'what'> {
    const one = raised(rule, family, table);
    if (one === undefined) return { text: '', what: ['not a rule of iptables'] };
    const translated = translateRule(this.#aimed(one), contextOf(one, table), sets.options);
    if (translated.kind === 'untranslatable')
      return { text: ruleText(one, table).trim(), what: translated.what };
    declared.push(...translated.setup.map(declaration));
    return translated.rules;
  }

  /** Jumps go to chains as they are called now. */
  #aimed(rule: XtRule): XtRule {
    const { target } = rule;
    if (target?.kind !== 'jump' && target?.kind !== 'goto') return rule;
    const chain = this.#names.get(target.chain);
    return chain === undefined ? rule : { ...rule, target: { ...target, chain } };
  }
}

/** `add set ip filter connlimit0 { … }` as it stands inside of its table. */
const declaration = (command: string): string =>
  command
    .replace(/^add (set|map) \S+ \S+ (\S+) \{ (.*?);? \}$/, '$1 $2 {\n\t$3\n}')
    .replaceAll('; ', '\n\t');

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '\t');

function baseLines({ base, policy }: Chain, family: XtFamily): string[] {
  if (base === undefined) return [];
  const named = family === 'ip' || family === 'ip6' ? nameOfPriority(base) : undefined;
  const priority = named ?? base.priority;
  return [
    `type ${base.type} hook ${base.hook} priority ${priority}; policy ${policy ?? 'accept'};`,
  ];
}

export interface TranslateOptions {
  /** Counters go on from where they are. */
  readonly keepCounters?: boolean;
  /** Whether nft's language can say a word as the name of a chain. */
  readonly isName?: (word: string) => boolean;
}

/** Tables of iptables in nft's language; rules that nft has no words for stand as comments. */
export function translateProgram(
  program: Program,
  options: TranslateOptions = {},
): TranslatedProgram {
  const writer = new ProgramWriter(options);
  const tables = program.tables.flatMap((table) =>
    isXt(table.family) ? [writer.table(table, table.family)] : [],
  );
  const { leftovers, moved, renamed } = writer;
  return { text: tables.join('\n'), leftovers, moved, renamed };
}
