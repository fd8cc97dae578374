/** From iptables to nft: one command, or whole tables. */
export {
  type CheckedRules,
  checkedRules,
  nftCommandLine,
  type TranslatedLine,
  translateLine,
} from './line.ts';
export {
  type Leftover,
  type NearRule,
  type TranslatedProgram,
  type TranslateOptions,
  translateProgram,
} from './program.ts';
export { type TranslatedRestore, translateRestore } from './restore.ts';
export { leftoverReason } from './rule.ts';
