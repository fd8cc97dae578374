import type {
  CtExpression,
  ElementExpression,
  Expression,
  ExthdrExpression,
  IpOptionExpression,
  MetaExpression,
  PayloadExpression,
  RawPayloadExpression,
  TcpOptionExpression,
  VerdictExpression,
} from './expressions.ts';
import type { ObjectKind, Rule } from './objects.ts';
import type { Integer, Name, Span } from './span.ts';

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

/** A terminal or control verdict: `accept`, `jump web`. */
export interface VerdictStatement extends Node<'verdict'> {
  readonly verdict: VerdictExpression;
}

/** `jump { ... }`: a chain without a name, made for this rule. */
export interface AnonymousChainStatement extends Node<'chain'> {
  readonly verdict: 'jump' | 'goto';
  readonly rules: readonly Rule[];
}

/** `key vmap { ... }` or `key vmap @name`. */
export interface VmapStatement extends Node<'vmap'> {
  readonly key: Expression;
  readonly mapping: Expression;
}

/**
 * `implicit` is the absent operator: equality for a value, a bit test for flags, a lookup for a set;
 * `check` decides. `!` is its negation (`tcp flags ! syn`): no bit of the right side may be set.
 */
export type RelationalOperator = 'implicit' | '==' | '!=' | '<' | '>' | '<=' | '>=' | '!';

/** The mask form `tcp flags syn / syn,ack` arrives here as `tcp flags & (syn | ack) == syn`. */
export interface MatchStatement extends Node<'match'> {
  readonly op: RelationalOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface CounterStatement extends Node<'counter'> {
  readonly packets: Integer;
  readonly bytes: Integer;
}

export interface QuotaStatement extends Node<'quota'> {
  readonly over: boolean;
  /** Bytes, units multiplied out. */
  readonly bytes: Integer;
  readonly used: Integer;
}

export type TimeUnit = 'second' | 'minute' | 'hour' | 'day' | 'week';

export interface LimitSpec {
  readonly over: boolean;
  readonly unit: 'packets' | 'bytes';
  /** In packets, or in bytes with units multiplied out. */
  readonly rate: Integer;
  readonly per: TimeUnit;
  /** Absent: 5 packets, or 0 bytes. Units as in `rate`. */
  readonly burst?: Integer;
}

export interface LimitStatement extends Node<'limit'>, LimitSpec {}

/** `ct count over 10`. */
export interface ConnlimitStatement extends Node<'ct count'> {
  readonly count: number;
  readonly over: boolean;
}

export interface LastStatement extends Node<'last'> {
  /** Milliseconds since last use; absent for never. */
  readonly used?: number;
}

/** Statements that carry state of their own and may be attached to set elements. */
export type StatefulStatement =
  | CounterStatement
  | QuotaStatement
  | LimitStatement
  | ConnlimitStatement
  | LastStatement;

export interface LogStatement extends Node<'log'> {
  readonly prefix?: string;
  readonly group?: number;
  readonly snaplen?: number;
  readonly queueThreshold?: number;
  readonly level?: string;
  /** `tcp sequence`, `tcp options`, `ip options`, `skuid`, `ether`, `all`. */
  readonly flags: readonly string[];
}

export interface RejectStatement extends Node<'reject'> {
  /** Absent: the default of the family. */
  readonly type?: 'tcp reset' | 'icmp' | 'icmpv6' | 'icmpx';
  readonly code?: Expression;
}

export interface NatStatement<K extends string> extends Node<K> {
  readonly family?: 'ip' | 'ip6';
  readonly addr?: Expression;
  readonly port?: Expression;
  readonly flags: readonly ('random' | 'fully-random' | 'persistent')[];
  /** `prefix to`, `interval to`, `addr . port to`. */
  readonly type?: 'prefix' | 'interval' | 'concat';
}
export type SnatStatement = NatStatement<'snat'>;
export type DnatStatement = NatStatement<'dnat'>;
export type MasqueradeStatement = NatStatement<'masquerade'>;
export type RedirectStatement = NatStatement<'redirect'>;

export interface TproxyStatement extends Node<'tproxy'> {
  readonly family?: 'ip' | 'ip6';
  readonly addr?: Expression;
  readonly port?: Expression;
}

export interface SynproxySpec {
  readonly mss?: number;
  readonly wscale?: number;
  readonly timestamp: boolean;
  readonly sackPerm: boolean;
}
export interface SynproxyStatement extends Node<'synproxy'>, SynproxySpec {}

export interface QueueStatement extends Node<'queue'> {
  /** A number, a range, a map, numgen or a hash; absent for queue 0. */
  readonly num?: Expression;
  readonly flags: readonly ('bypass' | 'fanout')[];
}

export interface DupStatement extends Node<'dup'> {
  readonly addr: Expression;
  readonly dev?: Expression;
}

export interface FwdStatement extends Node<'fwd'> {
  readonly dev: Expression;
  readonly family?: 'ip' | 'ip6';
  readonly addr?: Expression;
}

export interface NotrackStatement extends Node<'notrack'> {}

export type MangleKey =
  | MetaExpression
  | CtExpression
  | PayloadExpression
  | RawPayloadExpression
  | ExthdrExpression
  | TcpOptionExpression
  | IpOptionExpression;

/** `meta mark set 1`, `ct zone set 2`, `ip dscp set af11`, `tcp option maxseg size set rt mtu`. */
export interface MangleStatement extends Node<'mangle'> {
  readonly key: MangleKey;
  readonly value: Expression;
}

/** `reset tcp option sack-perm`: the option is overwritten by no-ops. */
export interface ResetStatement extends Node<'reset'> {
  readonly option: TcpOptionExpression;
}

export type DynsetOperation = 'add' | 'update' | 'delete';

/** `add @set { ip saddr timeout 1m limit rate 1/second }`. */
export interface SetStatement extends Node<'set'> {
  readonly op: DynsetOperation;
  readonly set: Name;
  readonly elem: ElementExpression;
  readonly statements: readonly StatefulStatement[];
}

/** `update @map { ip saddr : mark }`. */
export interface MapStatement extends Node<'map'> {
  readonly op: DynsetOperation;
  readonly set: Name;
  readonly elem: ElementExpression;
  readonly data: ElementExpression;
  readonly statements: readonly StatefulStatement[];
}

/** The old form of a dynamic set: `meter flood { ip saddr limit rate 10/second }`. */
export interface MeterStatement extends Node<'meter'> {
  readonly name: Name;
  readonly size?: number;
  readonly key: ElementExpression;
  readonly statement: Statement;
}

/** `flow add @flowtable`. */
export interface FlowStatement extends Node<'flow'> {
  readonly flowtable: Name;
}

/** A named object by name or by map: `counter name "http"`, `ct helper set "ftp"`. */
export interface ObjrefStatement extends Node<'objref'> {
  readonly object: ObjectKind;
  readonly name: Expression;
}

/** What `nft list` prints for an extension of iptables-nft that has no native form. */
export interface XtStatement extends Node<'xt'> {
  /** `match`, `target` or `watcher`; in a listing empty where `name` is text kept as it was. */
  readonly type: string;
  readonly name: string;
}

export type Statement =
  | VerdictStatement
  | AnonymousChainStatement
  | VmapStatement
  | MatchStatement
  | StatefulStatement
  | LogStatement
  | RejectStatement
  | SnatStatement
  | DnatStatement
  | MasqueradeStatement
  | RedirectStatement
  | TproxyStatement
  | SynproxyStatement
  | QueueStatement
  | DupStatement
  | FwdStatement
  | NotrackStatement
  | MangleStatement
  | ResetStatement
  | SetStatement
  | MapStatement
  | MeterStatement
  | FlowStatement
  | ObjrefStatement
  | XtStatement;

export type StatementKind = Statement['kind'];
export type StatementOf<K extends StatementKind> = Extract<Statement, { kind: K }>;
