// The state of checking one rule: which protocols its matches have established so far, and which
// type the next literal is read as.

import type { Family, Rule, Span } from '../ast/index.ts';
import {
  type Base,
  type ByteOrder,
  type Datatype,
  type Names,
  type Protocol,
  protocol,
} from '../types/index.ts';
import type { Scope, SetInfo, TableInfo } from './scope.ts';
import type { Stmt } from './statement.ts';
import type { Typed } from './typed.ts';

/** What literals are read as: set by the left side of a match, or by a statement. */
export interface Expectation {
  type: Datatype | undefined;
  byteorder: ByteOrder;
  len: number;
  /** Largest value allowed; 0 for what fits the length. */
  max: bigint;
  /** The selector a literal is compared with: its fields say what each part of `a . b` is. */
  key: Typed | undefined;
}

export const nothingExpected = (): Expectation => ({
  type: undefined,
  byteorder: 'none',
  len: 0,
  max: 0n,
  key: undefined,
});

interface Layer {
  desc: Protocol | undefined;
  /** Every protocol a match allowed here: `meta l4proto { tcp, udp }` leaves it open. */
  seen: readonly Protocol[];
}

/** proto_ctx of nft: the protocol at each base, as far as the rule has said. */
export interface ProtocolContext {
  readonly family: Family;
  readonly layers: Readonly<Record<Base, Layer>>;
  /** Ethernet headers passed on the way to a VLAN header. */
  stackedLl: readonly Protocol[];
  /** The ICMP type the rule requires; 0 for none yet. */
  icmpType: number;
}

/** What a packet of a family is known to begin with. */
const HOOK_PROTOCOL: Readonly<Record<Family, readonly [base: Base, name: string]>> = {
  ip: ['nh', 'ip'],
  ip6: ['nh', 'ip6'],
  inet: ['ll', 'inet'],
  arp: ['nh', 'arp'],
  bridge: ['ll', 'ether'],
  netdev: ['ll', 'netdev'],
};

export const hookBase = (family: Family): Base => HOOK_PROTOCOL[family][0];
export const hookProtocol = (family: Family): Protocol => protocol(HOOK_PROTOCOL[family][1]);

/** Shared: every rule begins with several of them. */
const NONE: readonly Protocol[] = [];

const layer = (): Layer => ({ desc: undefined, seen: NONE });

export function protocolContext(family: Family): ProtocolContext {
  const layers = { ll: layer(), nh: layer(), th: layer(), ih: layer() };
  const context = { family, layers, stackedLl: NONE, icmpType: 0 };
  layers[hookBase(family)].desc = hookProtocol(family);
  return context;
}

export function setProtocol(context: ProtocolContext, base: Base, desc: Protocol): void {
  const layer = context.layers[base];
  // Several transport protocols make fields ambiguous; elsewhere the last one counts.
  if (base === 'th' && !layer.seen.includes(desc)) layer.seen = [...layer.seen, desc];
  layer.desc = desc;
}

/** Everything a rule's statements are checked with. */
export interface RuleContext {
  readonly family: Family;
  readonly table: TableInfo;
  readonly scope: Scope;
  readonly names: Names;
  readonly outer: ProtocolContext;
  /** Of the packet inside a tunnel. */
  innerContext: ProtocolContext | undefined;
  /** Set while a selector inside a tunnel is checked. */
  tunnel: Protocol | undefined;
  expect: Expectation;
  /** Bits of what the statement sets; 0 for matches. */
  statementLen: number;
  /** While the key of a map is read: whether its fields are masked only, or shifted as well. */
  mapKey: 'masked' | 'shifted' | undefined;
  /** The set whose elements are being read. */
  set: SetInfo | undefined;
  /** Inside a list, set or map: ranges may stand in concatenations there. */
  depth: number;
  statements: Stmt[];
  /** The statement being checked: dependencies go before it. */
  current: Stmt | undefined;
  /** Anonymous sets and chains made on the way. */
  readonly made: Made;
  readonly span: Span;
}

/** What a rule brings along, in the order it must be created. */
export interface Made {
  readonly sets: MadeSet[];
  readonly chains: MadeChain[];
}

/** `jump { … }`: a chain of the rule's own. */
export interface MadeChain {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface MadeSet {
  readonly info: SetInfo;
  init: Typed;
}

export function activeContext(cx: RuleContext): ProtocolContext {
  if (cx.tunnel === undefined) return cx.outer;
  // Inside a tunnel a packet begins with Ethernet, as on a bridge. Few rules look there.
  cx.innerContext ??= protocolContext('bridge');
  return cx.innerContext;
}

export function expectExactly(
  cx: RuleContext,
  type: Datatype | undefined,
  byteorder: ByteOrder,
  len: number,
  max = 0n,
): void {
  const { expect } = cx;
  expect.type = type;
  expect.byteorder = byteorder;
  expect.len = len;
  expect.max = max;
  expect.key = undefined;
}

export const expectNothing = (cx: RuleContext): void => expectExactly(cx, undefined, 'none', 0);

/** Byte order as the type has it. */
export function expectType(cx: RuleContext, type: Datatype | undefined, len: number): void {
  expectExactly(cx, type, type?.byteorder ?? 'none', len);
}

export const expectLike = (cx: RuleContext, x: Typed, max = 0n): void =>
  expectExactly(cx, x.type, x.byteorder, x.len, max);
