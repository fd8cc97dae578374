// What a selector implies: `tcp dport` needs a TCP packet, `ether saddr` in an ip table an
// Ethernet device, `icmp id` an echo. Matches on that are put before the statement, unless the
// rule has made them already; what contradicts an earlier match is refused.

import type { Span } from '../ast/index.ts';
import { protocolConflict } from '../diagnostics/index.ts';
import {
  arphrdType,
  BASE_NAMES,
  BASES,
  type Base,
  type IcmpDependency,
  icmpTypeType,
  icmpv6TypeType,
  type Key,
  META_KEYS,
  numberOfUpper,
  type Protocol,
  protocol,
} from '../types/index.ts';
import { payloadOf } from './allocate.ts';
import { evaluateBits, needsAdjustment } from './bits.ts';
import {
  activeContext,
  expectLike,
  expectNothing,
  hookBase,
  type ProtocolContext,
  type RuleContext,
  setProtocol,
} from './context.ts';
import { learn } from './learn.ts';
import { evaluateMatch } from './match.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { MatchStmt, Stmt } from './statement.ts';
import {
  constant,
  type ExthdrX,
  elem,
  type MetaX,
  type PayloadX,
  setLiteral,
  type Typed,
  value,
} from './typed.ts';

const META = (name: string): Key => {
  const key = META_KEYS.get(name);
  if (key === undefined) throw new RangeError(`no meta key named ${name}`);
  return key;
};

export function metaOf(span: Span, key: Key): MetaX {
  const { type, byteorder, len } = key;
  const protocolKey = key.protocolAbove !== undefined;
  return { kind: 'meta', span, type, byteorder, len, protocolKey, key };
}

const below = (base: Base): Base | undefined => BASES[BASES.indexOf(base) - 1];

/** Checks a match made here; what the statement itself expects is not disturbed. */
function makeMatch(cx: RuleContext, stmt: MatchStmt): MatchStmt {
  const { statementLen } = cx;
  cx.statementLen = 0;
  expectNothing(cx);
  evaluateMatch(cx, stmt);
  cx.statementLen = statementLen;
  return stmt;
}

/** A match made for a selector inside a tunnel looks inside that tunnel, too. */
function throughTunnel(cx: RuleContext, made: MatchStmt): MatchStmt {
  const proto = cx.tunnel;
  const { left } = made;
  if (proto?.inner !== undefined && (left.kind === 'payload' || left.kind === 'meta')) {
    left.inner = { ...proto.inner, proto };
  }
  return made;
}

const equal = (left: Typed, right: Typed): MatchStmt => ({
  kind: 'match',
  span: left.span,
  op: '==',
  left,
  right,
});

/** Two matches of one field for different values can never both hold. */
function refuseRepeated(cx: RuleContext, made: Stmt): void {
  if (made.kind !== 'match' || made.left.kind !== 'payload') return;
  const { left } = made;
  for (const earlier of cx.statements) {
    if (earlier === made) return;
    if (earlier.kind !== 'match' || earlier.left.kind !== 'payload') continue;
    if (earlier.op === '!=') continue;
    const other = earlier.left;
    const same =
      other.proto === left.proto &&
      other.base === left.base &&
      other.offset === left.offset &&
      other.len === left.len &&
      other.inner?.type === left.inner?.type;
    if (same && earlier.right.kind === 'value') {
      refuse('conflicting_matches', made.span, 'conflicting statements', {
        related: [{ span: earlier.span, message: 'the same field is matched here' }],
      });
    }
  }
}

/** Puts a statement before the one being checked. */
function insertBefore(cx: RuleContext, made: Stmt): void {
  const at = cx.current === undefined ? -1 : cx.statements.indexOf(cx.current);
  if (at < 0) cx.statements.push(made);
  else cx.statements.splice(at, 0, made);
}

function addDependency(cx: RuleContext, made: Stmt): void {
  insertBefore(cx, made);
  refuseRepeated(cx, made);
}

/** The match that leads from one protocol to another. */
function link(cx: RuleContext, from: Protocol, to: Protocol, span: Span): MatchStmt {
  const number = numberOfUpper(from, to);
  if (number === undefined) return refuseWith(protocolConflict(span, to.name, from.name));
  const { metaKey, key } = from;
  if (metaKey !== undefined) {
    const left = metaOf(span, META(metaKey.key));
    // Most rules have one or two of these. Both sides are typed, and all there is to it is this.
    const right = constant(span, metaKey.type, left.byteorder, left.len, number);
    learn(cx, left, right.value);
    return throughTunnel(cx, equal(left, right));
  }
  if (key === undefined) return refuseWith(protocolConflict(span, to.name, from.name));
  const right = constant(span, key.type, key.type.byteorder, key.len, number);
  return throughTunnel(cx, makeMatch(cx, equal(payloadOf(from, key, span), right)));
}

const ARPHRD_ETHER = 1;

/** Only Ethernet devices have Ethernet headers; in ip tables the hook does not say so. */
function ethernetDevice(cx: RuleContext, x: PayloadX): MatchStmt {
  const proto = x.proto ?? protocol('unknown');
  const ether = protocol('ether');
  if (proto !== ether && numberOfUpper(ether, proto) === undefined) {
    refuse('wrong_family', x.span, 'protocol specification is invalid for this family');
  }
  const meta = metaOf(x.span, META('iiftype'));
  const right = constant(x.span, arphrdType, 'host', 16, ARPHRD_ETHER);
  return throughTunnel(cx, makeMatch(cx, equal(meta, right)));
}

const LINK_OF_FAMILY: Readonly<Record<string, string>> = {
  inet: 'inet',
  bridge: 'ether',
  netdev: 'netdev',
};

/** include/uapi/linux/netfilter/nf_tables.h: NFT_INNER_LL. */
const INNER_LL = 2;

/** ICMP and IGMP belong to one IP version, which a mixed table has to require first. */
function mixedFamilyBase(cx: RuleContext, x: PayloadX): Protocol | undefined {
  const context = activeContext(cx);
  const link_ = LINK_OF_FAMILY[context.family];
  if (x.base === 'nh') return link_ === undefined ? undefined : protocol(link_);
  if (x.base !== 'th') return undefined;
  const name = x.proto?.name;
  if (name !== 'icmp' && name !== 'icmpv6' && name !== 'igmp') return protocol('inet-service');
  const from = context.layers.ll.desc ?? (link_ === undefined ? undefined : protocol(link_));
  if (from === undefined) return undefined;
  const version = protocol(name === 'icmpv6' ? 'ip6' : 'ip');
  // GRE carries IP without a link header: only the packet's protocol can tell the version.
  const linkless = x.inner !== undefined && (x.inner.flags & INNER_LL) === 0;
  insertBefore(cx, link(cx, linkless ? protocol('netdev') : from, version, x.span));
  return version;
}

/** The match a selector needs where nothing is known of its layer yet. */
export function requireProtocol(cx: RuleContext, x: PayloadX): MatchStmt {
  const context = activeContext(cx);
  const hook = hookBase(context.family);
  if (BASES.indexOf(x.base) < BASES.indexOf(hook)) return ethernetDevice(cx, x);
  const lower = below(x.base);
  const from = (lower && context.layers[lower].desc) ?? mixedFamilyBase(cx, x);
  if (from === undefined) {
    const layer = lower === undefined ? 'lower' : BASE_NAMES[lower];
    refuse('ambiguous_header', x.span, `ambiguous payload specification: no ${layer} protocol`);
  }
  const to = x.proto ?? protocol('unknown');
  // skb->protocol also holds behind a VLAN tag; the Ethernet type would be that of the tag.
  const bridged = context.family === 'bridge' && from.name === 'ether';
  const isIp = to.name === 'ip' || to.name === 'ip6';
  return link(cx, bridged && isIp ? protocol('netdev') : from, to, x.span);
}

/** A match on an upper header's number, where two link headers are stacked. */
function stackedLink(cx: RuleContext, from: Protocol, x: PayloadX): MatchStmt | undefined {
  const to = x.proto ?? protocol('unknown');
  const number = numberOfUpper(from, to);
  const current = activeContext(cx).layers.ll.desc;
  const key = current?.key;
  if (number === undefined || current === undefined || key === undefined) return undefined;
  const right = constant(x.span, key.type, key.type.byteorder, key.len, number);
  return throughTunnel(cx, makeMatch(cx, equal(payloadOf(current, key, x.span), right)));
}

const stackedBits = (context: ProtocolContext): number =>
  context.stackedLl.reduce((bits, proto) => bits + (proto.length ?? 0), 0);

/** Another link header than the one known: true where it can stand behind or before it. */
function resolveLinkConflict(cx: RuleContext, known: Protocol, x: PayloadX): boolean {
  const context = activeContext(cx);
  let from = known;
  if (known.name === 'inet' || known.name === 'netdev') {
    if (cx.tunnel !== undefined) {
      setProtocol(context, 'll', protocol('ether'));
    } else {
      const device = ethernetDevice(cx, x);
      from = x.proto ?? from;
      addDependency(cx, device);
    }
  } else if (x.proto !== undefined && context.stackedLl.includes(x.proto)) {
    return true;
  }
  const made = stackedLink(cx, from, x);
  if (made === undefined) return false;
  x.offset += stackedBits(context);
  addDependency(cx, made);
  return true;
}

type IcmpTypes = readonly [first: number, ...others: number[]];

/** The ICMP types that have the field; more than one are matched as a set. */
const ICMP_TYPES: Readonly<Record<IcmpDependency, IcmpTypes>> = {
  echo: [8, 0],
  mtu: [3],
  address: [5],
  echo6: [128, 129],
  mtu6: [2],
  mgmq6: [130],
  pptr6: [4],
  redirect6: [137],
  address6: [130, 131, 132, 135, 136, 137],
};
/** What the context remembers after such a match; echo replies count as requests. */
const REMEMBERED: Partial<Record<IcmpDependency, number>> = { address6: 135 };

function requireIcmpType(cx: RuleContext, x: PayloadX, dependency: IcmpDependency): void {
  const context = activeContext(cx);
  const types = ICMP_TYPES[dependency];
  const needed = REMEMBERED[dependency] ?? types[0];
  const known = context.icmpType;
  if (known === needed || (known !== 0 && types.includes(known))) return;
  if (known !== 0) {
    refuse('conflicting_matches', x.span, `the rule matches ICMP type ${known}, not ${needed}`);
  }
  const proto = x.proto;
  const key = proto?.key;
  if (proto === undefined || key === undefined) return;
  const type = proto.name === 'icmp' ? icmpTypeType : icmpv6TypeType;
  const numbers = types.map((n) => value(x.span, type, 'big', 8, BigInt(n)));
  const first = numbers[0];
  if (first === undefined) return;
  const many = setLiteral(
    x.span,
    numbers.map((n) => elem(n)),
  );
  const op = numbers.length === 1 ? '==' : 'implicit';
  const right = numbers.length === 1 ? first : many;
  const left = payloadOf(proto, key, x.span);
  context.icmpType = needed;
  const made = makeMatch(cx, { kind: 'match', span: x.span, op, left, right });
  context.icmpType = needed;
  addDependency(cx, throughTunnel(cx, made));
}

function checkIcmp(cx: RuleContext, x: PayloadX): void {
  if (x.field?.icmp !== undefined) requireIcmpType(cx, x, x.field.icmp);
}

/** What the header field needs of the rule before it; may move its offset behind a VLAN tag. */
export function dependOnHeader(cx: RuleContext, x: PayloadX): void {
  if (x.raw) return;
  const context = activeContext(cx);
  const layer = context.layers[x.base];
  const known = layer.desc;
  if (known === undefined) {
    addDependency(cx, requireProtocol(cx, x));
    const now = layer.desc as Protocol | undefined;
    if (now !== x.proto && x.base === 'll') behindStacked(cx, now, x);
    checkIcmp(cx, x);
    return;
  }
  if (layer.seen.length > 1 && x.base === known.base) {
    const other = layer.seen.find((proto) => proto !== x.proto) ?? known;
    refuseWith(protocolConflict(x.span, x.proto?.name ?? '', other.name));
  }
  if (known === x.proto) {
    if (x.base === 'll') x.offset += stackedBits(context);
    checkIcmp(cx, x);
    return;
  }
  if (x.base === 'll' && resolveLinkConflict(cx, known, x)) return;
  if (x.base === 'll' && layer.desc === x.proto) return;
  refuseWith(protocolConflict(x.span, x.proto?.name ?? '', layer.desc?.name ?? known.name));
}

/** The first link header of the rule is a VLAN tag: Ethernet comes before it. */
function behindStacked(cx: RuleContext, known: Protocol | undefined, x: PayloadX): void {
  const made = known && stackedLink(cx, known, x);
  if (made === undefined) {
    refuseWith(protocolConflict(x.span, x.proto?.name ?? '', known?.name ?? 'none'));
    return;
  }
  x.offset += activeContext(cx).stackedLl[0]?.length ?? 0;
  addDependency(cx, made);
}

function evaluatePayload(cx: RuleContext, x: PayloadX): Typed {
  if (x.evaluated) return x;
  const { key } = cx.expect;
  dependOnHeader(cx, x);
  expectLike(cx, x);
  cx.expect.key = key;
  const result = needsAdjustment(x) ? evaluateBits(cx, x) : x;
  x.evaluated = true;
  return result;
}

/** GRE carries IP itself, so nothing but its own protocol number has to be required. */
function requireTunnel(cx: RuleContext, x: PayloadX, tunnel: Protocol): void {
  const context = activeContext(cx);
  const from = context.layers.nh.desc ?? protocol('ip');
  const number = numberOfUpper(from, tunnel);
  if (number === undefined) {
    refuseWith(protocolConflict(x.span, tunnel.name, from.name));
    return;
  }
  const key = META('l4proto');
  const right = constant(x.span, key.type, key.type.byteorder, key.len, number);
  addDependency(cx, { ...equal(metaOf(x.span, key), right) });
  setProtocol(context, 'th', tunnel);
}

/** A header field, maybe inside a tunnel: there the protocols of the inner packet count. */
export function evaluateTunnelled(cx: RuleContext, x: PayloadX): Typed {
  const tunnel = x.inner?.proto;
  if (tunnel === undefined) return evaluatePayload(cx, x);
  const context = activeContext(cx);
  const known = context.layers.th.desc;
  if (tunnel.base === 'ih') {
    if (known === undefined) {
      return refuse('no_transport', x.span, `no transport protocol specified for ${tunnel.name}`, {
        hint: `match the port first, as in 'udp dport 4789 ${tunnel.name} …'`,
      });
    }
    if (numberOfUpper(known, tunnel) === undefined) {
      refuse('no_transport', x.span, `unexpected transport protocol ${known.name}`);
    }
    setProtocol(context, 'ih', tunnel);
  } else if (known === undefined) {
    requireTunnel(cx, x, tunnel);
  }
  if (x.base !== 'ih') cx.tunnel = tunnel;
  return evaluatePayload(cx, x);
}

/** Extension headers and options need their IP version; the match goes before everything. */
export function dependOnNetwork(cx: RuleContext, x: ExthdrX, name: 'ip' | 'ip6'): void {
  const context = activeContext(cx);
  const known = context.layers.nh.desc;
  const wanted = protocol(name);
  if (known === wanted) return;
  if (known !== undefined) {
    refuse('protocol_conflict', x.span, `cannot use this header with ${known.name}`);
  }
  const from = context.layers.ll.desc;
  if (from === undefined) {
    refuse('ambiguous_header', x.span, 'no link layer protocol specified');
    return;
  }
  cx.statements.unshift(link(cx, from, wanted, x.span));
}
