// One rule in nft's words.

import type { HookName } from '../../program/index.ts';
import type { Target, Use, XtRule } from '../ast/index.ts';
import type {
  Declared,
  NftWords,
  PrintContext,
  TranslateContext,
  Unless,
} from '../extension/index.ts';
import { partsText } from './parts.ts';

/** A rule of nft. */
export interface WrittenRule {
  readonly text: string;
  /** It counts, or acts where nothing is counted, as the original does; else it only leads there. */
  readonly stands: boolean;
}

/** A chain that a rule has for itself. */
export interface WrittenChain {
  readonly name: string;
  readonly rules: readonly WrittenRule[];
}

/** A match or target without the same words in nft. */
export interface Missing {
  readonly name: string;
  /** Why nft cannot do it, or what its words would do otherwise. */
  readonly why: string | undefined;
  /** There are words that do nearly the same. */
  readonly near: boolean;
}

/** What a person is told about a match or target that is left over. */
export const leftoverReason = ({ name, why }: Missing): string =>
  why === undefined ? `nft has no words for ${name}` : `${name}: ${why}`;

/** A rule as nft would write it, or what of it nft has no words for. */
export type Translated =
  | {
      readonly kind: 'text';
      /** One rule, or two of which one at most holds for a packet. */
      readonly rules: readonly [WrittenRule, ...WrittenRule[]];
      readonly declared: readonly Declared[];
      readonly chains: readonly WrittenChain[];
      /** What it does otherwise, with `near`. */
      readonly differences: readonly string[];
    }
  | { readonly kind: 'untranslatable'; readonly what: readonly Missing[] };

export interface RuleOptions {
  /** `counter packets 7 bytes 420`, not only `counter`. */
  readonly keepCounters?: boolean;
  /** As `TranslateContext` has it. */
  readonly exact: boolean;
  /** Words that do nearly the same will do, with `exact`. */
  readonly near?: boolean;
  /** As `TranslateContext` has it. */
  readonly account?: TranslateContext['account'];
  readonly ipset?: TranslateContext['ipset'];
  readonly hook?: HookName | undefined;
  /** Numbers the sets and chains that rules need beside them. */
  readonly next: (prefix: string) => string;
}

const nameOf = (use: Use): string => (use.kind === 'known' ? use.extension.name : use.text);

const VERDICTS: Readonly<Record<string, string>> = {
  ACCEPT: 'accept',
  DROP: 'drop',
  RETURN: 'return',
  CONTINUE: '',
  QUEUE: 'queue',
};

/** Matches that change with each packet that comes by them: two of them are not one. */
const COUNTING = new Set([
  'connlimit',
  'hashlimit',
  'limit',
  'nfacct',
  'quota',
  'rateest',
  'recent',
  'statistic',
]);

const IN_A_CHAIN =
  'it needs a chain of its own, which RETURN and goto do not lead out of far enough';

class Writer {
  readonly declared: Declared[] = [];
  readonly missing: Missing[] = [];
  readonly differences: string[] = [];
  /** By the words of the first rule, those that stand there in the second. */
  readonly second = new Map<NftWords, string>();
  readonly #cx: TranslateContext;
  /** What an extension told of itself before it had no words. */
  #told: Omit<Missing, 'name'> | undefined;

  constructor(cx: PrintContext, options: RuleOptions, mayBeTwo: boolean) {
    const { exact, near = false, next, hook } = options;
    const { account = () => undefined, ipset = () => undefined } = options;
    this.#cx = {
      ...cx,
      exact,
      hook,
      nextSet: next,
      account,
      ipset,
      either: (first, second) => {
        if (!mayBeTwo || this.second.size > 0) return { any: [first, second] };
        this.second.set(first, second);
        return first;
      },
      declare: (one) => {
        this.declared.push(one);
      },
      near: (words, why) => {
        if (!exact || words === undefined) return words;
        if (near) this.differences.push(why);
        else this.#told = { why, near: true };
        return near ? words : undefined;
      },
      leave: (why) => {
        this.#told = { why, near: false };
        return undefined;
      },
    };
  }

  use(use: Use): NftWords {
    this.#told = undefined;
    const words = use.kind === 'known' ? use.extension.translate?.(use.info, this.#cx) : undefined;
    if (words === undefined) this.leave(nameOf(use), this.#told);
    return words ?? '';
  }

  leave(name: string, told: Omit<Missing, 'name'> = { why: undefined, near: false }): void {
    this.missing.push({ name, ...told });
  }

  target(target: Target | undefined): NftWords {
    if (target === undefined) return '';
    if (target.kind === 'known' || target.kind === 'opaque') return this.use(target);
    if (target.kind === 'verdict') return VERDICTS[target.verdict] ?? '';
    return `${target.kind} ${target.chain}`;
  }
}

/** Puts the words of one rule down, in as many chains as they need. */
class Layout {
  readonly chains: WrittenChain[] = [];
  readonly #next: (prefix: string) => string;
  readonly #first: WrittenRule[] = [];
  #rules = this.#first;
  #words: string[] = [];

  constructor(next: (prefix: string) => string) {
    this.#next = next;
  }

  static of(words: readonly NftWords[], next: (prefix: string) => string): Layout {
    const layout = new Layout(next);
    for (const one of words) layout.#put(one);
    layout.#end(true);
    return layout;
  }

  get rule(): WrittenRule {
    return this.#first[0]!;
  }

  #put(words: NftWords): void {
    if (words === undefined || words === '') return;
    if (typeof words === 'string') this.#words.push(words);
    else if ('unless' in words) this.#unless(words);
    else if ('any' in words) this.#any(words.any);
    else this.#goTo(words.chain, words.rules);
  }

  #unless({ words = '', unless: matches }: Unless): void {
    if (words !== '') this.#words.push(words);
    const rules: WrittenRule[] = matches.map((match) => ({
      text: `${match} return`,
      stands: false,
    }));
    const name = this.#chain('unless', rules);
    this.#words.push(`jump ${name}`);
    this.#end(false);
    this.#rules = rules;
  }

  #any(matches: readonly string[]): void {
    const rest = this.#next('rest');
    const rules = matches.map((match) => ({ text: `${match} goto ${rest}`, stands: false }));
    this.#words.push(`jump ${this.#chain('any', rules)}`);
    this.#end(false);
    this.#rules = [];
    this.chains.unshift({ name: rest, rules: this.#rules });
  }

  #goTo(prefix: string, rules: readonly string[]): void {
    const name = this.#chain(
      prefix,
      rules.map((text) => ({ text, stands: false })),
    );
    this.#words.push(`goto ${name}`);
  }

  #chain(prefix: string, rules: readonly WrittenRule[]): string {
    const name = this.#next(prefix);
    this.chains.push({ name, rules });
    return name;
  }

  #end(stands: boolean): void {
    this.#rules.push({ text: this.#words.join(' '), stands });
    this.#words = [];
  }
}

const isComment = (use: Use): boolean => use.kind === 'known' && use.extension.name === 'comment';

/** What leads out of the chain that the rule stands in does so from another chain as well. */
const returns = (target: Target | undefined): boolean =>
  target?.kind === 'goto' || (target?.kind === 'verdict' && target.verdict === 'RETURN');

const isInChain = (words: NftWords): boolean => typeof words === 'object';

/** @param cx what the rule's extensions are told of it (`contextOf` of `3-compile`) */
export function translateRule(rule: XtRule, cx: PrintContext, options: RuleOptions): Translated {
  const mayBeTwo = !rule.matches.some((match) => COUNTING.has(nameOf(match)));
  // Extensions ask which protocol packets have, not which they have not.
  const isAbout = !options.exact || rule.protocol?.negated !== true;
  const writer = new Writer(isAbout ? cx : { ...cx, protocol: 0 }, options, mayBeTwo);
  const said = new Set(rule.matches.map(nameOf));
  const counted = options.keepCounters === true && rule.counters !== undefined;
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const uses = rule.matches.filter((m) => !isComment(m));
  const matches = uses.map((m) => writer.use(m));
  const inChain = matches.findIndex(isInChain);
  if (inChain >= 0 && returns(rule.target))
    writer.leave(nameOf(uses[inChain]!), { why: IN_A_CHAIN, near: false });
  const before = partsText(rule, said);
  const behind = [
    counted ? `counter packets ${packets} bytes ${bytes}` : 'counter',
    writer.target(rule.target),
    ...rule.matches.filter(isComment).map((m) => writer.use(m)),
  ];
  const { missing, declared, second, differences } = writer;
  if (missing.length > 0) return { kind: 'untranslatable', what: missing };
  const first = Layout.of([...before, ...matches, ...behind], options.next);
  const written = { kind: 'text', declared, differences } as const;
  if (second.size === 0) return { ...written, rules: [first.rule], chains: first.chains };
  const others = matches.map((text) => second.get(text) ?? text);
  // What was counted stays with the first.
  const [, ...rest] = behind;
  const other = Layout.of([...before, ...others, 'counter', ...rest], options.next);
  const chains = [...first.chains, ...other.chains];
  return { ...written, rules: [first.rule, other.rule], chains };
}
