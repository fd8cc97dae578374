// Whole rulesets: the tables of iptables as a file for nft, with their chains and policies.

import type {
  AcctObject,
  Chain,
  HookName,
  IpSet,
  Program,
  Rule,
  Table,
} from '../../program/index.ts';
import { contextOf } from '../3-compile/rule.ts';
import { ruleText } from '../4-list/save.ts';
import { raised } from '../4-list/tables.ts';
import type { XtRule } from '../ast/index.ts';
import type { Declared, TranslateContext, XtFamily } from '../extension/index.ts';
import { accountsOf } from './accounts.ts';
import { chainNames } from './chain-names.ts';
import { ipSetsOf } from './ipsets.ts';
import { Places } from './places.ts';
import { leftoverReason, type Missing, type Translated, translateRule } from './rule.ts';
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
  /** The matches and targets that nft has not the same words for. */
  readonly what: readonly Missing[];
  /** The rules that `near` would write; empty where it would write none. */
  readonly near: readonly string[];
  readonly rule: Rule;
}

/** A rule that was carried over as nearly the same, with `near`. */
export interface NearRule extends Omit<Leftover, 'what' | 'near'> {
  readonly differences: readonly string[];
}

export interface TranslatedProgram {
  /** A file for `nft -f`. */
  readonly text: string;
  readonly leftovers: readonly Leftover[];
  readonly near: readonly NearRule[];
  /**
   * Where the rules of the translation are in the original, with neither's leftovers: `family table
   * chain index` by the same, of those that stand elsewhere because one became several, or in a chain of
   * another name; undefined for those that only lead to others.
   */
  readonly moved: ReadonlyMap<string, string | undefined>;
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

/** Where a rule of the original is. */
type At = Omit<Leftover, 'text' | 'what' | 'near'>;

type Written = Extract<Translated, { kind: 'text' }> & {
  /** In the words of iptables, where the translation differs. */
  readonly original: string;
};

/** One table: its chains, and what their rules need beside them. */
class TableWriter {
  readonly leftovers: Leftover[] = [];
  readonly near: NearRule[] = [];
  readonly #places: Places;
  readonly #table: Table;
  readonly #family: XtFamily;
  readonly #names: SetNames;
  /** By kind and name: rules may share one. */
  readonly #declared = new Map<string, Declared>();
  readonly #chains: string[] = [];
  /** What chains of the table are called that cannot keep their names. */
  readonly #renamed: ReadonlyMap<string, string>;

  constructor(
    table: Table,
    family: XtFamily,
    options: TranslateOptions,
    known: Pick<TranslateContext, 'account' | 'ipset'>,
  ) {
    this.#table = table;
    this.#family = family;
    const names = table.chains.map(({ name }) => name);
    this.#renamed = chainNames(names, options.isName ?? (() => true));
    this.#places = new Places(`${family} ${table.name}`);
    const sets = (options.ipsets ?? []).map(({ name }) => name);
    const taken = new Set([...names, ...this.#renamed.values(), ...sets]);
    this.#names = new SetNames({ exact: true, ...known, ...options }, taken);
  }

  get moved(): ReadonlyMap<string, string | undefined> {
    return this.#places.moved;
  }

  get renamed(): readonly RenamedChain[] {
    const [family, table] = [this.#family, this.#table.name];
    return [...this.#renamed].map(([chain, to]) => ({ family, table, chain, to }));
  }

  text(): string {
    const chains = this.#table.chains.map((chain) => this.#chain(chain));
    const declared = [...this.#declared.values()].map(declaration);
    const body = [...declared, ...this.#chains, ...chains].map(indented).join('\n\n');
    return `table ${this.#family} ${this.#table.name} {\n${body}\n}\n`;
  }

  #chain(chain: Chain): string {
    const name = this.#renamed.get(chain.name) ?? chain.name;
    let [from, to] = [0, 0];
    const lines = chain.rules.flatMap((rule, index) => {
      const at = this.#at(chain, index, rule);
      const written = this.#rule(at, chain.base?.hook);
      if (!('rules' in written)) {
        this.leftovers.push(written);
        return leftoverLines(written);
      }
      this.#places.add(written, { here: name, there: chain.name }, from, to++);
      from += written.rules.length;
      this.#own(written);
      const { differences, original: text } = written;
      if (differences.length > 0) this.near.push({ ...at, text, differences });
      return [...written.differences.map(nearLine), ...written.rules.map(({ text }) => text)];
    });
    return chainText(name, [...baseLines(chain, this.#family), ...lines]);
  }

  #at({ name }: Chain, index: number, rule: Rule): At {
    return { family: this.#family, table: this.#table.name, chain: name, index, rule };
  }

  /** What stands beside the rule. */
  #own({ declared, chains }: Written): void {
    for (const one of declared) this.#declared.set(`${one.what} ${one.name}`, one);
    for (const { name, rules } of chains) {
      const lines = rules.map(({ text }) => text);
      this.#chains.push(chainText(name, lines));
    }
  }

  #rule(at: At, hook: HookName | undefined): Written | Leftover {
    const { table, family } = at;
    const one = raised(at.rule, family, table);
    if (one === undefined) return { ...at, text: '', what: [UNKNOWN], near: [] };
    const cx = contextOf(one, table);
    const original = (): string => ruleText(one, table).trim();
    const aimed = this.#aimed(one);
    const translated = translateRule(aimed, cx, { ...this.#names.options, hook });
    if (translated.kind === 'text')
      return translated.differences.length === 0
        ? { ...translated, original: '' }
        : { ...translated, original: original() };
    const near = translateRule(aimed, cx, {
      ...this.#names.options,
      hook,
      near: true,
      next: (prefix) => `${prefix}0`,
    });
    return {
      ...at,
      text: original(),
      what: translated.what,
      near: near.kind === 'text' ? near.rules.map(({ text }) => text) : [],
    };
  }

  /** Jumps go to chains as they are called now. */
  #aimed(rule: XtRule): XtRule {
    const { target } = rule;
    if (target?.kind !== 'jump' && target?.kind !== 'goto') return rule;
    const chain = this.#renamed.get(target.chain);
    return chain === undefined ? rule : { ...rule, target: { ...target, chain } };
  }
}

const UNKNOWN: Missing = { name: 'not a rule of iptables', why: undefined, near: false };

const leftoverLines = ({ text, what, near }: Leftover): string[] => [
  `# ${text}`,
  ...what.map((one) => `#   left over: ${leftoverReason(one)}`),
  ...near.map((rule) => `#   nearly: ${rule}`),
];

const nearLine = (difference: string): string => `# nearly: ${difference}`;

const declaration = ({ what, name, body }: Declared): string =>
  `${what} ${name} {\n${body.map(indented).join('\n')}\n}`;

const chainText = (name: string, lines: readonly string[]): string =>
  `chain ${name} {\n${lines.map(indented).join('\n')}\n}`;

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
  /** Rules that nft can say only nearly are written, and what is different. */
  readonly near?: boolean;
  /** Whether nft's language can say a word as the name of a chain. */
  readonly isName?: (word: string) => boolean;
  /** Accounting objects, where it is known which there are. */
  readonly accounting?: readonly AcctObject[];
  /** Sets of ipset, where it is known which there are. */
  readonly ipsets?: readonly IpSet[];
}

/** Tables of iptables in nft's language; rules that nft has no words for stand as comments. */
export function translateProgram(
  program: Program,
  options: TranslateOptions = {},
): TranslatedProgram {
  const known = { account: accountsOf(program, options), ipset: ipSetsOf(options, program) };
  const writers = program.tables.flatMap((table) =>
    isXt(table.family) ? [new TableWriter(table, table.family, options, known)] : [],
  );
  return {
    text: writers.map((writer) => writer.text()).join('\n'),
    leftovers: writers.flatMap(({ leftovers }) => leftovers),
    near: writers.flatMap(({ near }) => near),
    moved: new Map(writers.flatMap(({ moved }) => [...moved])),
    renamed: writers.flatMap(({ renamed }) => renamed),
  };
}
