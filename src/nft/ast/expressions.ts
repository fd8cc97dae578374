import type { Integer, Name, Span } from './span.ts';
import type { StatefulStatement } from './statements.ts';

interface Node<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

/**
 * A word that means nothing before `check` gives it a datatype: `established`, `192.0.2.1`, `ssh`,
 * `1d2h`, `00:11:22:33:44:55`, `"eth0"`, `eth*`. Protocol keywords used as values (`tcp`, `dnat`,
 * `ecn`, `reset`) are symbols too.
 */
export interface SymbolExpression extends Node<'symbol'> {
  readonly name: string;
  /**
   * How it was written: `wildcard` for the unquoted string with an asterisk (`eth*`, `a\*`). A
   * quoted string with a trailing asterisk is a wildcard just the same once its type is a string.
   */
  readonly form: 'word' | 'quoted' | 'wildcard';
}

/** A decimal, octal (leading 0) or hexadecimal number that fits 64 bits. */
export interface IntegerExpression extends Node<'integer'> {
  readonly value: Integer;
  /** In a listing: hexadecimal, padded to so many digits. Means nothing to anyone else. */
  readonly hexDigits?: number;
}

/** `exists` and `missing`. */
export interface BooleanExpression extends Node<'boolean'> {
  readonly value: boolean;
}

/** `addr / length`; `addr` need not be an address (`ip saddr & x / 8` parses). */
export interface PrefixExpression extends Node<'prefix'> {
  readonly addr: Expression;
  readonly len: number;
}

export interface RangeExpression extends Node<'range'> {
  readonly from: Expression;
  readonly to: Expression;
}

/** `a . b . c`: flat, at least two items. */
export interface ConcatExpression extends Node<'concat'> {
  readonly items: readonly Expression[];
}

/** `syn,ack`: a comma list outside braces: flags to test, or values to or together. */
export interface ListExpression extends Node<'list'> {
  readonly items: readonly Expression[];
}

/**
 * `{ ... }`. A set inside a set (by a variable) is already flattened into its parent, unless it is
 * the key of a mapping.
 */
export interface SetExpression extends Node<'set'> {
  readonly elements: readonly ElementExpression[];
}

/** An element of a set literal; of a map if `data` is there. Also the key of `add @set { ... }`. */
export interface ElementExpression extends Node<'elem'> {
  readonly key: Expression;
  readonly data?: Expression;
  readonly options?: ElementOptions;
}

export interface ElementOptions {
  /** Milliseconds; `never` keeps an element for ever in a set that has a default timeout. */
  readonly timeout?: number | 'never';
  /** Milliseconds. */
  readonly expires?: number;
  readonly comment?: string;
  readonly statements: readonly StatefulStatement[];
}

/** `*` as an element: matches what no other element does. */
export interface CatchallExpression extends Node<'catchall'> {}

export type BinaryOperator = '&' | '|' | '^' | '<<' | '>>';

export interface BinaryExpression extends Node<'binop'> {
  readonly op: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `key map { ... }` or `key map @name`: a value looked up by another. */
export interface MapExpression extends Node<'map'> {
  readonly key: Expression;
  readonly mapping: Expression;
}

/** `@name`: a named set or map. */
export interface SetReference extends Node<'setref'> {
  readonly name: string;
}

export type VerdictName = 'accept' | 'drop' | 'continue' | 'return' | 'jump' | 'goto';

/** `target` is there for jump and goto, and only there. */
export interface VerdictExpression extends Node<'verdict'> {
  readonly verdict: VerdictName;
  readonly target?: Name;
}

/** Tunnels whose inner headers can be matched: `vxlan ip saddr`. */
export type InnerTunnel = 'vxlan' | 'geneve' | 'gre' | 'gretap';

/**
 * `tcp dport`, `ether saddr`, `th dport`, `arp saddr ip` (field `saddr ip`). The parser guarantees
 * that the field exists in the protocol. Protocols are spelt as in the language, `icmpv6` not `icmp6`.
 */
export interface PayloadExpression extends Node<'payload'> {
  readonly protocol: string;
  readonly field: string;
  readonly tunnel?: InnerTunnel;
}

/** `@base,offset,len`, offset and length in bits. */
export interface RawPayloadExpression extends Node<'payload raw'> {
  readonly base: 'll' | 'nh' | 'th' | 'ih';
  readonly offset: number;
  readonly len: number;
}

/** An IPv6 extension header; without a field it asks for presence (`exthdr frag`). */
export interface ExthdrExpression extends Node<'exthdr'> {
  readonly name: 'hbh' | 'rt' | 'rt0' | 'rt2' | 'srh' | 'frag' | 'dst' | 'mh';
  /** As in the header's template: `nexthdr`, `addr[1]`, `sid[2]`. */
  readonly field?: string;
}

/** `tcp option maxseg size`; without a field it asks for presence. */
export interface TcpOptionExpression extends Node<'tcp option'> {
  /** Canonical (`maxseg`, not `mss`), or the kind as a number. */
  readonly name: string | number;
  readonly field?: string;
  /** `tcp option @kind,offset,len`, in bits: then `name` is the kind and `field` absent. */
  readonly raw?: { readonly offset: number; readonly len: number };
}

export interface IpOptionExpression extends Node<'ip option'> {
  readonly name: 'lsrr' | 'rr' | 'ssrr' | 'ra';
  readonly field?: string;
}

export interface SctpChunkExpression extends Node<'sctp chunk'> {
  readonly name: string;
  readonly field?: string;
}

/** Presence of a DCCP option by its number. */
export interface DccpOptionExpression extends Node<'dccp option'> {
  readonly type: number;
}

/** Keys as the JSON schema has them: `iifname`, `l4proto`, `mark`, `hour`, `secpath` is `ipsec`. */
export interface MetaExpression extends Node<'meta'> {
  readonly key: string;
}

/** `ct state`, `ct original saddr`; the forms that name a family have it in the key: `ip saddr`. */
export interface CtExpression extends Node<'ct'> {
  readonly key: string;
  readonly dir?: 'original' | 'reply';
}

export interface SocketExpression extends Node<'socket'> {
  readonly key: 'transparent' | 'mark' | 'wildcard' | 'cgroupv2';
  /** Of cgroupv2 only. */
  readonly level?: number;
}

export interface OsfExpression extends Node<'osf'> {
  readonly key: 'name' | 'version';
  readonly ttl?: 'loose' | 'skip';
}

export interface FibExpression extends Node<'fib'> {
  readonly result: 'oif' | 'oifname' | 'type' | 'check';
  readonly flags: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif')[];
}

export interface RtExpression extends Node<'rt'> {
  readonly key: 'classid' | 'nexthop' | 'mtu' | 'ipsec';
  readonly family?: 'ip' | 'ip6';
}

export interface IpsecExpression extends Node<'ipsec'> {
  readonly key: 'spi' | 'reqid' | 'saddr' | 'daddr';
  readonly dir: 'in' | 'out';
  readonly spnum: number;
  /** Of saddr and daddr only. */
  readonly family?: 'ip' | 'ip6';
}

export interface NumgenExpression extends Node<'numgen'> {
  readonly mode: 'inc' | 'random';
  readonly mod: number;
  readonly offset: number;
}

export interface JhashExpression extends Node<'jhash'> {
  readonly expr: Expression;
  readonly mod: number;
  readonly seed?: number;
  readonly offset: number;
}

export interface SymhashExpression extends Node<'symhash'> {
  readonly mod: number;
  readonly offset: number;
}

export interface TunnelExpression extends Node<'tunnel'> {
  readonly key: 'path' | 'id';
}

/** Loads something from the packet or its surroundings: what may stand left of a comparison. */
export type SelectorExpression =
  | PayloadExpression
  | RawPayloadExpression
  | ExthdrExpression
  | TcpOptionExpression
  | IpOptionExpression
  | SctpChunkExpression
  | DccpOptionExpression
  | MetaExpression
  | CtExpression
  | SocketExpression
  | OsfExpression
  | FibExpression
  | RtExpression
  | IpsecExpression
  | NumgenExpression
  | JhashExpression
  | SymhashExpression
  | TunnelExpression;

export type Expression =
  | SelectorExpression
  | SymbolExpression
  | IntegerExpression
  | BooleanExpression
  | PrefixExpression
  | RangeExpression
  | ConcatExpression
  | ListExpression
  | SetExpression
  | ElementExpression
  | CatchallExpression
  | BinaryExpression
  | MapExpression
  | SetReference
  | VerdictExpression;

export type ExpressionKind = Expression['kind'];
export type ExpressionOf<K extends ExpressionKind> = Extract<Expression, { kind: K }>;
