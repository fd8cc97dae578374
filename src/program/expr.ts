// The expressions of nf_tables as plain data: one interface per kernel expression, named after it
// (net/netfilter/nft_*.c), fields named after the NFTA_* attributes of
// include/uapi/linux/netfilter/nf_tables.h.
//
// Values are hex strings of the bytes as they stand in memory on a *big-endian host*: a mark of 1
// is "00000001", port 22 is "0016". Host byte order thereby never shows in a program; whoever
// speaks to a little-endian kernel (room netlink) swaps the host-endian ones. Registers carry the
// kernel's numbers: 0 verdict, 1-4 the 16-byte ones, 8-23 the 4-byte ones (enum nft_registers).

import type {
  ConnlimitExpr,
  CounterExpr,
  CtSetExpr,
  DupExpr,
  DynsetExpr,
  ExthdrResetExpr,
  ExthdrWriteExpr,
  FlowOffloadExpr,
  FwdExpr,
  LastExpr,
  LimitExpr,
  LogExpr,
  MasqExpr,
  MetaSetExpr,
  NatExpr,
  NotrackExpr,
  ObjrefExpr,
  OpaqueExpr,
  PayloadWriteExpr,
  QueueExpr,
  QuotaExpr,
  RedirExpr,
  RejectExpr,
  SynproxyExpr,
  TargetExpr,
  TproxyExpr,
} from './expr-act.ts';
import type {
  BitwiseExpr,
  ByteorderExpr,
  CmpExpr,
  CtLoadExpr,
  ExthdrLoadExpr,
  FibExpr,
  HashExpr,
  ImmediateExpr,
  InnerExpr,
  LookupExpr,
  MatchExpr,
  MetaLoadExpr,
  NumgenExpr,
  OsfExpr,
  PayloadLoadExpr,
  RangeExpr,
  RtExpr,
  SocketExpr,
  TunnelExpr,
  XfrmExpr,
} from './expr-load.ts';

export type * from './expr-act.ts';
export type * from './expr-data.ts';
export type * from './expr-load.ts';

export type Expr =
  | ImmediateExpr
  | PayloadLoadExpr
  | PayloadWriteExpr
  | CmpExpr
  | RangeExpr
  | BitwiseExpr
  | ByteorderExpr
  | MetaLoadExpr
  | MetaSetExpr
  | CtLoadExpr
  | CtSetExpr
  | LookupExpr
  | DynsetExpr
  | CounterExpr
  | LimitExpr
  | QuotaExpr
  | ConnlimitExpr
  | LastExpr
  | LogExpr
  | RejectExpr
  | NatExpr
  | MasqExpr
  | RedirExpr
  | TproxyExpr
  | SynproxyExpr
  | QueueExpr
  | DupExpr
  | FwdExpr
  | NotrackExpr
  | ExthdrLoadExpr
  | ExthdrWriteExpr
  | ExthdrResetExpr
  | FibExpr
  | RtExpr
  | SocketExpr
  | OsfExpr
  | XfrmExpr
  | TunnelExpr
  | NumgenExpr
  | HashExpr
  | ObjrefExpr
  | FlowOffloadExpr
  | InnerExpr
  | MatchExpr
  | TargetExpr
  | OpaqueExpr;

export type ExprKind = Expr['kind'];
