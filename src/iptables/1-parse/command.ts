// One command line, or one line of a restore file, read as getopt_long(3) and do_parse() of
// iptables' xshared.c read it: options in any order, abbreviations of long ones where only one
// begins so, short ones in clusters, `!` before what it negates.

import type { Diagnostic } from '../../diagnostics/index.ts';
import type {
  CommandWords,
  Counters,
  Flag,
  PlainOption,
  RuleWords,
  UseWords,
  Word,
} from '../ast/index.ts';
import { spanOf } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Extension, OptionSpec, XtFamily } from '../extension/index.ts';
import { loadableName } from '../extension/protocols.ts';
import { classicHint } from './classic.ts';
import { countersOf } from './counters.ts';
import { WordCursor } from './cursor.ts';
import { extensionElsewhere, optionElsewhere } from './elsewhere.ts';
import {
  extensionNamed,
  impliedByOption,
  impliedOptionNames,
  namesOf,
  optionsOf,
} from './extensions.ts';
import { badTargetName } from './target-name.ts';
import { PLAIN_INDEX, type PlainIndex, type PlainSpec } from './tools.ts';

export interface ReadOptions {
  readonly family: XtFamily;
  /** Index of the text the words are from. */
  readonly source: number;
  /** What nobody knows is kept as it was written, and told here; without it that is an error. */
  readonly keep?: (diagnostic: Diagnostic) => void;
  /** What is right but old. */
  readonly warn: (diagnostic: Diagnostic) => void;
}

type Found =
  | { readonly kind: 'plain'; readonly spec: PlainSpec }
  | { readonly kind: 'use'; readonly use: UseWords; readonly spec: OptionSpec };

class CommandReader {
  readonly #words: WordCursor;
  readonly #options: ReadOptions;
  readonly #plain: PlainIndex;
  readonly #seen = new Set<string>();
  readonly #flags = new Map<Flag, number>();
  readonly #rule: RuleWords = { options: [], matches: [] };
  #command: PlainSpec | undefined;
  #args: Word[] = [];
  #andZero = false;
  #table: Word | undefined;
  #protocol: Word | undefined;
  #isProtocolLoaded = false;
  #counters: Counters | undefined;
  #only: 'ip' | 'ip6' | undefined;

  constructor(words: readonly Word[], options: ReadOptions) {
    this.#words = new WordCursor(words, options);
    this.#options = options;
    this.#plain = PLAIN_INDEX[options.family];
  }

  read(): CommandWords {
    for (let word = this.#words.next(); word !== undefined; word = this.#words.next())
      this.#next(word);
    this.#words.finish();
    this.#checkWait();
    return {
      family: this.#options.family,
      table: this.#table,
      command: this.#command?.command,
      andZero: this.#andZero,
      args: this.#args,
      rule: this.#rule,
      flags: this.#flags,
      counters: this.#counters,
      only: this.#only,
    };
  }

  #checkWait(): void {
    if (!this.#flags.has('wait-interval') || this.#flags.has('wait')) return;
    const at = { source: this.#options.source, start: 0, end: 1 };
    say.bad(say.badValue(at, '--wait-interval only makes sense with --wait'));
  }

  #next(word: Word): void {
    const { text } = word;
    if (text === '!') this.#words.negate(word);
    else if (text.startsWith('--') && text.length > 2) this.#long(word);
    else if (text.length > 1 && text[0] === '-' && text !== '--') this.#short(word);
    else if (text === '--' && this.#words.isAtEnd && !this.#words.isNegated) return;
    else this.#stray(word);
  }

  /** A word where an option should be; behind an extension nobody knows it may be that one's. */
  #stray(word: Word): void {
    const last = this.#lastUse();
    const isBehindTarget = last?.kind === 'target' && last.unread.length === 0;
    if (last === undefined || last.extension || isBehindTarget || this.#words.isNegated)
      say.bad(say.badArgument(this.#span(word), word.text));
    last.unread.push(word);
  }

  #long(word: Word): void {
    const equals = word.text.indexOf('=');
    const name = equals < 0 ? word.text.slice(2) : word.text.slice(2, equals);
    const attached: Word | undefined =
      equals < 0
        ? undefined
        : {
            text: word.text.slice(equals + 1),
            start: word.end - (word.text.length - equals - 1),
            end: word.end,
          };
    const found = this.#find(name, word);
    if (found === undefined) this.#unknown(word);
    else this.#take(found, word, attached);
  }

  #short(word: Word): void {
    for (let i = 1; i < word.text.length; i++) {
      const found = this.#findShort(word.text[i]!);
      if (found === undefined) {
        this.#unknown(word);
        return;
      }
      const rest = word.text.slice(i + 1);
      const takes =
        found.kind === 'plain'
          ? found.spec.words > 0 || (found.spec.maybe ?? 0) > 0
          : wordsOf(found.spec) > 0;
      const attached =
        takes && rest !== '' ? { text: rest, start: word.start + i + 1, end: word.end } : undefined;
      this.#take(found, word, attached);
      if (attached !== undefined) return;
    }
  }

  #findShort(letter: string): Found | undefined {
    const plain = this.#plain.short.get(letter);
    if (plain !== undefined) return { kind: 'plain', spec: plain };
    for (const use of this.#uses()) {
      const spec = use.extension?.options.find((one) => one.short === letter);
      if (spec !== undefined) return { kind: 'use', use, spec };
    }
    return undefined;
  }

  /** The extensions named so far, the last one first: it wins where two have an option of one name. */
  *#uses(): Iterable<UseWords> {
    const { matches, target } = this.#rule;
    if (target !== undefined) yield target;
    for (let i = matches.length - 1; i >= 0; i--) yield matches[i]!;
  }

  #lastUse(): UseWords | undefined {
    const { matches, target } = this.#rule;
    const match = matches.at(-1);
    if (match === undefined || target === undefined) return match ?? target;
    return target.name.start > match.name.start ? target : match;
  }

  #find(name: string, word: Word): Found | undefined {
    const plain = this.#plain.long.get(name);
    if (plain !== undefined) return { kind: 'plain', spec: plain };
    const exact = this.#exactly(name) ?? this.#abbreviated(name, word);
    return exact ?? this.#implied(name, word);
  }

  #exactly(name: string): Found | undefined {
    const { matches, target } = this.#rule;
    for (let i = matches.length; i >= 0; i--) {
      const use = i === matches.length ? target : matches[i]!;
      const spec = use?.extension && optionsOf(use.extension).get(name);
      if (use !== undefined && spec !== undefined) return { kind: 'use', use, spec };
    }
    return undefined;
  }

  #abbreviated(name: string, word: Word): Found | undefined {
    const found = new Map<PlainSpec | OptionSpec, [string, Found]>();
    for (const [long, spec] of this.#plain.long)
      if (long.startsWith(name) && !found.has(spec))
        found.set(spec, [long, { kind: 'plain', spec }]);
    for (const use of this.#uses())
      for (const [long, spec] of use.extension === undefined ? [] : optionsOf(use.extension))
        if (long.startsWith(name) && !found.has(spec))
          found.set(spec, [long, { kind: 'use', use, spec }]);
    const all = [...found.values()];
    if (all.length <= 1) return all[0]?.[1];
    // The protocol's own match may know the very word: `-p icmp --icmp-type` beside what begins so.
    const names = all.map(([long]) => long);
    return (
      this.#implied(name, word, false) ??
      say.bad(say.ambiguousOption(this.#span(word), word.text, names))
    );
  }

  /** load_proto(): `-p tcp` brings the tcp match as soon as an option asks for it, in full or in short. */
  #implied(name: string, word: Word, isShortToo = true): Found | undefined {
    if (this.#options.family === 'bridge') return this.#impliedOnBridge(name, word);
    if (this.#protocol === undefined || this.#isProtocolLoaded) return undefined;
    const extension = extensionNamed(
      'match',
      this.#options.family,
      loadableName(this.#protocol.text),
    );
    if (extension === undefined) return undefined;
    const options = optionsOf(extension);
    const long = options.has(name)
      ? name
      : onlyOne(isShortToo ? [...options.keys()].filter((o) => o.startsWith(name)) : []);
    if (long === undefined) return undefined;
    this.#isProtocolLoaded = true;
    return this.#impliedUse(extension, options.get(long)!, this.#protocol);
  }

  #impliedOnBridge(name: string, word: Word): Found | undefined {
    const exact = impliedByOption(name);
    const long = exact
      ? name
      : onlyOne([...impliedOptionNames()].filter((o) => o.startsWith(name)));
    const extension = long === undefined ? undefined : impliedByOption(long);
    if (long === undefined || extension === undefined) return undefined;
    return this.#impliedUse(extension, optionsOf(extension).get(long)!, word);
  }

  #impliedUse(extension: Extension, spec: OptionSpec, name: Word): Found {
    return { kind: 'use', use: this.#unnamedUse(extension.kind, name, extension), spec };
  }

  #unknown(word: Word): void {
    const { keep, family } = this.#options;
    if (family === 'bridge' && word.text.startsWith('--atomic-'))
      say.bad(say.noAtomic(this.#span(word), word.text));
    const hint = optionElsewhere(word.text, family);
    const unknown = say.unknownOption(this.#span(word), word.text, this.#knownOptions(), hint);
    // ebtables names no extensions, so an option stands for itself.
    const last =
      this.#lastUse() ?? (family === 'bridge' ? this.#unnamedUse('match', word) : undefined);
    if (last === undefined || keep === undefined || last.goto === true) {
      // A target that is not known is not told before all is read: it may be a chain.
      const classic = last && classicHint(last.kind, last.name.text);
      say.bad(classic === undefined ? unknown : { ...unknown, hint: classic });
    }
    if (last.extension !== undefined || last.implied) keep(unknown);
    const negation = this.#words.dropNegation();
    if (negation !== undefined) last.unread.push(negation);
    if (last.name !== word) last.unread.push(word);
    last.unread.push(...this.#words.arguments());
  }

  #unnamedUse(kind: 'match' | 'target', name: Word, extension?: Extension): UseWords {
    const use = newUse(kind, name, extension, true);
    this.#rule.matches.push(use);
    return use;
  }

  *#knownOptions(): Iterable<string> {
    yield* this.#plain.long.keys();
    for (const use of this.#uses())
      if (use.extension !== undefined) yield* optionsOf(use.extension).keys();
    if (this.#options.family === 'bridge') yield* impliedOptionNames();
    const proto =
      this.#protocol &&
      extensionNamed('match', this.#options.family, loadableName(this.#protocol.text));
    if (proto !== undefined) yield* optionsOf(proto).keys();
  }

  #take(found: Found, word: Word, attached: Word | undefined): void {
    if (found.kind === 'plain') this.#takePlain(found.spec, word, attached);
    else this.#takeExtension(found.use, found.spec, word, attached);
  }

  #takeExtension(use: UseWords, spec: OptionSpec, option: Word, attached: Word | undefined): void {
    const count = wordsOf(spec);
    if (count === 0 && attached !== undefined)
      say.bad(say.needlessWord(this.#span(option), option.text));
    const negated = this.#words.negation(spec.negatable === true, option, attached, count);
    const optional = spec.optional === true && attached === undefined && !this.#words.hasArgument;
    const values = optional ? [] : this.#words.values(count, option, attached);
    use.options.push({ spec, option, values, negated });
  }

  #takePlain(spec: PlainSpec, option: Word, attached: Word | undefined): void {
    const maybe = spec.maybe ?? 0;
    const count = this.#policyOfNew(spec) ? 1 : spec.words;
    if (count + maybe === 0 && attached !== undefined)
      say.bad(say.needlessWord(this.#span(option), option.text));
    const negated = this.#words.negation(spec.negatable === true, option, attached, count + maybe);
    const values =
      spec.id === 'set-counters'
        ? this.#words.counters(option, attached)
        : this.#words.values(count, option, attached);
    const signed = spec.command === 'change-counters';
    values.push(...this.#words.arguments(count + maybe - values.length, signed));
    if (spec.command !== undefined) this.#takeCommand(spec, option, values);
    else if (spec.flag !== undefined) this.#takeFlag(spec.flag, option, values);
    else this.#takePart(spec, { id: spec.id, option, values, negated });
  }

  #takeFlag(flag: Flag, option: Word, [value]: readonly Word[]): void {
    this.#flags.set(flag, (this.#flags.get(flag) ?? 0) + 1);
    if (flag === 'wait' && value !== undefined && !/^\d+$/.test(value.text))
      say.bad(say.badValue(this.#span(value), 'wait seconds not numeric'));
    if (flag === 'wait-interval')
      this.#options.warn(
        say.oldSpelling(this.#span(option), 'Ignoring deprecated --wait-interval option.'),
      );
  }

  #takeCommand(spec: PlainSpec, option: Word, values: readonly Word[]): void {
    const before = this.#command;
    // ebtables: `-N chain -P policy`
    if (before?.command === 'new-chain' && this.#policyOfNew(spec)) {
      this.#args.push(...values);
    } else if (before === undefined) {
      this.#command = spec;
      this.#args = [...values];
    } else if (isListing(before) && spec.command === 'zero') this.#zeroToo(values);
    else if (before.command === 'zero' && isListing(spec)) {
      this.#command = spec;
      this.#zeroToo(values);
    } else
      say.bad(
        say.twoCommands(this.#span(option), before.short ?? before.id, spec.short ?? spec.id),
      );
  }

  #policyOfNew({ command }: PlainSpec): boolean {
    const { family } = this.#options;
    return family === 'bridge' && command === 'policy' && this.#command?.command === 'new-chain';
  }

  #zeroToo(values: readonly Word[]): void {
    this.#andZero = true;
    if (this.#args.length === 0) this.#args = [...values];
  }

  #takePart(spec: PlainSpec, option: PlainOption): void {
    const { id } = spec;
    if (id !== 'match' && this.#seen.has(id) && id !== 'table')
      say.bad(say.givenTwice(this.#span(option.option), option.option.text));
    this.#seen.add(id);
    const [value] = option.values;
    if (id === 'table') this.#table = value;
    else if (id === 'match' || id === 'jump' || id === 'goto') this.#use(id, option.option, value!);
    else if (id === 'set-counters') this.#counters = countersOf(option, this.#options.source);
    else if (id === 'ipv4') this.#only = 'ip';
    else if (id === 'ipv6') this.#only = 'ip6';
    else {
      if (id === 'protocol') this.#protocol = value;
      this.#rule.options.push(option);
    }
  }

  #use(id: 'match' | 'jump' | 'goto', option: Word, name: Word): void {
    const kind = id === 'match' ? 'match' : 'target';
    const { family, keep } = this.#options;
    const bad = kind === 'target' && family !== 'bridge' ? badTargetName(name.text) : undefined;
    if (bad !== undefined) say.bad(say.badValue(this.#span(name), bad));
    const extension = id === 'goto' ? undefined : extensionNamed(kind, family, name.text);
    if (kind === 'match' && extension === undefined) {
      const hint = extensionElsewhere('match', name.text, family);
      const unknown = say.unknownMatch(this.#span(name), name.text, namesOf('match', family), hint);
      if (keep === undefined) say.bad(unknown);
      keep(unknown);
    }
    const use = newUse(kind, name, extension, false);
    // `-j log` of ebtables is `--log`.
    if (kind === 'match' || extension?.watcher === true) this.#rule.matches.push(use);
    else if (this.#rule.target !== undefined)
      say.bad(say.givenTwice(this.#span(option), option.text));
    else this.#rule.target = id === 'goto' ? { ...use, goto: true } : use;
  }

  #span(word: Word) {
    return spanOf(this.#options.source, word);
  }
}

const newUse = (
  kind: 'match' | 'target',
  name: Word,
  extension: Extension | undefined,
  implied: boolean,
): UseWords => ({ kind, name, extension, implied, options: [], unread: [] });

const isListing = ({ command }: PlainSpec): boolean =>
  command === 'list' || command === 'list-rules';

const wordsOf = (spec: OptionSpec): number => spec.words ?? (spec.parse === undefined ? 0 : 1);

const onlyOne = (names: readonly string[]): string | undefined =>
  names.length === 1 ? names[0] : undefined;

/** @throws BadLine */
export const readCommand = (words: readonly Word[], options: ReadOptions): CommandWords =>
  new CommandReader(words, options).read();
