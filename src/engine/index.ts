/** The engine: runs programs. Rulesets are changed by transactions and evaluated as hooks. */
export { Errno, type ErrnoName, TransactionError } from './errno.ts';
export type { Executor } from './executor.ts';
export { NfTables, type NfTablesOptions, type RulesetEvent } from './nftables.ts';
export type { Manip, NatRange, Translator } from './translator.ts';
export {
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NETMAP,
  NF_NAT_RANGE_PROTO_SPECIFIED,
} from './translator.ts';
