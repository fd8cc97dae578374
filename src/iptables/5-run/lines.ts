// Lines of restore files that are no rules.

import type { CommandWords, Counters, Word } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';

/** A line without the blanks before it, where no rule stands there. */
export const outdented = (line: string): string =>
  line.replace(/^[ \t]+(?=[*:#]|COMMIT\b)/, '').replace(/^COMMIT\s+(?:#.*)?$/, 'COMMIT');

export const isEmpty = (line: string): boolean => line === '' || line === '\r';

export const isCommit = (line: string): boolean => /^COMMIT\r?$/.test(line);

/** What a line `:NAME POLICY` stands for. */
export const chainCommand = (
  family: XtFamily,
  name: 'policy' | 'new-chain' | 'flush',
  args: readonly Word[],
  counters?: Counters,
): CommandWords => ({
  family,
  table: undefined,
  command: name,
  andZero: false,
  args,
  rule: { options: [], matches: [] },
  flags: new Map(),
  counters,
  only: undefined,
});
