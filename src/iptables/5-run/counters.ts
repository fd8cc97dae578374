// Counters of rules, set and changed.

import type { Rule } from '../../program/index.ts';
import type { Counters } from '../ast/index.ts';

export const counted = (rule: Rule, counters: Counters): Rule => ({
  ...rule,
  exprs: rule.exprs.map((expr) => (expr.kind === 'counter' ? { ...expr, ...counters } : expr)),
});

export const isCounterChange = (text: string): boolean => /^[+-]?\d+$/.test(text);

/** `+1` adds, `-1` takes away, `1` sets. */
export const added = (before: number, text: string): number => {
  const value = Number(text.replace(/^[+-]/, ''));
  if (text.startsWith('+')) return before + value;
  return text.startsWith('-') ? Math.max(0, before - value) : value;
};
