// What a match or a target is to the engine: struct xt_match and struct xt_target of
// include/linux/netfilter/x_tables.h, with nft_compat.c as the one that calls them.

import type { Family, HookName, XtInfo } from '../../program/index.ts';
import type { Prepare } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';

/** What the kernel demands of the place an extension stands in; each absent field demands nothing. */
export interface Placement {
  readonly families: readonly Family[];
  readonly table?: string;
  /** Base chains at other hooks must not reach it. */
  readonly hooks?: readonly HookName[];
  /** The rule must be about this protocol (`-p tcp`), and not by its negation, unless `evenNegated`. */
  readonly protocols?: readonly number[];
  /** By its negation will do: nobody looks at the flag. */
  readonly evenNegated?: true;
}

/** A match of one rule, ready to run. Nothing of it allocates. */
export interface XtMatch {
  /** As `Placement.hooks`, where they depend on the info. */
  readonly hooks?: readonly HookName[];
  /** False ends the rule unmatched; to drop at once (par->hotdrop) set `pkt.hotdrop`. */
  matches(pkt: PktInfo): boolean;
  /** Why it did not match, with the value it saw; asked only behind a false `matches`. */
  why(pkt: PktInfo): string;
  /** The info with its state of now (a quota, a limit); the default is the info it was made of. */
  dump?(): XtInfo;
  activate?(): void;
  deactivate?(): void;
}

/** A target of one rule. `run` answers a code of verdict.ts; NFT_CONTINUE is XT_CONTINUE. */
export interface XtTarget {
  /** As `Placement.hooks`, where they depend on the info. */
  readonly hooks?: readonly HookName[];
  run(pkt: PktInfo): number;
  /**
   * What it has just done, where packet and verdict do not show it; asked only while somebody traces.
   * Undefined where it did nothing.
   */
  told?(pkt: PktInfo): string | undefined;
  dump?(): XtInfo;
  activate?(): void;
  deactivate?(): void;
}

interface Module<I extends XtInfo, R> {
  readonly name: string;
  readonly placement: Placement;
  /**
   * checkentry: @throws Refusal with the kernel's errno and a sentence. A string, or undefined, where what
   * it needs is not there to be asked: why. The rule is kept, and verdicts depend on it.
   * @param protocol IPPROTO_* of the rule, 0 for all (for the bridge family the ethertype)
   */
  prepare(info: I, cx: Prepare, protocol: number): R | string | undefined;
}
export type MatchModule<I extends XtInfo = XtInfo> = Module<I, XtMatch>;
export type TargetModule<I extends XtInfo = XtInfo> = Module<I, XtTarget>;

/** Keeps the info's type while a module is written; programs are validated before they come here. */
export const matchModule = <I extends XtInfo>(one: MatchModule<I>): MatchModule => one;
export const targetModule = <I extends XtInfo>(one: TargetModule<I>): TargetModule => one;
