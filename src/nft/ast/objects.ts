import type { RuleShape } from '../../program/index.ts';
import type { Expression, SetExpression } from './expressions.ts';
import type { Integer, Name, Span } from './span.ts';
import type { LimitSpec, StatefulStatement, Statement, SynproxySpec } from './statements.ts';

export type Family = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

/** What every declaration inside a table carries; the parser fills it in inside a table's block. */
export interface InTable {
  readonly family: Family;
  readonly table: Name;
  /** The kernel's number of it; only where it was listed or given. */
  readonly handle?: Integer;
  readonly comment?: string;
}

export interface TableDeclaration extends Node<'table'> {
  readonly family: Family;
  readonly name: Name;
  readonly handle?: Integer;
  readonly comment?: string;
  /** `dormant`, `owner`, `persist`. */
  readonly flags: readonly Name[];
  /** In the order they were written; a chain's rules are inside it. */
  readonly items: readonly TableItem[];
}

export type TableItem =
  | ChainDeclaration
  | SetDeclaration
  | MapDeclaration
  | ObjectDeclaration
  | FlowtableDeclaration;

/** `filter + 10` is `{ name: filter, offset: 10 }`, `-300` is `{ offset: -300 }`. */
export interface Priority {
  readonly name?: string;
  readonly offset: number;
  readonly span: Span;
}

export interface HookSpec {
  /** `filter`, `nat` or `route`. */
  readonly type: Name;
  readonly hook: Name;
  readonly priority: Priority;
  readonly span: Span;
}

export interface ChainDeclaration extends Node<'chain'>, InTable {
  readonly name: Name;
  /** Absent: a regular chain, or the reopening of one that exists. */
  readonly hook?: HookSpec;
  readonly devices: readonly Name[];
  readonly policy?: 'accept' | 'drop';
  readonly offload: boolean;
  readonly rules: readonly Rule[];
}

/** A rule's body, without its place. */
export interface Rule extends Node<'rule'> {
  readonly statements: readonly Statement[];
  readonly comment?: string;
  readonly handle?: Integer;
  /** Where the parser knows it; else `shapeOf` says. */
  readonly shape?: RuleShape;
}

/** Where an added rule goes: after (`add`) or before (`insert`) the one named; or which to replace. */
export type RulePosition =
  | { readonly by: 'handle'; readonly handle: Integer; readonly span: Span }
  /** Counted from 0 at the chain's start. */
  | { readonly by: 'index'; readonly index: Integer; readonly span: Span };

/** A rule as a command's object. */
export interface RuleDeclaration extends Node<'rule'>, InTable {
  readonly chain: Name;
  readonly position?: RulePosition;
  readonly rule: Rule;
}

/** `type ipv4_addr . inet_service` or `typeof ip saddr . tcp dport`. */
export type KeySpec =
  | { readonly kind: 'type'; readonly names: readonly Name[]; readonly span: Span }
  | { readonly kind: 'typeof'; readonly expr: Expression; readonly span: Span };

/** What a map holds. `interval` data is a range of values, for NAT. */
export type DataSpec =
  | (KeySpec & { readonly interval: boolean })
  | { readonly kind: 'verdict' | 'queue'; readonly span: Span }
  | { readonly kind: 'object'; readonly object: ObjectKind; readonly span: Span };

interface SetNode<K extends string> extends Node<K>, InTable {
  readonly name: Name;
  /** Absent only where an error was reported for it. */
  readonly key?: KeySpec;
  /** `constant`, `interval`, `timeout`, `dynamic`. */
  readonly flags: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
  /** Milliseconds. */
  readonly gcInterval?: number;
  readonly size?: number;
  readonly policy?: 'performance' | 'memory';
  readonly autoMerge: boolean;
  /** Attached to every element that is added. */
  readonly statements: readonly StatefulStatement[];
  readonly elements?: SetExpression;
}

export interface SetDeclaration extends SetNode<'set'> {}
export interface MapDeclaration extends SetNode<'map'> {
  /** Absent where the key is. */
  readonly data?: DataSpec;
}

export interface ElementsDeclaration extends Node<'element'>, InTable {
  readonly name: Name;
  readonly elements: SetExpression;
}

export interface FlowtableDeclaration extends Node<'flowtable'>, InTable {
  readonly name: Name;
  readonly hook?: Name;
  readonly priority?: Priority;
  readonly devices: readonly Name[];
  readonly counter: boolean;
  readonly offload: boolean;
}

interface ObjectNode<K extends string> extends Node<K>, InTable {
  readonly name: Name;
}

export interface CounterObject extends ObjectNode<'counter'> {
  readonly packets: Integer;
  readonly bytes: Integer;
}
export interface QuotaObject extends ObjectNode<'quota'> {
  readonly over: boolean;
  readonly bytes: Integer;
  readonly used: Integer;
}
export interface LimitObject extends ObjectNode<'limit'>, LimitSpec {}
export interface CtHelperObject extends ObjectNode<'ct helper'> {
  /** The helper's name, `ftp`. */
  readonly type: string;
  readonly protocol: 'tcp' | 'udp';
  readonly l3proto?: Family;
}
export interface CtTimeoutObject extends ObjectNode<'ct timeout'> {
  readonly protocol: 'tcp' | 'udp';
  readonly l3proto?: Family;
  /** Seconds by state name. */
  readonly policy: readonly { readonly state: Name; readonly seconds: number }[];
}
export interface CtExpectationObject extends ObjectNode<'ct expectation'> {
  readonly protocol: 'tcp' | 'udp';
  readonly l3proto?: Family;
  readonly dport: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly size: number;
}
export interface SecmarkObject extends ObjectNode<'secmark'> {
  readonly context: string;
}
export interface SynproxyObject extends ObjectNode<'synproxy'>, SynproxySpec {}
export interface TunnelObject extends ObjectNode<'tunnel'> {
  readonly id: number;
  readonly src?: Expression;
  readonly dst?: Expression;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly encapsulation?: TunnelEncapsulation;
}
export type TunnelEncapsulation =
  | { readonly kind: 'erspan'; readonly version: 1; readonly index: number }
  | {
      readonly kind: 'erspan';
      readonly version: 2;
      readonly direction: 'ingress' | 'egress';
      readonly id: number;
    }
  | { readonly kind: 'vxlan'; readonly gbp: number }
  | {
      readonly kind: 'geneve';
      readonly options: readonly { class: number; optType: number; data: string }[];
    };

export type ObjectDeclaration =
  | CounterObject
  | QuotaObject
  | LimitObject
  | CtHelperObject
  | CtTimeoutObject
  | CtExpectationObject
  | SecmarkObject
  | SynproxyObject
  | TunnelObject;

export type ObjectKind = ObjectDeclaration['kind'];

export type Declaration =
  | TableDeclaration
  | ChainDeclaration
  | RuleDeclaration
  | SetDeclaration
  | MapDeclaration
  | ElementsDeclaration
  | FlowtableDeclaration
  | ObjectDeclaration;
