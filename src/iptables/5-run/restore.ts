// Files of iptables-restore: tables, chains, rules, COMMIT. Each line stands for itself: one that
// is wrong is told with its place, and the reader goes on.

import type { Diagnostic } from '../../diagnostics/index.ts';
import {
  type Rule,
  type RuleShape,
  RuleTemplates,
  type Source,
  wordEnd,
} from '../../program/index.ts';
import { AlikeLines } from '../1-parse/alike.ts';
import { type ReadOptions, readCommand } from '../1-parse/command.ts';
import { isTargetName } from '../1-parse/extensions.ts';
import { shapeOf } from '../1-parse/shape.ts';
import { splitLine } from '../1-parse/words.ts';
import type { Tables, WorkChain, WorkTable } from '../3-compile/tables.ts';
import { ordered, tableNames } from '../4-list/tables.ts';
import type { Counters, Word } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names, XtFamily } from '../extension/index.ts';
import { type CommandContext, runCommand } from './commands.ts';
import { chainCommand, isCommit, isEmpty, outdented } from './lines.ts';

export interface RestoreOptions {
  readonly family: XtFamily;
  /** What is there already stays (`--noflush`). */
  readonly noFlush: boolean;
  /** Counters are taken over (`--counters`). */
  readonly counters: boolean;
  /** Lines may come without `*table` before them: they are for this one, and nothing is cleared. */
  readonly isInTable?: string;
  /** Only this table (`--table`). */
  readonly table?: string;
  /** What nobody knows is an error, too. */
  readonly strict: boolean;
  /** As the program itself: a table without COMMIT is an error, and nothing behind the first error is done. */
  readonly asProgram?: boolean;
  /** Tells what is done (`--verbose`). */
  readonly verbose?: boolean;
  readonly names: Names;
}

/** A text and its number among the sources that were read. */
export interface Numbered {
  readonly index: number;
  readonly name: string;
  readonly text: string;
}

export interface Restored {
  readonly diagnostics: readonly Diagnostic[];
  /** How many of the changes stand before the first error, in tables that were committed. */
  readonly committed: number;
  /** What lines print: lists, and with `verbose` each step. */
  readonly output: string;
}

class Restore {
  readonly #source: Numbered;
  readonly #tables: Tables;
  readonly #options: RestoreOptions;
  readonly #templates = new RuleTemplates<Pick<Rule, 'compat'>>();
  readonly #alike: AlikeLines;
  readonly #reading: ReadOptions;
  readonly diagnostics: Diagnostic[] = [];
  #table: WorkTable | undefined;
  /** The table is not the one that was asked for. */
  #skips = false;
  /** Chains that were made before their line, because rules before it may jump to them. */
  readonly #ahead = new Set<string>();
  #start = 0;
  #end = 0;
  #line = 0;
  #indent = 0;
  #committed = 0;
  #hasFailed = false;
  #output = '';

  constructor(source: Numbered, tables: Tables, options: RestoreOptions) {
    this.#source = source;
    this.#tables = tables;
    this.#options = options;
    this.#alike = new AlikeLines(options.family, options.counters);
    const warn = (diagnostic: Diagnostic): void => {
      this.diagnostics.push(diagnostic);
    };
    const keep = ({ span, message, suggestion, hint }: Diagnostic): void =>
      warn(say.keptUnread(span, message, { suggestion, ...(hint !== undefined && { hint }) }));
    const { family, strict } = options;
    this.#reading = { family, source: source.index, warn, ...(!strict && { keep }) };
    if (options.isInTable !== undefined) this.#table = tables.table(options.isInTable);
  }

  read(): Restored {
    const { text } = this.#source;
    while (this.#start < text.length) {
      this.#line++;
      if (!this.#appendAlike(text)) {
        const newline = text.indexOf('\n', this.#start);
        this.#end = newline < 0 ? text.length : newline;
        this.#try(text.slice(this.#start, this.#end));
      }
      this.#start = this.#end + 1;
    }
    this.#finish();
    return { diagnostics: this.diagnostics, committed: this.#committed, output: this.#output };
  }

  /** Appends the rule of a line that is written like one before it; false where it is not. */
  #appendAlike(text: string): boolean {
    const table = this.#table;
    if (table === undefined || this.#options.verbose === true) return false;
    const alike = this.#alike.fit(text, this.#start, this.#isTarget);
    const chain = alike && table.chains.get(this.#alike.chain);
    if (alike === undefined || chain === undefined) return false;
    const { end } = this.#alike;
    this.#end = end;
    const shape = this.#alike.shape(alike, chainKey(chain));
    return this.#append(shape, table, chain, text.slice(this.#start, end));
  }

  /** arptables and ebtables know no COMMIT. */
  #finish(): void {
    const { asProgram } = this.#options;
    if (!this.#wantsCommit) this.#commitChanges();
    else if (this.#table !== undefined) {
      const end = this.#source.text.length;
      const at = { source: this.#source.index, start: Math.max(0, end - 1), end };
      this.diagnostics.push(say.missingCommit(at, this.#line + 1, asProgram === true));
    }
  }

  get #wantsCommit(): boolean {
    const { family, isInTable } = this.#options;
    return (family === 'ip' || family === 'ip6') && isInTable === undefined;
  }

  #commitChanges(): void {
    if (!this.#hasFailed) this.#committed = this.#tables.changes.length;
  }

  #fail(diagnostic: Diagnostic): void {
    this.#hasFailed = true;
    this.diagnostics.push(diagnostic);
  }

  #try(line: string): void {
    try {
      this.#read(line);
    } catch (error) {
      if (!(error instanceof say.BadLine)) throw error;
      this.#fail(error.diagnostic);
    }
  }

  #span() {
    return { source: this.#source.index, start: this.#start, end: this.#end };
  }

  /** People indent files and write comments behind rules; iptables-restore takes neither. */
  get #isLenient(): boolean {
    return this.#options.asProgram !== true && !this.#options.strict;
  }

  #read(written: string): void {
    if (isEmpty(written) || (this.#isLenient && written.trim() === '')) return;
    const line = this.#isLenient ? outdented(written) : written;
    this.#indent = written.length - line.length;
    const first = line.charCodeAt(0);
    if (first === 0x23) return;
    if (first === 0x2a) this.#begin(line);
    else if (this.#skips) this.#skips = !isCommit(line);
    else if (isCommit(line)) this.#commit();
    else if (this.#table === undefined)
      say.bad(
        say.badLine(this.#span(), 'a rule or chain outside of a table: `*filter` comes first'),
      );
    else if (first === 0x3a) this.#chain(line, this.#table);
    else this.#rule(line, this.#table);
  }

  #begin(line: string): void {
    this.#templates.forget();
    const name = line.slice(1).trim();
    const { table, family, noFlush, verbose } = this.#options;
    if (this.#table !== undefined && this.#wantsCommit) this.#missesCommit(line);
    this.#table = undefined;
    this.#skips = table !== undefined && table !== name;
    if (this.#skips) return;
    const found = this.#tables.table(name);
    if (found === undefined) {
      this.#skips = true;
      say.bad(say.noSuchTable(this.#span(), name, tableNames(family)));
    }
    this.#table = found;
    if (!noFlush) {
      if (verbose === true) this.#output += flushedText(found);
      this.#tables.clear(found);
    }
    this.#tables.touch(found);
    if (this.#options.asProgram !== true) this.#lookAhead(found);
  }

  /** A table begins in another one that has no COMMIT: for the program that is a wrong rule. */
  #missesCommit(line: string): void {
    if (!this.#isLenient) say.bad(say.badArgument(this.#span(), line.trim()));
    this.diagnostics.push(say.missingCommit(this.#span(), this.#line, false));
    this.#table = undefined;
  }

  /** iptables-restore itself wants chains before the rules that jump to them. */
  #lookAhead(table: WorkTable): void {
    this.#ahead.clear();
    const { text } = this.#source;
    const next = text.indexOf('\n*', this.#end);
    const section = text.slice(this.#end, next < 0 ? text.length : next);
    const rules = section.indexOf('\n-');
    if (rules < 0) return;
    for (let at = rules; ; ) {
      at = section.indexOf('\n:', at + 1);
      if (at < 0) return;
      const name = section.slice(at + 2, wordEnd(section, at + 2));
      if (name === '' || table.chains.has(name)) continue;
      this.#tables.newChain(table, name, this.#place(`:${name}`));
      this.#ahead.add(name);
    }
  }

  #commit(): void {
    if (this.#table === undefined) say.bad(say.badLine(this.#span(), 'COMMIT without a table'));
    this.#table = undefined;
    this.#commitChanges();
  }

  /** `:NAME POLICY [packets:bytes]` */
  #chain(line: string, table: WorkTable): void {
    this.#templates.forget();
    const [name, policy, counted] = splitLine(line.slice(1), this.#start + this.#indent + 1);
    if (name === undefined) say.bad(say.badLine(this.#span(), 'a chain without a name'));
    const { counters } = this.#options;
    const count = counted === undefined || !counters ? undefined : this.#counters(counted);
    const chain = table.chains.get(name.text);
    const cx = this.#context(table, line);
    // The chain is there all the same, for the rules that follow.
    if (policy === undefined) this.#fail(say.badValue(this.#span(), 'policy invalid'));
    if (chain?.isBase === true) {
      if (policy === undefined || policy.text === '-') return;
      const words = chainCommand(this.#options.family, 'policy', [name, policy], count);
      runCommand(words, cx);
    } else if (chain !== undefined && this.#ahead.delete(name.text)) {
      if (this.#options.family === 'bridge' && policy !== undefined)
        runCommand(chainCommand(this.#options.family, 'policy', [name, policy]), cx);
    } else if (chain === undefined) {
      const end = this.#options.family === 'bridge' && policy !== undefined ? [policy] : [];
      runCommand(chainCommand(this.#options.family, 'new-chain', [name, ...end]), cx);
    } else runCommand(chainCommand(this.#options.family, 'flush', [name]), cx);
  }

  /** `[packets:bytes]` */
  #counters(word: Word): Counters {
    const match = /^\[(\d+):(\d+)\]$/.exec(word.text);
    if (match === null)
      return say.bad(
        say.badValue(
          { source: this.#source.index, start: word.start, end: word.end },
          `invalid counters \`${word.text}', they are like [10:840]`,
        ),
      );
    return { packets: Number(match[1]), bytes: Number(match[2]) };
  }

  #rule(line: string, table: WorkTable): void {
    const words = splitLine(line, this.#start);
    const [first] = words;
    let counters: Counters | undefined;
    if (first?.text.startsWith('[') === true) {
      const counted = this.#counters(first);
      if (this.#options.counters) counters = counted;
      words.shift();
    }
    const hasComment = this.#isLenient && this.#cutComment(words);
    const chain = table.chains.get(words[1]?.text ?? '');
    const isPlain = this.#options.verbose !== true && !hasComment;
    const shape = chain && isPlain && this.#shape(words, chain, counters);
    if (chain === undefined || !shape) {
      this.#templates.forget();
      this.#run(words, table, line, counters);
    } else if (!this.#append(shape, table, chain, line))
      this.#learn(shape, chain, () => this.#run(words, table, line, counters));
    // What was said of one line need not be true of the next.
    else {
      const isTarget = this.#isTarget;
      this.#alike.learn({ text: this.#source.text, end: this.#end, isTarget }, words);
    }
  }

  /** Takes out the words of a comment; whether there were any. */
  #cutComment(words: Word[]): boolean {
    const at = words.findIndex(
      ({ start }) => this.#source.text.charCodeAt(start) === 0x23 && start > this.#start,
    );
    if (at < 0) return false;
    const [first] = words.splice(at);
    this.diagnostics.push(say.commentBehind({ ...this.#span(), start: first!.start }));
    return true;
  }

  #shape(words: readonly Word[], chain: WorkChain, counters: Counters | undefined) {
    const around = { chainKey: chainKey(chain), counters, isTarget: this.#isTarget };
    return shapeOf(words, this.#options.family, around);
  }

  /** Whether a rule jumps to the chain of that name: one that was renamed may have that of a target. */
  readonly #isTarget = (name: string): boolean =>
    this.#table?.chains.get(name)?.isBase === false &&
    name !== 'CONTINUE' &&
    !isTargetName(this.#options.family, name);

  #append(shape: RuleShape, table: WorkTable, chain: WorkChain, line: string): boolean {
    const known = this.#templates.match(shape);
    if (known === undefined) return false;
    const source = this.#place(line);
    const { exprs, rest } = known;
    const { compat } = rest;
    this.#tables.append(
      table,
      chain,
      compat === undefined ? { exprs, source } : { exprs, compat, source },
      source,
    );
    return true;
  }

  /** What was said of a line has to be said of the next one, too, which then goes the same way. */
  #learn(shape: RuleShape, chain: WorkChain, run: () => void): void {
    const said = this.diagnostics.length;
    const before = chain.rules.length;
    run();
    const rule = chain.rules.at(-1);
    if (rule === undefined || chain.rules.length !== before + 1) return;
    const { exprs, compat } = rule;
    if (this.diagnostics.length === said)
      this.#templates.learn(shape, exprs, compat === undefined ? {} : { compat });
  }

  #run(words: readonly Word[], table: WorkTable, line: string, counters?: Counters): void {
    const read = readCommand(words, this.#reading);
    if (read.only !== undefined && read.only !== this.#options.family) return;
    if (read.table !== undefined)
      say.bad(say.badValue(this.#span(), 'The -t option cannot be used in a restore file.'));
    this.#output += runCommand(read, this.#context(table, line, counters));
  }

  #place(line: string): Source {
    return { file: this.#source.name, line: this.#line, column: 1, text: line };
  }

  #context(table: WorkTable, line: string, counters?: Counters): CommandContext {
    const { names, verbose } = this.#options;
    const { keep, warn, source } = this.#reading;
    const { text } = this.#source;
    return {
      tables: this.#tables,
      names,
      written: { source, text, line: { start: this.#start, end: this.#end } },
      table: table.builtin.name,
      counters,
      keep,
      keepsMissing: this.#options.asProgram !== true,
      warn,
      verbose: verbose === true,
      place: this.#place(line),
    };
  }
}

/** Rules of chains that are not built in mean the same in all of them. */
const chainKey = ({ isBase, name }: WorkChain): string => (isBase ? `${name} ` : ' ');

const flushedText = (table: WorkTable): string =>
  ordered(table)
    .map(({ name }) => `Flushing chain \`${name}'\n`)
    .join('');

/** Carries a file out on the tables; what is wrong with it. Never throws for a bad line. */
export const runRestore = (source: Numbered, tables: Tables, options: RestoreOptions): Restored =>
  new Restore(source, tables, options).read();
