// One rule in nft's words.

import type { Target, Use, XtRule } from '../ast/index.ts';
import type { PrintContext, TranslateContext } from '../extension/index.ts';
import { partsText } from './parts.ts';

/** A rule as nft would write it, or what of it nft has no words for. */
export type Translated =
  | { readonly kind: 'text'; readonly text: string; readonly setup: readonly string[] }
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

class Writer {
  readonly setup: string[] = [];
  readonly missing: string[] = [];
  readonly #cx: TranslateContext;

  constructor(cx: PrintContext, { nextSet, exact }: RuleOptions) {
    this.#cx = {
      ...cx,
      exact,
      nextSet,
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
  const writer = new Writer(cx, options);
  const said = new Set(rule.matches.map(nameOf));
  const counted = options.keepCounters === true && rule.counters !== undefined;
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const words = [
    ...partsText(rule, said),
    ...rule.matches.filter((m) => !isComment(m)).map((m) => writer.use(m)),
    counted ? `counter packets ${packets} bytes ${bytes}` : 'counter',
    writer.target(rule.target),
    ...rule.matches.filter(isComment).map((m) => writer.use(m)),
  ];
  if (writer.missing.length > 0) return { kind: 'untranslatable', what: writer.missing };
  return { kind: 'text', text: words.filter((w) => w !== '').join(' '), setup: writer.setup };
}
