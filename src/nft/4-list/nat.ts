// Address translation and rejects: statements whose spelling depends on the family.

import type { Expression } from '../ast/index.ts';
import { NO_SPAN } from '../ast/index.ts';
import {
  type Datatype,
  icmpCodeType,
  icmpv6CodeType,
  icmpxCodeType,
  inetServiceType,
  ip6addrType,
  ipaddrType,
} from '../types/index.ts';
import { type Builder, expr, put } from './builder.ts';
import { renderRange } from './elements.ts';
import { pendingFor, release } from './layers.ts';
import type { Lifted, NatLifted } from './machine.ts';
import type { Operand } from './operand.ts';
import { render } from './render.ts';
import { renderRejectCode } from './values.ts';

const span = NO_SPAN;

const addressType = (family: 'ip' | 'ip6' | 'inet' | undefined): Datatype =>
  family === 'ip6' ? ip6addrType : ipaddrType;

/** Bytes of the data of a map that holds an address and a port, or ranges of them. */
const ADDR_PORT: Readonly<Record<string, number>> = { ip: 8, ip6: 20 };

interface NatParts {
  readonly addr?: Expression;
  readonly port?: Expression;
}

function natRange(
  b: Builder,
  min: Operand | undefined,
  max: Operand | undefined,
  type: Datatype,
): Expression | undefined {
  if (min === undefined) return undefined;
  if (max === undefined) return expr(b, min, type);
  if (min.kind === 'value' && max.kind === 'value') {
    return type === inetServiceType
      ? render({ kind: 'range', bits: 16, from: min, to: max }, type, b.cx)
      : renderRange(min.value, max.value, min.bits, type, b.cx);
  }
  return expr(b, { kind: 'range', bits: min.bits, from: min, to: max }, type);
}

/** A map may give the address alone, or address and port, or ranges: one key stands for all. */
function natParts(b: Builder, l: NatLifted): NatParts {
  const type = addressType(l.family);
  if (l.addrMin?.kind === 'map') {
    const { set } = l.addrMin.mapping;
    const holdsPort = set.dataLen === ADDR_PORT[l.family ?? 'ip'];
    if (set.dataInterval === true || holdsPort) return { addr: expr(b, l.addrMin, type) };
  }
  const addr = natRange(b, l.addrMin, l.addrMax, type);
  const port = natRange(b, l.portMin, l.portMax, inetServiceType);
  return { ...(addr && { addr }), ...(port && { port }) };
}

const NAT_FLAGS = [
  [0x04, 'random'],
  [0x10, 'fully-random'],
  [0x08, 'persistent'],
] as const;
/** NF_NAT_RANGE_NETMAP: one network onto another. */
const NETMAP = 0x40;

/** The family is said where the table does not say it, and where a map's data need it. */
function natFamily(b: Builder, l: NatLifted): 'ip' | 'ip6' | undefined {
  if (l.family !== 'ip' && l.family !== 'ip6') return undefined;
  if (b.table.family === 'inet') return l.family;
  if (l.addrMin?.kind !== 'map') return undefined;
  const { set } = l.addrMin.mapping;
  const joint = set.dataInterval === true || set.dataLen === ADDR_PORT[l.family];
  return joint ? l.family : undefined;
}

export function putNat(b: Builder, l: NatLifted): void {
  const family = natFamily(b, l);
  const isMap = l.addrMin?.kind === 'map' ? l.addrMin.mapping.set : undefined;
  const joint = isMap?.dataLen === ADDR_PORT[l.family ?? 'ip'];
  const type =
    (l.flags & NETMAP) !== 0
      ? 'prefix'
      : isMap?.dataInterval === true
        ? 'interval'
        : joint
          ? 'concat'
          : undefined;
  put(b, {
    kind: l.word,
    span,
    flags: NAT_FLAGS.filter(([bit]) => (l.flags & bit) !== 0).map(([, name]) => name),
    ...(family && { family }),
    ...natParts(b, l),
    ...(type && { type }),
  });
}

/** Port unreachable, which a plain `reject` means. */
const DEFAULT_CODE = { icmp: 3, icmpv6: 4, icmpx: 1 } as const;

/** Which IP version a reject in a mixed family is for, by what the rule matched before. */
function rejectVersion(b: Builder): 'ip' | 'ip6' | undefined {
  const { outer } = b.r;
  if (outer.family === 'ip' || outer.family === 'ip6') return outer.family;
  const name = outer.at.nh?.name;
  return name === 'ip' || name === 'ip6' ? name : undefined;
}

export function putReject(b: Builder, e: Extract<Lifted, { kind: 'reject' }>['expr']): void {
  const { outer } = b.r;
  const mixed = outer.family !== 'ip' && outer.family !== 'ip6';
  if (e.type === 'icmpx') {
    const code = renderRejectCode(e.code, icmpxCodeType, b.cx);
    const isDefault = !b.cx.json && e.code === DEFAULT_CODE.icmpx;
    put(b, { kind: 'reject', span, ...(isDefault ? {} : { type: 'icmpx', code }) });
    return;
  }
  if (mixed) release(outer, 'nh');
  else if (e.type === 'tcp-reset' && pendingFor(outer, 'th') !== undefined) release(outer, 'th');
  if (e.type === 'tcp-reset') {
    put(b, { kind: 'reject', span, type: 'tcp reset' });
    return;
  }
  const type = rejectVersion(b) === 'ip6' ? 'icmpv6' : 'icmp';
  const codes = type === 'icmpv6' ? icmpv6CodeType : icmpCodeType;
  const code = renderRejectCode(e.code, codes, b.cx);
  const isDefault = !b.cx.json && !mixed && e.code === DEFAULT_CODE[type];
  put(b, { kind: 'reject', span, ...(isDefault ? {} : { type, code }) });
}
