/**
 * From the syntax tree to checked statements: types, byte order, implied matches, references. What
 * is wrong becomes a diagnostic; what is right can be compiled without further questions.
 */

export { allocate } from './allocate.ts';
export type { MadeSet, RuleContext } from './context.ts';
export { checkRedeclared, declareSet } from './declare.ts';
export { checkElements } from './elements.ts';
export { addIntervals, boundsOf } from './intervals.ts';
export { attempt, Refused, refuse } from './refuse.ts';
export { type CheckedRule, checkRule, ruleContext } from './rule.ts';
export {
  type ChainInfo,
  intervalsOf,
  keyOfType,
  objectKey,
  Scope,
  type SetInfo,
  type TableInfo,
} from './scope.ts';
export type * from './statement.ts';
export { synproxyFlags } from './statements.ts';
export * from './typed.ts';
