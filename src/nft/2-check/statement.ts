// Statements after checking: what 3-compile turns into expressions of the kernel, one to few.

import type { ObjectKind } from '../../program/index.ts';
import type { RelationalOperator, Span, StatefulStatement } from '../ast/index.ts';
import type { Datatype, Key } from '../types/index.ts';
import type { SetInfo } from './scope.ts';
import type { ExthdrX, MapX, PayloadX, Typed, VerdictX } from './typed.ts';

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

export interface MatchStmt extends Node<'match'> {
  op: RelationalOperator;
  left: Typed;
  right: Typed;
}
export interface VerdictStmt extends Node<'verdict'> {
  readonly verdict: VerdictX;
}
export interface VmapStmt extends Node<'vmap'> {
  map: Typed;
}
export interface StatefulStmt extends Node<'stateful'> {
  readonly statement: StatefulStatement;
}
export interface LogStmt extends Node<'log'> {
  readonly prefix?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly group?: number;
  readonly snaplen?: number;
  readonly qthreshold?: number;
}
export interface RejectStmt extends Node<'reject'> {
  readonly type: 'icmp' | 'tcp-reset' | 'icmpx';
  readonly code: number;
}
export interface NatStmt extends Node<'nat'> {
  readonly type: 'snat' | 'dnat' | 'masquerade' | 'redirect';
  family: 'ip' | 'ip6' | 'inet' | undefined;
  addr?: Typed;
  port?: Typed;
  flags: number;
  /** `addr . port` in one register each, from a map. */
  concat: boolean;
  /** The map's data are ranges. */
  interval: boolean;
}
export interface TproxyStmt extends Node<'tproxy'> {
  family: 'ip' | 'ip6' | undefined;
  addr?: Typed;
  port?: Typed;
}
export interface SynproxyStmt extends Node<'synproxy'> {
  readonly mss: number;
  readonly wscale: number;
  readonly flags: number;
}
export interface QueueStmt extends Node<'queue'> {
  readonly num?: Typed;
  readonly flags: number;
}
export interface DupStmt extends Node<'dup'> {
  readonly to: Typed;
  /** `to` is a device, not an address. */
  readonly toDevice: boolean;
  readonly dev?: Typed;
}
export interface FwdStmt extends Node<'fwd'> {
  readonly dev: Typed;
  readonly addr?: Typed;
  readonly nfproto?: number;
}
export interface NotrackStmt extends Node<'notrack'> {}
export interface FlowStmt extends Node<'flow'> {
  readonly flowtable: string;
}
export interface SetPayloadStmt extends Node<'set payload'> {
  target: PayloadX;
  value: Typed;
}
export interface SetExthdrStmt extends Node<'set exthdr'> {
  readonly target: ExthdrX;
  readonly value: Typed;
}
export interface SetMetaStmt extends Node<'set meta'> {
  readonly key: Key;
  readonly value: Typed;
}
export interface SetCtStmt extends Node<'set ct'> {
  readonly key: Key;
  readonly dir?: 'original' | 'reply';
  readonly value: Typed;
}
export interface ResetStmt extends Node<'reset'> {
  readonly option: ExthdrX;
}
export interface DynsetStmt extends Node<'dynset'> {
  readonly op: 'add' | 'update' | 'delete';
  readonly set: SetInfo;
  readonly key: Typed;
  readonly data?: Typed;
  readonly timeout?: number;
  readonly statements: readonly StatefulStatement[];
}
export interface ObjrefStmt extends Node<'objref'> {
  readonly object: ObjectKind;
  readonly name?: string;
  readonly map?: MapX;
}
/** An extension of iptables without a native form. */
export interface XtStmt extends Node<'xt'> {
  readonly type: string;
  readonly name: string;
}

export type Stmt =
  | MatchStmt
  | VerdictStmt
  | VmapStmt
  | StatefulStmt
  | LogStmt
  | RejectStmt
  | NatStmt
  | TproxyStmt
  | SynproxyStmt
  | QueueStmt
  | DupStmt
  | FwdStmt
  | NotrackStmt
  | FlowStmt
  | SetPayloadStmt
  | SetExthdrStmt
  | SetMetaStmt
  | SetCtStmt
  | ResetStmt
  | DynsetStmt
  | ObjrefStmt
  | XtStmt;

/** What a statement takes: the type, length and byte order of its argument. */
export interface Argument {
  readonly type: Datatype;
  readonly len: number;
  readonly byteorder: Typed['byteorder'];
  /** Whether a map may lead to ranges. */
  readonly intervals?: boolean;
}
