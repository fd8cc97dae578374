// What each command does to the tables (nft.c of iptables). Mistakes are thrown with their place.

import type { Diagnostic } from '../../diagnostics/index.ts';
import type { Rule, Source } from '../../program/index.ts';
import { checkRule } from '../2-check/rule.ts';
import { builtinElsewhere } from '../2-check/tables.ts';
import type { Written } from '../2-check/uses.ts';
import { EBT_POLICIES } from '../3-compile/ebt-policy.ts';
import { lowerRule } from '../3-compile/rule.ts';
import type { Tables, WorkChain, WorkTable } from '../3-compile/tables.ts';
import { echoRow, type ListOptions } from '../4-list/list.ts';
import { commandsText, comparable, listText, ordered, tableNames } from '../4-list/tables.ts';
import { type CommandWords, type Counters, spanOf, type Word, type XtRule } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names } from '../extension/index.ts';
import { added, counted, isCounterChange } from './counters.ts';
import { checkChainName, checkEbtPolicy, checkParts } from './legal.ts';

export interface CommandContext {
  readonly tables: Tables;
  readonly names: Names;
  readonly written: Written;
  /** The table where the command names none. */
  readonly table: string;
  /** Counters of the rule that stood before the command, in a restore file. */
  readonly counters?: Counters | undefined;
  readonly keep?: ((diagnostic: Diagnostic) => void) | undefined;
  /** What names a set that is not there is kept as well. */
  readonly keepsMissing?: boolean;
  readonly warn: (diagnostic: Diagnostic) => void;
  /** Tells of what it does, as --verbose does. */
  readonly verbose?: boolean;
  /** Where the line stands, for what the engine refuses and for traces. */
  readonly place?: Source | undefined;
}

const NO_CHAIN = 'No chain/target/match by that name.';

class Command {
  readonly #words: CommandWords;
  readonly #cx: CommandContext;
  readonly #table: WorkTable;

  constructor(words: CommandWords, cx: CommandContext) {
    this.#words = words;
    this.#cx = cx;
    const name = words.table?.text ?? cx.table;
    const table = cx.tables.table(name);
    this.#table =
      table ?? say.bad(say.noSuchTable(this.#span(words.table), name, tableNames(words.family)));
  }

  #span(word: Word | undefined, last?: Word) {
    const { source, text, line } = this.#cx.written;
    if (word !== undefined) return spanOf(source, word, last);
    return { source, start: line?.start ?? 0, end: line?.end ?? text.length };
  }

  /** What is printed. */
  run(): string {
    const { command, args } = this.#words;
    const [chain, second] = args;
    checkParts(this.#words, this.#cx.written.source);
    switch (command) {
      case undefined:
        return say.bad(say.noCommand(this.#span(undefined)));
      case 'append':
      case 'insert':
      case 'replace':
      case 'delete':
      case 'check':
        return this.#ruleCommand(command, chain!, second);
      case 'list':
      case 'list-rules':
        return this.#list(command, chain, second);
      case 'zero':
        return this.#zero(chain, second);
      case 'flush':
        return this.#flush(chain);
      case 'new-chain':
        this.#newChain(chain!, second);
        return '';
      case 'delete-chain':
        return this.#deleteChains(chain);
      case 'rename-chain':
        this.#renameChain(chain!, second!);
        return '';
      case 'policy':
        this.#policy(chain!, second!);
        return '';
      case 'init-table':
        this.#cx.tables.clear(this.#table);
        return '';
      case 'change-counters':
        this.#changeCounters(chain!, args.slice(1));
        return '';
      default:
        return '';
    }
  }

  /** @throws BadLine where there is none of that name */
  #chain(word: Word): WorkChain {
    const { chains, builtin } = this.#table;
    const found = chains.get(word.text);
    if (found !== undefined) return found;
    const hint = builtinElsewhere(this.#words.family, builtin.name, word.text);
    return say.bad(say.nothingOfThatName(this.#span(word), word.text, chains.keys(), hint));
  }

  #chains(word: Word | undefined): readonly WorkChain[] {
    return word === undefined ? ordered(this.#table) : [this.#chain(word)];
  }

  /** A number of a rule, counted from 1. */
  #number(word: Word): number {
    if (!/^\d+$/.test(word.text) || Number(word.text) < 1)
      say.bad(say.badValue(this.#span(word), `Invalid rule number \`${word.text}'`));
    return Number(word.text);
  }

  #ruleCommand(
    command: 'append' | 'insert' | 'replace' | 'delete' | 'check',
    chainWord: Word,
    numberWord: Word | undefined,
  ): string {
    if (command === 'check' && !this.#table.chains.has(chainWord.text)) this.#noRule();
    const chain = this.#chain(chainWord);
    if (command === 'delete' && numberWord !== undefined) {
      this.#deleteNumbered(chain, numberWord);
      return '';
    }
    const number = numberWord && this.#number(numberWord);
    const read = this.#read(chain.name);
    const rules = read.map((rule) => this.#lowered(rule));
    if (command === 'delete' || command === 'check')
      for (const rule of rules) this.#find(command, chain, rule);
    else if (command === 'append')
      for (const rule of rules) this.#cx.tables.append(this.#table, chain, rule, this.#cx.place);
    else if (command === 'insert') this.#insert(chain, rules, number ?? 1, numberWord);
    else this.#replace(chain, rules, number ?? 1, numberWord!);
    if (!this.#isVerbose) return '';
    return read.map((rule) => echoRow(rule, this.#table.builtin.name)).join('');
  }

  get #isVerbose(): boolean {
    return this.#cx.verbose === true || this.#words.flags.has('verbose');
  }

  /** What is told of each chain with --verbose. */
  #told(what: string, chains: readonly WorkChain[]): string {
    return this.#isVerbose ? chains.map(({ name }) => `${what} chain \`${name}'\n`).join('') : '';
  }

  #lowered(rule: XtRule): Rule {
    return lowerRule(rule, this.#table.builtin.name, this.#cx.place);
  }

  #read(chain: string): readonly XtRule[] {
    const { written, names, keep, keepsMissing, warn, counters, tables } = this.#cx;
    const words =
      counters === undefined || this.#words.counters ? this.#words : { ...this.#words, counters };
    const { family } = tables;
    const { chains, builtin } = this.#table;
    return checkRule(words, chain, {
      family,
      table: builtin.name,
      names,
      written,
      chains,
      keep,
      keepMissing: keepsMissing === true ? keep : undefined,
      warn,
    });
  }

  #insert(chain: WorkChain, rules: readonly Rule[], number: number, word: Word | undefined): void {
    if (number > chain.rules.length + 1)
      say.bad(say.noSuchRule(this.#span(word), 'Index of insertion too big.'));
    // One after the other at the same place: the last address comes first.
    for (const rule of rules)
      this.#cx.tables.insert(this.#table, chain, number - 1, rule, this.#cx.place);
  }

  #replace(chain: WorkChain, rules: readonly Rule[], number: number, word: Word): void {
    const [rule, ...more] = rules;
    if (rule === undefined || more.length > 0)
      say.bad(say.badValue(this.#span(word), 'Replacement rule does not specify a unique address'));
    if (number > chain.rules.length)
      say.bad(say.noSuchRule(this.#span(word), 'Index of replacement too big.'));
    this.#cx.tables.replace(this.#table, chain, number - 1, rule, this.#cx.place);
  }

  /** A number, or of ebtables `2:4`, `:4` and `2:`. */
  #range(word: Word, last: number): readonly [number, number] {
    const range = this.#words.family === 'bridge' ? /^(\d*):(\d*)$/.exec(word.text) : null;
    if (range === null) return [this.#number(word), this.#number(word)];
    const [, from = '', to = ''] = range;
    return [
      this.#number({ ...word, text: from || '1' }),
      this.#number({ ...word, text: to || `${last}` }),
    ];
  }

  #deleteNumbered(chain: WorkChain, word: Word): void {
    const [from, to] = this.#range(word, chain.rules.length);
    if (to > chain.rules.length)
      say.bad(say.noSuchRule(this.#span(word), 'Index of deletion too big.'));
    for (let number = to; number >= from; number--)
      this.#cx.tables.remove(this.#table, chain, number - 1, this.#cx.place);
  }

  /** The first rule that is made by the same options. */
  #find(command: 'delete' | 'check', chain: WorkChain, wanted: Rule): void {
    const text = this.#text(wanted);
    const index = chain.rules.findIndex((rule) => this.#text(rule) === text);
    if (index < 0) this.#noRule();
    if (command === 'delete') this.#cx.tables.remove(this.#table, chain, index, this.#cx.place);
  }

  #noRule(): never {
    const text = 'Bad rule (does a matching rule exist in that chain?).';
    return say.bad(say.noSuchRule(this.#span(undefined), text));
  }

  #text(rule: Rule): string | Rule {
    return comparable(rule, this.#cx.tables.family, this.#table.builtin.name);
  }

  #list(command: 'list' | 'list-rules', chain: Word | undefined, number: Word | undefined): string {
    const { flags, family } = this.#words;
    const chains = this.#chains(chain);
    const options: ListOptions = {
      family,
      table: this.#table.builtin.name,
      numeric: flags.has('numeric'),
      verbose: flags.has('verbose'),
      exact: flags.has('exact'),
      lineNumbers: flags.has('line-numbers') || flags.has('Ln'),
      counters: flags.has('Lc'),
      ...(number === undefined ? {} : { only: this.#number(number) }),
    };
    const list = command === 'list' ? listText : commandsText;
    const text = list(this.#cx.tables, this.#table, chains, options);
    return this.#words.andZero ? text + this.#zero(chain, number) : text;
  }

  #flush(word: Word | undefined): string {
    const chains = this.#chains(word);
    for (const chain of chains) this.#cx.tables.flush(this.#table, chain, this.#cx.place);
    return this.#told('Flushing', chains);
  }

  #zero(word: Word | undefined, numberWord: Word | undefined): string {
    const number = numberWord && this.#number(numberWord);
    const chains = this.#chains(word);
    for (const chain of chains) {
      if (number !== undefined && number > chain.rules.length)
        say.bad(say.noSuchRule(this.#span(numberWord), 'Index of counter too big.'));
      this.#zeroChain(chain, number);
    }
    return number === undefined ? this.#told('Zeroing', chains) : '';
  }

  #zeroChain(chain: WorkChain, number: number | undefined): void {
    const { tables, place } = this.#cx;
    if (!chain.exists) return;
    const zero = { packets: 0, bytes: 0 };
    if (chain.isBase && number === undefined)
      tables.policy(this.#table, chain, chain.policy ?? 'accept', zero, place);
    for (const [i, rule] of [...chain.rules].entries())
      if (number === undefined || number === i + 1)
        tables.replace(this.#table, chain, i, counted(rule, zero), place);
  }

  /** ebtables -C chain [first[:last]] packets bytes; `+1` adds, `-1` takes away. */
  #changeCounters(chainWord: Word, words: readonly Word[]): void {
    const chain = this.#chain(chainWord);
    const [bytes, packets, numbers] = words.toReversed();
    if (packets === undefined || bytes === undefined)
      say.bad(say.badValue(this.#span(chainWord), 'The command -C needs at least 2 arguments'));
    for (const word of [packets, bytes])
      if (!isCounterChange(word.text))
        say.bad(say.badValue(this.#span(word), `Packet counter '${word.text}' invalid`));
    const [from, to] = this.#counted(chain, numbers);
    for (let index = from; index <= to; index++) {
      const rule = chain.rules[index]!;
      const before = rule.exprs.find((expr) => expr.kind === 'counter') ?? { packets: 0, bytes: 0 };
      const now = {
        packets: added(before.packets, packets.text),
        bytes: added(before.bytes, bytes.text),
      };
      this.#cx.tables.replace(this.#table, chain, index, counted(rule, now), this.#cx.place);
    }
  }

  /** The first and the last rule whose counters change: those of the numbers, or the one that is described. */
  #counted(chain: WorkChain, numbers: Word | undefined): readonly [number, number] {
    if (numbers === undefined) {
      const [wanted] = this.#read(chain.name).map((rule) => this.#text(this.#lowered(rule)));
      const index = chain.rules.findIndex((rule) => this.#text(rule) === wanted);
      return index < 0 ? this.#noRule() : [index, index];
    }
    const { options, matches, target } = this.#words.rule;
    if (options.length + matches.length > 0 || target !== undefined)
      say.bad(
        say.badValue(
          this.#span(numbers),
          'No extra options allowed with -C start_nr[:end_nr] pcnt bcnt',
        ),
      );
    const [from, to] = this.#range(numbers, chain.rules.length);
    if (to > chain.rules.length)
      say.bad(say.noSuchRule(this.#span(numbers), 'Index of counter too big.'));
    return [from - 1, to - 1];
  }

  #newChain(word: Word, policy: Word | undefined): void {
    checkChainName(word, this.#words.family, this.#cx.written.source);
    if (this.#table.chains.has(word.text)) say.bad(say.chainExists(this.#span(word)));
    const chain = this.#cx.tables.newChain(this.#table, word.text, this.#cx.place);
    if (policy !== undefined) this.#ebtPolicy(chain, policy);
  }

  #deleteChains(word: Word | undefined): string {
    const { tables, place } = this.#cx;
    const chains =
      word === undefined ? ordered(this.#table).filter((one) => !one.isBase) : [this.#chain(word)];
    for (const chain of chains) {
      if (chain.isBase && !chain.exists) say.bad(say.noSuchRule(this.#span(word), NO_CHAIN));
      if (chain.rules.length > 0)
        this.#busy(word, chain, `it has rules, which -F ${chain.name} takes out`);
      tables.deleteChain(this.#table, chain, place);
    }
    const references = tables.references(this.#table);
    for (const chain of chains)
      if (references.has(chain.name)) this.#busy(word, chain, 'rules jump to it');
    // ebtables alone says nothing of it.
    return tables.family === 'bridge' ? '' : this.#told('Deleting', chains);
  }

  #busy(word: Word | undefined, { name }: WorkChain, hint: string): never {
    const message = `CHAIN_DEL failed (Device or resource busy): chain ${name}`;
    return say.bad(say.refused(this.#span(word), message, { hint }));
  }

  #renameChain(from: Word, to: Word): void {
    const chain = this.#chain(from);
    // No other check: a chain may be renamed to the name of a target (do_parse of xshared.c).
    if (this.#table.chains.has(to.text) || isVerdictName(to.text))
      say.bad(say.noSuchRule(this.#span(to), 'File exists.'));
    if (chain.isBase) say.bad(say.noSuchRule(this.#span(from), NO_CHAIN));
    this.#cx.tables.renameChain(this.#table, chain, to.text, this.#cx.place);
  }

  #ebtPolicy(chain: WorkChain, policy: Word): void {
    checkEbtPolicy(policy, chain.isBase, this.#cx.written.source);
    const { tables, place } = this.#cx;
    tables.ebtPolicy(this.#table, chain, EBT_POLICIES[policy.text], place);
  }

  #policy(word: Word, policy: Word): void {
    const chain = this.#table.chains.get(word.text);
    const { family } = this.#cx.tables;
    if (family === 'bridge' && chain !== undefined)
      checkEbtPolicy(policy, chain.isBase, this.#cx.written.source);
    if (family === 'bridge' && chain?.isBase === false) {
      this.#ebtPolicy(chain, policy);
      return;
    }
    if (chain === undefined || !chain.isBase)
      say.bad(say.noSuchRule(this.#span(word), 'Bad built-in chain name.'));
    if (policy.text !== 'ACCEPT' && policy.text !== 'DROP')
      say.bad(
        say.noSuchRule(this.#span(policy), "Bad policy name. Run `dmesg' for more information."),
      );
    const isNat = this.#table.builtin.name === 'nat' && this.#cx.tables.family !== 'bridge';
    if (isNat && policy.text === 'DROP') say.bad(say.noFiltering(this.#span(policy)));
    const { counters } = this.#words;
    this.#cx.tables.policy(
      this.#table,
      chain,
      policy.text === 'DROP' ? 'drop' : 'accept',
      counters,
      this.#cx.place,
    );
  }
}

const isVerdictName = (name: string): boolean =>
  ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'].includes(name);

/** Carries a command out on the tables; what it prints. @throws BadLine */
export const runCommand = (words: CommandWords, cx: CommandContext): string =>
  new Command(words, cx).run();
