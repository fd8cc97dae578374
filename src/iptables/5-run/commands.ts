// What each command does to the tables (nft.c of iptables). Mistakes are thrown with their place.

import type { Diagnostic } from '../../diagnostics/index.ts';
import type { Rule, Source } from '../../program/index.ts';
import { extensionNamed } from '../1-parse/extensions.ts';
import { checkRule } from '../2-check/rule.ts';
import type { Written } from '../2-check/uses.ts';
import { lowerRule } from '../3-compile/rule.ts';
import type { Tables, WorkChain, WorkTable } from '../3-compile/tables.ts';
import type { ListOptions } from '../4-list/list.ts';
import { ruleText } from '../4-list/save.ts';
import { commandsText, listText, ordered, raised, tableNames } from '../4-list/tables.ts';
import { type CommandWords, type Counters, spanOf, type Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names } from '../extension/index.ts';

export interface CommandContext {
  readonly tables: Tables;
  readonly names: Names;
  readonly written: Written;
  /** The table where the command names none. */
  readonly table: string;
  /** Counters of the rule that stood before the command, in a restore file. */
  readonly counters?: Counters | undefined;
  readonly keep?: ((diagnostic: Diagnostic) => void) | undefined;
  readonly warn: (diagnostic: Diagnostic) => void;
  /** Where the line stands, for what the engine refuses and for traces. */
  readonly place?: Source | undefined;
}

/** XT_EXTENSION_MAXNAMELEN */
const MAX_CHAIN_NAME = 29;

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
    const { source, text } = this.#cx.written;
    return word === undefined ? { source, start: 0, end: text.length } : spanOf(source, word, last);
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
        this.#ruleCommand(command, chain!, second);
        return '';
      case 'list':
      case 'list-rules':
        return this.#list(command, chain, second);
      case 'zero':
        this.#zero(chain, second);
        return '';
      case 'flush':
        for (const one of this.#chains(chain))
          this.#cx.tables.flush(this.#table, one, this.#cx.place);
        return '';
      case 'new-chain':
        this.#newChain(chain!);
        return '';
      case 'delete-chain':
        this.#deleteChains(chain);
        return '';
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
    return (
      this.#table.chains.get(word.text) ??
      say.bad(say.nothingOfThatName(this.#span(word), word.text, this.#table.chains.keys()))
    );
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
  ): void {
    const chain = this.#chain(chainWord);
    const number = numberWord && this.#number(numberWord);
    if (command === 'delete' && numberWord !== undefined) {
      this.#deleteNumbered(chain, this.#number(numberWord), numberWord);
      return;
    }
    const rules = this.#rules(chain.name);
    if (command === 'delete' || command === 'check')
      for (const rule of rules) this.#find(command, chain, rule);
    else if (command === 'append')
      for (const rule of rules) this.#cx.tables.append(this.#table, chain, rule, this.#cx.place);
    else if (command === 'insert') this.#insert(chain, rules, number ?? 1, numberWord);
    else this.#replace(chain, rules, number ?? 1, numberWord!);
  }

  #rules(chain: string): readonly Rule[] {
    const { written, names, keep, warn, counters, place, tables } = this.#cx;
    const words =
      counters === undefined || this.#words.counters ? this.#words : { ...this.#words, counters };
    const { chains } = this.#table;
    const rules = checkRule(words, chain, {
      family: tables.family,
      table: this.#table.builtin.name,
      names,
      written,
      hasChain: (name) => chains.has(name) && !chains.get(name)!.isBase,
      chainNames: () => chains.keys(),
      ...(keep === undefined ? {} : { keep }),
      warn,
    });
    return rules.map((rule) => lowerRule(rule, this.#table.builtin.name, place));
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

  #deleteNumbered(chain: WorkChain, number: number, word: Word): void {
    if (number > chain.rules.length)
      say.bad(say.noSuchRule(this.#span(word), 'Index of deletion too big.'));
    this.#cx.tables.remove(this.#table, chain, number - 1, this.#cx.place);
  }

  /** The first rule that is made by the same options. */
  #find(command: 'delete' | 'check', chain: WorkChain, wanted: Rule): void {
    const text = this.#text(wanted);
    const index = chain.rules.findIndex((rule) => this.#text(rule) === text);
    if (index < 0)
      say.bad(
        say.noSuchRule(
          this.#span(undefined),
          'Bad rule (does a matching rule exist in that chain?).',
        ),
      );
    if (command === 'delete') this.#cx.tables.remove(this.#table, chain, index, this.#cx.place);
  }

  /** Rules that are no iptables rules are equal to none. */
  #text(rule: Rule): string | Rule {
    const { name } = this.#table.builtin;
    const one = raised(rule, this.#cx.tables.family, name);
    return one === undefined ? rule : ruleText(one, name);
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
    if (this.#words.andZero) this.#zero(chain, number);
    return text;
  }

  #zero(word: Word | undefined, numberWord: Word | undefined): void {
    const number = numberWord && this.#number(numberWord);
    for (const chain of this.#chains(word)) {
      if (number !== undefined && number > chain.rules.length)
        say.bad(say.noSuchRule(this.#span(numberWord), 'Index of zeroing too big.'));
      this.#zeroChain(chain, number);
    }
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

  /** ebtables -C chain [number] packets bytes; `+1` adds. */
  #changeCounters(chainWord: Word, words: readonly Word[]): void {
    const chain = this.#chain(chainWord);
    const [bytes, packets] = words.toReversed();
    const numbered = words.length === 3;
    if (packets === undefined || bytes === undefined)
      say.bad(
        say.badValue(
          this.#span(chainWord),
          'packet counter value and byte counter value are needed',
        ),
      );
    const rules = numbered ? undefined : this.#rules(chain.name).map((rule) => this.#text(rule));
    const index = numbered
      ? this.#number(words[0]!) - 1
      : chain.rules.findIndex((rule) => this.#text(rule) === rules?.[0]);
    const rule = chain.rules[index];
    if (rule === undefined)
      say.bad(say.noSuchRule(this.#span(chainWord), 'The specified rule does not exist.'));
    const before = rule.exprs.find((expr) => expr.kind === 'counter') ?? { packets: 0, bytes: 0 };
    const now = {
      packets: added(before.packets, packets.text),
      bytes: added(before.bytes, bytes.text),
    };
    this.#cx.tables.replace(this.#table, chain, index, counted(rule, now), this.#cx.place);
  }

  #checkName(word: Word): void {
    const { text } = word;
    const complain = (message: string): never =>
      say.bad(say.badChainName(this.#span(word), message));
    if (text === '') complain('chain name must not be empty');
    if (text.startsWith('-') || text.startsWith('!'))
      complain(`chain name not allowed to start with \`${text[0]}'`);
    if (text.length >= MAX_CHAIN_NAME)
      complain(`chain name \`${text}' too long (must be under ${MAX_CHAIN_NAME} chars)`);
    if (/\s/.test(text)) complain(`Invalid chain name \`${text}'`);
    const isTarget = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'].includes(text);
    if (isTarget || extensionNamed('target', this.#words.family, text) !== undefined)
      complain('chain name may not clash with target name');
  }

  #newChain(word: Word): void {
    this.#checkName(word);
    if (this.#table.chains.has(word.text)) say.bad(say.chainExists(this.#span(word)));
    this.#cx.tables.newChain(this.#table, word.text, this.#cx.place);
  }

  #deleteChains(word: Word | undefined): void {
    const { tables, place } = this.#cx;
    const chains =
      word === undefined ? ordered(this.#table).filter((one) => !one.isBase) : [this.#chain(word)];
    for (const chain of chains) {
      if (chain.isBase && !chain.exists) say.bad(say.noSuchRule(this.#span(word), NO_CHAIN));
      if (chain.rules.length > 0) this.#busy(word, chain);
      tables.deleteChain(this.#table, chain, place);
    }
    for (const chain of chains)
      if (tables.references(this.#table, chain.name) > 0) this.#busy(word, chain);
  }

  #busy(word: Word | undefined, { name }: WorkChain): never {
    return say.bad(
      say.refused(this.#span(word), `CHAIN_DEL failed (Device or resource busy): chain ${name}`),
    );
  }

  #renameChain(from: Word, to: Word): void {
    const chain = this.#chain(from);
    this.#checkName(to);
    if (this.#table.chains.has(to.text)) say.bad(say.noSuchRule(this.#span(to), 'File exists.'));
    if (chain.isBase) say.bad(say.noSuchRule(this.#span(from), NO_CHAIN));
    this.#cx.tables.renameChain(this.#table, chain, to.text, this.#cx.place);
  }

  #policy(word: Word, policy: Word): void {
    const chain = this.#table.chains.get(word.text);
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

const counted = (rule: Rule, counters: Counters): Rule => ({
  ...rule,
  exprs: rule.exprs.map((expr) => (expr.kind === 'counter' ? { ...expr, ...counters } : expr)),
});

const added = (before: number, text: string): number => {
  const value = Number(text.replace(/^[+-]/, ''));
  if (text.startsWith('+')) return before + value;
  return text.startsWith('-') ? Math.max(0, before - value) : value;
};

/** Options that mean nothing with a command (commands_v_options of xshared.c). */
const WITH_RULES = new Set(['append', 'insert', 'replace', 'delete', 'check', 'change-counters']);
const WITH_COUNTERS = new Set(['append', 'insert', 'replace', 'policy', 'new-chain']);

function checkParts(words: CommandWords, source: number): void {
  const { command, rule, family } = words;
  if (command === undefined) return;
  const illegal = (option: string, word?: Word): never =>
    say.bad(
      say.badValue(
        word === undefined ? { source, start: 0, end: 1 } : spanOf(source, word),
        `Illegal option \`${option}' with this command`,
      ),
    );
  const isNumbered = command === 'delete' && words.args.length > 1;
  if (!WITH_RULES.has(command) || isNumbered) {
    const [first] = rule.options;
    if (first !== undefined) illegal(first.option.text, first.option);
  }
  if (family === 'bridge') return;
  const isListing = command === 'list';
  if (words.flags.has('numeric') && !isListing) illegal('-n');
  if (words.flags.has('exact') && !isListing) illegal('-x');
  if (words.flags.has('line-numbers') && !isListing) illegal('--line-numbers');
  if (words.counters !== undefined && !WITH_COUNTERS.has(command)) illegal('-c');
}

/** Carries a command out on the tables; what it prints. @throws BadLine */
export const runCommand = (words: CommandWords, cx: CommandContext): string =>
  new Command(words, cx).run();
