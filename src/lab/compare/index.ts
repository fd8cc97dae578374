/** Two rulesets compared on generated packets, and which rules those met. */
export {
  type CompareInput,
  type CompareOptions,
  type Comparison,
  compareRulesets,
  type Difference,
  type RuleCoverage,
} from './compare.ts';
export type { Left } from './conversation.ts';
export { type PacketsFor, type PacketsOptions, packetsFor, type Said } from './packets.ts';
export type { Reason, Unmet } from './unmet.ts';
export type { Goal } from './wish.ts';
