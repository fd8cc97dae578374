// One rule in nft's words.

import type { Target, Use, XtRule } from '../ast/index.ts';
import type { PrintContext, TranslateContext } from '../extension/index.ts';
import { partsText } from './parts.ts';

/** A rule as nft would write it, or what of it nft has no words for. */
export type Translated =
  | {
      readonly kind: 'text';
      /** One rule, or two of which one at most holds for a packet. */
      readonly rules: readonly [string, ...string[]];
      readonly setup: readonly string[];
    }
  | { readonly kind: 'untranslatable'; readonly what: readonly string[] };

export interface RuleOptions {
  /** `counter packets 7 bytes 420`, not only `counter`. */
  readonly keepCounters?: boolean;
  /** As `TranslateContext` has it. */
  readonly exact: boolean;
  /** Numbers the sets that rules need beside them. */
  readonly nextSet: (prefix: string) => string;
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

class Writer {
  readonly setup: string[] = [];
  readonly missing: string[] = [];
  /** By the words of the first rule, those that stand there in the second. */
  readonly second = new Map<string, string>();
  readonly #cx: TranslateContext;

  constructor(cx: PrintContext, { nextSet, exact }: RuleOptions, mayBeTwo: boolean) {
    this.#cx = {
      ...cx,
      exact,
      nextSet,
      either: (first, second) => {
        if (!mayBeTwo || this.second.size > 0) return undefined;
        this.second.set(first, second);
        return first;
      },
      declare: (command) => {
        this.setup.push(command);
      },
    };
  }

  use(use: Use): string {
    const text = use.kind === 'known' ? use.extension.translate?.(use.info, this.#cx) : undefined;
    if (text === undefined) this.missing.push(nameOf(use));
    return text ?? '';
  }

  target(target: Target | undefined): string {
    if (target === undefined) return '';
    if (target.kind === 'known' || target.kind === 'opaque') return this.use(target);
    if (target.kind === 'verdict') return VERDICTS[target.verdict] ?? '';
    return `${target.kind} ${target.chain}`;
  }
}

const isComment = (use: Use): boolean => use.kind === 'known' && use.extension.name === 'comment';

/** @param cx what the rule's extensions are told of it (`contextOf` of `3-compile`) */
export function translateRule(rule: XtRule, cx: PrintContext, options: RuleOptions): Translated {
  const mayBeTwo = !rule.matches.some((match) => COUNTING.has(nameOf(match)));
  // Extensions ask which protocol packets have, not which they have not.
  const isAbout = !options.exact || rule.protocol?.negated !== true;
  const writer = new Writer(isAbout ? cx : { ...cx, protocol: 0 }, options, mayBeTwo);
  const said = new Set(rule.matches.map(nameOf));
  const counted = options.keepCounters === true && rule.counters !== undefined;
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const matches = rule.matches.filter((m) => !isComment(m)).map((m) => writer.use(m));
  const others = matches.map((text) => writer.second.get(text) ?? text);
  const before = partsText(rule, said);
  const behind = [
    counted ? `counter packets ${packets} bytes ${bytes}` : 'counter',
    writer.target(rule.target),
    ...rule.matches.filter(isComment).map((m) => writer.use(m)),
  ];
  const { missing, setup, second } = writer;
  if (missing.length > 0) return { kind: 'untranslatable', what: missing };
  const line = (words: readonly string[]): string => words.filter((w) => w !== '').join(' ');
  const first = line([...before, ...matches, ...behind]);
  if (second.size === 0) return { kind: 'text', rules: [first], setup };
  // What was counted stays with the first.
  const [, ...rest] = behind;
  return { kind: 'text', rules: [first, line([...before, ...others, 'counter', ...rest])], setup };
}
