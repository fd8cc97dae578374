// What a match or a target is to the language. What libxtables does by callbacks (x6_parse, x6_fcheck,
// save, xlate) is here a table of options and four small functions; what the kernel checks
// (table, hook, protocol: struct xt_match) is not here but in room `engine`.

import type { Expr, XtInfo } from '../../program/index.ts';
import type { ParseContext } from './context.ts';
import type { Given } from './given.ts';
import type { NftWords, TranslateContext } from './translation.ts';

/** Which of the four commands: `libipt_`, `libip6t_`, `libarpt_`, `libebt_`. */
export type XtFamily = 'ip' | 'ip6' | 'arp' | 'bridge';

export const IP_FAMILIES: readonly XtFamily[] = ['ip', 'ip6'];

/** Reads the words behind an option. @throws XtError saying what is wrong with them */
export type ValueParser = (words: readonly string[], cx: ParseContext) => unknown;

export interface OptionSpec {
  /** Without its dashes: `ctstate`. */
  readonly name: string;
  /** Other spellings: `destination-port` of `dport`. */
  readonly aliases?: readonly string[];
  /** Of one letter, as in `-s`; ebtables has them. */
  readonly short?: string;
  /** How many words follow; 1 where there is a `parse`, else 0. */
  readonly words?: number;
  /** The words may be left out (`--ecn-ip-ect` never, `--log-level` neither: `--random` of ebtables). */
  readonly optional?: boolean;
  readonly parse?: ValueParser;
  /** `!` may stand before it (XTOPT_INVERT). */
  readonly negatable?: boolean;
  /** May be given several times (XTOPT_MULTI). */
  readonly multiple?: boolean;
  readonly mandatory?: boolean;
  /** Options that must not be given with it. */
  readonly excludes?: readonly string[];
  /** Options without which it means nothing. */
  readonly needs?: readonly string[];
  /** One line for help and completion, e.g. `state[,state...]  states to match`. */
  readonly about?: string;
}

/** Where an extension is saved or translated. */
export interface PrintContext {
  readonly family: XtFamily;
  readonly table: string;
  /** IPPROTO_* the rule is about, 0 for all; for ebtables the ethertype. */
  readonly protocol: number;
  /** `iptables -L -n`: numbers instead of names. */
  readonly numeric: boolean;
}

/** A native form in nf_tables' expressions, where iptables-nft uses one or the same meaning has one. */
export interface NativeForm<I extends XtInfo> {
  /** Undefined where this info has no native form. */
  lower(info: I, cx: PrintContext): readonly Expr[] | undefined;
  /** The info that `lower` made the expressions from `at` on, and where they end. */
  raise(
    exprs: readonly Expr[],
    at: number,
    cx: PrintContext,
  ): { readonly info: I; readonly end: number } | undefined;
}

export interface Extension<I extends XtInfo = XtInfo> {
  readonly kind: 'match' | 'target';
  readonly name: string;
  /** Names that are read as this one: `state` is `conntrack` nowhere, `NOTRACK` is `CT`. */
  readonly aliases?: readonly string[];
  readonly families: readonly XtFamily[];
  /** What the kernel calls it where that is another name: `conntrack` of `state`, `CT` of `NOTRACK`. */
  readonly kernelName?: string;
  /** The name behind `-m` or `-j` where it depends on the info: `state` of some of `conntrack`. */
  savedAs?(info: I): string;
  /** The name that `iptables -L` shows where that is another one. */
  readonly listedAs?: string;
  /**
   * ebtables: a target that stands among the matches and goes on (`--log`). Like matches there, it
   * is implied by its options.
   */
  readonly watcher?: boolean;
  /** The revision iptables 1.8.13 loads. */
  readonly rev: number;
  readonly options: readonly OptionSpec[];
  /** Makes the info from the options given. @throws XtError where they do not go together */
  build(given: Given, cx: ParseContext): I;
  /** The options that make it again, as `iptables-save` writes them: `! --length 10:20`. */
  save(info: I, cx: PrintContext): string;
  /** As `iptables -L` describes it; the default is what `save` says. */
  list?(info: I, cx: PrintContext): string;
  /** Lists without a blank before it, as libxt_bpf.c alone does. */
  readonly listsAtOnce?: true;
  /** As `iptables-translate` writes it in nft's words; undefined where nft has none for it. */
  translate?(info: I, cx: TranslateContext): NftWords;
  readonly native?: NativeForm<I>;
}

/** Keeps the info's type while an extension is written, and forgets it where all stand in one list. */
export const extension = <I extends XtInfo>(one: Extension<I>): Extension => one;
