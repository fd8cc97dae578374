// What is known of a packet's protocols while a rule is read from left to right, and which of the
// matches before were only there to make sure of a protocol that a later one implies: nft's
// proto_ctx and payload_dep_ctx.

import type { Family } from '../../program/index.ts';
import {
  type Base,
  type Datatype,
  findField,
  type Protocol,
  protocol,
  upperByNumber,
} from '../types/index.ts';
import type { Operand, PayloadOperand, SelectorOperand } from './operand.ts';

/** A match of the rule being built; `dead` once a later one made it redundant. */
export interface Match {
  readonly kind: 'match';
  op: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte' | 'implicit' | 'negate';
  left: Operand;
  right: Operand;
  dead: boolean;
}

/** Where a dependency is kept: under the base of the matches that make it redundant. */
type Slot = Base | 'above';
const ABOVE: Readonly<Record<Base, Slot>> = { ll: 'nh', nh: 'th', th: 'above', ih: 'above' };

export interface Layers {
  readonly family: Family;
  readonly at: Partial<Record<Base, Protocol>>;
  /** Link layer headers in front of the current one (802.1Q, 802.1ad). */
  readonly stacked: Protocol[];
  /** Type of the ICMP message, 0 for not known. */
  icmpType: number;
  /** Dependencies that may turn out redundant. */
  readonly pending: Partial<Record<Slot, Match>>;
  /** ICMP type of the pending dependency. */
  pendingIcmp: number;
  /** The match before, for merging two bounds into a range. */
  previous: Match | undefined;
}

/** What a family knows of a packet before anything was matched (hook_proto_desc). */
const HOOK: Readonly<Record<Family, readonly [Base, string]>> = {
  ip: ['nh', 'ip'],
  ip6: ['nh', 'ip6'],
  inet: ['ll', 'inet'],
  arp: ['nh', 'arp'],
  bridge: ['ll', 'ether'],
  netdev: ['ll', 'netdev'],
};

export function layersOf(family: Family): Layers {
  const [base, name] = HOOK[family];
  return {
    family,
    at: { [base]: protocol(name) },
    stacked: [],
    icmpType: 0,
    pending: {},
    pendingIcmp: 0,
    previous: undefined,
  };
}

export function forgetDependencies(layers: Layers): void {
  for (const slot of Object.keys(layers.pending) as Slot[]) delete layers.pending[slot];
  layers.pendingIcmp = 0;
  layers.previous = undefined;
}

const ICMP_ECHOREPLY = 0;
const ICMP_ECHO = 8;
const ICMP6_ECHO_REQUEST = 128;
const ICMP6_ECHO_REPLY = 129;

export const isIcmp = (proto: Protocol | undefined): boolean =>
  proto?.name === 'icmp' || proto?.name === 'icmpv6';

/** A field whose value says which protocol follows. */
export function isProtocolKey(o: PayloadOperand): boolean {
  const { proto, field } = o;
  if (proto === undefined || field === undefined || o.alone !== true) return false;
  if (proto.name === 'ip') return field.name === 'protocol';
  if (proto.name === 'ip6') return field.name === 'nexthdr';
  return proto.key !== undefined && findField(proto, proto.key.name) === field;
}

/** A match on such a field: the layer above is known from here on (payload_expr_pctx_update). */
export function learnFromPayload(layers: Layers, o: PayloadOperand, value: bigint): void {
  const base = layers.at[o.base];
  if (base === undefined) return;
  const number = Number(value);
  const upper = upperByNumber(base, number);
  if (upper === undefined) {
    // Echo replies count as requests: 0 stands for not known.
    if (base.name === 'icmp') layers.icmpType = number === ICMP_ECHOREPLY ? ICMP_ECHO : number;
    if (base.name === 'icmpv6') {
      layers.icmpType = number === ICMP6_ECHO_REPLY ? ICMP6_ECHO_REQUEST : number;
    }
    return;
  }
  if (upper.base === base.base && base.base === 'll') layers.stacked.push(base);
  layers.at[upper.base] = upper;
}

const ARPHRD_ETHER = 1;

/** The same for meta and ct keys (meta_expr_pctx_update, ct_expr_pctx_update). */
export function learnFromKey(layers: Layers, key: string, value: bigint): void {
  const number = Number(value);
  const [hookBase, hookName] = HOOK[layers.family];
  const hook = protocol(hookName);
  switch (key) {
    case 'iiftype':
      layers.at.ll = protocol(number === ARPHRD_ETHER ? 'ether' : 'unknown');
      return;
    case 'nfproto':
      if (hookBase === 'll') layers.at.nh = upperByNumber(hook, number) ?? protocol('unknown');
      return;
    case 'protocol':
      if (layers.family !== 'netdev' && layers.family !== 'bridge') return;
      layers.at.nh = upperByNumber(hook, number) ?? protocol('unknown');
      return;
    case 'l4proto':
      layers.at.th = upperByNumber(protocol('inet-service'), number) ?? protocol('unknown');
      return;
    case 'ct protocol': {
      const upper = layers.at.nh && upperByNumber(layers.at.nh, number);
      if (upper !== undefined) layers.at[upper.base] = upper;
      return;
    }
  }
}

/** Which layer a key belongs to; it makes matches on the layer above redundant. */
const KEY_BASE: Readonly<Record<string, Base>> = {
  nfproto: 'll',
  protocol: 'll',
  l4proto: 'nh',
  'ct protocol': 'nh',
  'ct l3protocol': 'll',
};

/** Remembers a protocol match as maybe redundant. */
function store(layers: Layers, match: Match, slot: Slot): void {
  if (ignoresIcmp(layers, match)) return;
  layers.pending[slot] = match;
}

/** Echo types are never dropped: request and reply share their fields. */
function ignoresIcmp(layers: Layers, match: Match): boolean {
  const { left, right } = match;
  if (left.kind !== 'payload' || right.kind !== 'value' || right.bits !== 8) return false;
  const type = Number(right.value);
  if (left.proto?.name === 'icmp') {
    layers.pendingIcmp = type === ICMP_ECHOREPLY ? ICMP_ECHO : type;
    return layers.pendingIcmp === ICMP_ECHO;
  }
  if (left.proto?.name !== 'icmpv6') return false;
  layers.pendingIcmp = type;
  return type === ICMP6_ECHO_REQUEST || type === ICMP6_ECHO_REPLY;
}

/** Whether the payload match leads to another header of the same layer (a VLAN tag). */
function isStacked(layers: Layers, match: Match, base: Base): boolean {
  const current = layers.at[base];
  if (current === undefined || match.right.kind !== 'value') return false;
  return upperByNumber(current, Number(match.right.value))?.base === current.base;
}

export function storePayload(layers: Layers, match: Match, base: Base): void {
  store(layers, match, isStacked(layers, match, base) ? 'll' : ABOVE[base]);
}

export function pendingFor(layers: Layers, base: Base): Match | undefined {
  return layers.pending[base] ?? (base === 'th' ? layers.pending.above : undefined);
}

/** Drops the match that is pending for `base`. */
export function release(layers: Layers, base: Base): void {
  const match = pendingFor(layers, base);
  if (match === undefined) return;
  match.dead = true;
  if (layers.previous === match) layers.previous = undefined;
  if (layers.pending[base] === match) delete layers.pending[base];
  else delete layers.pending.above;
}

const ETH_P_IP = 0x0800n;
const ETH_P_IPV6 = 0x86ddn;
const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;

/** The IP version a network layer dependency asks for; undefined if it is none of that kind. */
function versionOf(dep: Match, ethertype: Datatype): number | undefined {
  const { left, right } = dep;
  const value = right.kind === 'value' ? right.value : 0n;
  const ofEther = (): number =>
    value === ETH_P_IP ? NFPROTO_IPV4 : value === ETH_P_IPV6 ? NFPROTO_IPV6 : 0;
  if (left.kind === 'selector') {
    if (left.key === 'nfproto') return Number(value);
    return left.key === 'protocol' ? ofEther() : undefined;
  }
  if (left.kind !== 'payload' || left.base !== 'll') return undefined;
  return left.field?.type === ethertype ? ofEther() : undefined;
}

const IPPROTO_ICMP = 1n;
const IPPROTO_ICMPV6 = 58n;

/** Whether a meta or ct match implies the IP version asked for before it. */
function impliesVersion(match: Match, version: number): boolean {
  const { left, right } = match;
  if (left.kind !== 'selector') return true;
  if (left.expr.kind === 'ct') {
    const { key } = left.expr;
    if (key === 'ip saddr' || key === 'ip daddr') return version === NFPROTO_IPV4;
    if (key === 'ip6 saddr' || key === 'ip6 daddr') return version === NFPROTO_IPV6;
    if (key !== 'saddr' && key !== 'daddr') return false;
    return right.bits === 32 ? version === NFPROTO_IPV4 : version === NFPROTO_IPV6;
  }
  if (left.key !== 'l4proto') return true;
  if (right.kind !== 'value' || right.bits !== 8) return false;
  if (right.value === IPPROTO_ICMP) return version === NFPROTO_IPV4;
  return right.value === IPPROTO_ICMPV6 && version === NFPROTO_IPV6;
}

function keyMayRelease(layers: Layers, match: Match, ethertype: Datatype): boolean {
  const dep = pendingFor(layers, 'nh');
  if (dep === undefined) return true;
  const version = versionOf(dep, ethertype);
  if (version === undefined) return true;
  switch (layers.family) {
    case 'inet':
    case 'netdev':
    case 'bridge':
      return impliesVersion(match, version);
    case 'ip':
      return version === NFPROTO_IPV4;
    case 'ip6':
      return version === NFPROTO_IPV6;
    default:
      return true;
  }
}

/** What an equality on a meta or ct key teaches, and which match before it that makes redundant. */
export function afterKeyMatch(
  layers: Layers,
  match: Match,
  left: SelectorOperand,
  ethertype: Datatype,
): void {
  if (match.right.kind !== 'value') return;
  const base = left.key === undefined ? undefined : KEY_BASE[left.key];
  if (left.key !== undefined) learnFromKey(layers, left.key, match.right.value);
  releaseByKey(layers, match, base, ethertype);
  if (left.key === 'iiftype') store(layers, match, 'll');
  else if (base !== undefined && left.key !== 'ct protocol') store(layers, match, ABOVE[base]);
}

function releaseByKey(
  layers: Layers,
  match: Match,
  base: Base | undefined,
  ethertype: Datatype,
): void {
  const at = base ?? ctBase(match.left);
  if (at === undefined) return;
  if (pendingFor(layers, at) !== undefined && keyMayRelease(layers, match, ethertype)) {
    release(layers, at);
  }
}

/** ct addresses belong to the network layer (ct.c: ct_expr_alloc). */
function ctBase(left: Operand): Base | undefined {
  if (left.kind !== 'selector' || left.expr.kind !== 'ct') return undefined;
  return /addr$/.test(left.expr.key) ? 'nh' : undefined;
}
