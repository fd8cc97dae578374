/** The xtables language: iptables, ip6tables, arptables and ebtables; and ipset. */

export { PLAIN as PLAIN_OPTIONS } from './1-parse/tools.ts';
export { type SaveOptions, tableNames } from './4-list/tables.ts';
export {
  type CompiledLine,
  type CompiledRestore,
  type CompileLineOptions,
  compileLine,
  compileRestore,
  type RestoreOptions,
  saveRuleset,
} from './5-run/index.ts';
export {
  type CheckedRules,
  checkedRules,
  type Leftover,
  leftoverReason,
  type NearRule,
  nftCommandLine,
  type TranslatedLine,
  type TranslatedProgram,
  type TranslatedRestore,
  type TranslateOptions,
  translateLine,
  translateProgram,
  translateRestore,
} from './6-translate/index.ts';
export * from './extension/index.ts';
export * from './ipset/index.ts';
export { MATCHES } from './match/index.ts';
export * from './nfacct/index.ts';
export { TARGETS } from './target/index.ts';
