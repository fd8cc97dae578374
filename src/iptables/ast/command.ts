// What a command line says before anything is looked up: options with their words, and the uses of
// extensions with theirs.

import type { Extension, OptionSpec, XtFamily } from '../extension/index.ts';
import type { Counters } from './rule.ts';
import type { Word } from './words.ts';

/** An option of the rule itself. */
export interface PlainOption {
  readonly id: string;
  readonly option: Word;
  readonly values: readonly Word[];
  readonly negated: boolean;
}

/** An option of an extension. */
export interface UseOption {
  readonly spec: OptionSpec;
  readonly option: Word;
  readonly values: readonly Word[];
  readonly negated: boolean;
}

/** `-m NAME …` or `-j NAME …`. */
export interface UseWords {
  readonly kind: 'match' | 'target';
  readonly name: Word;
  readonly extension: Extension | undefined;
  /** Extensions that are implied by `-p` or by an option have no `-m`. */
  readonly implied: boolean;
  /** `-g` instead of `-j`. */
  readonly goto?: boolean;
  readonly options: UseOption[];
  /** Words that only the extension itself could read, as they were written. */
  readonly unread: Word[];
}

export interface RuleWords {
  readonly options: PlainOption[];
  readonly matches: UseWords[];
  target?: UseWords;
}

export type CommandName =
  | 'append'
  | 'check'
  | 'delete'
  | 'insert'
  | 'replace'
  | 'list'
  | 'list-rules'
  | 'flush'
  | 'zero'
  | 'new-chain'
  | 'delete-chain'
  | 'rename-chain'
  | 'policy'
  | 'change-counters'
  | 'init-table'
  | 'version'
  | 'help';

/** Flags that change how things are listed or carried out. */
export type Flag =
  | 'verbose'
  | 'numeric'
  | 'exact'
  | 'line-numbers'
  | 'wait'
  | 'wait-interval'
  | 'Lc'
  | 'Ln'
  | 'Lx'
  | 'Lmac2'
  | 'concurrent';

export interface CommandWords {
  readonly family: XtFamily;
  readonly table: Word | undefined;
  readonly command: CommandName | undefined;
  /** `-L -Z` lists and then zeroes. */
  readonly andZero: boolean;
  /** Words behind the command: chain, number, new name, policy. */
  readonly args: readonly Word[];
  readonly rule: RuleWords;
  readonly flags: ReadonlyMap<Flag, number>;
  readonly counters: Counters | undefined;
  /** `-4` or `-6` where one file is for both. */
  readonly only: 'ip' | 'ip6' | undefined;
}
