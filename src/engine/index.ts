/** The engine: runs programs. Rulesets are changed by transactions and evaluated as hooks. */
export { type Account, Accounting, type AcctErrno, accountingOf } from './acct.ts';
export { Errno, type ErrnoName, TransactionError } from './errno.ts';
export type { Executor } from './executor.ts';
export type { FlowtableOwner, OpenFlowtable, RunningFlowtable } from './flowtables.ts';
export * from './ipset/index.ts';
export { NfTables, type NfTablesOptions, type RulesetEvent, type RulesetSize } from './nftables.ts';
export { type FingerprintProblem, parseFingerprints, type ReadFingerprints } from './osf/index.ts';
export { restoringBatch, type SavedRuleset } from './saved.ts';
