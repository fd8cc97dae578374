// What an extension becomes in nft's words, and what it may ask of the rule around it.

import type { AcctObject, HookName, IpSet } from '../../program/index.ts';
import type { PrintContext } from './extension.ts';

/**
 * Holds for the packets that none of these matches of nft holds for, also where a match ends its rule because
 * the packet has nothing to compare. The rest of the rule goes into a chain of its own, behind rules that return.
 */
export interface Unless {
  /** What has to hold before. */
  readonly words?: string;
  readonly unless: readonly string[];
}

/** Holds for the packets that any of these matches of nft holds for; the rest of the rule goes into a chain, too. */
export interface AnyOf {
  readonly any: readonly string[];
}

/** A target that is more than one statement: rules of a chain that the packet goes to and does not leave. */
export interface OwnChain {
  readonly chain: string;
  readonly rules: readonly string[];
}

/** Undefined where nft has no words. */
export type NftWords = string | Unless | AnyOf | OwnChain | undefined;

/** What a rule needs beside it in its table: a set, a map, an object such as `ct helper`. */
export interface Declared {
  readonly what: string;
  readonly name: string;
  readonly body: readonly string[];
}

export interface TranslatedAccount {
  readonly object: AcctObject;
  /** Rules of several tables name it; an object of nft belongs to one. */
  readonly isShared: boolean;
  /** nft's language can say its name. */
  readonly isNameable: boolean;
}

export interface TranslatedIpSet {
  readonly set: IpSet;
  /** A set of nft with the same elements, or why there is none. */
  readonly declared: Declared | string;
  /** nft's language can say its name, and nothing else has it. */
  readonly isNameable: boolean;
}

export interface TranslateContext extends PrintContext {
  /**
   * Only words that do the same to every packet, and none where there are no such words. Otherwise what
   * iptables-translate writes, which for some extensions does something else.
   */
  readonly exact: boolean;
  /** Where the rule stands; undefined in a chain that others jump to. */
  readonly hook: HookName | undefined;
  /**
   * Words that do nearly the same: undefined where that is not enough.
   * @param difference a sentence that tells which packets find another answer
   */
  near(words: string | undefined, difference: string): string | undefined;
  /** No words at all, and why. */
  leave(reason: string): undefined;
  declare(one: Declared): void;
  /** The accounting object of a name, with what may be said of it in nft; undefined where it is not known. */
  account(name: string): TranslatedAccount | undefined;
  /** The set of ipset of a name; undefined where it is not known. */
  ipset(name: string): TranslatedIpSet | undefined;
  /**
   * Words of which one at most holds for a packet: the rule is written twice, once with each, unless
   * something of it counts what comes by.
   */
  either(first: string, second: string): NftWords;
  /** `connlimit0`, `connlimit1` …: a set of this rule alone. */
  nextSet(prefix: string): string;
}
