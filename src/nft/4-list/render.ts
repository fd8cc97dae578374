// Resolved operands as expressions of the syntax tree.

import { type Expression, NO_SPAN, type SetExpression } from '../ast/index.ts';
import {
  type Datatype,
  integerType,
  invalidType,
  type Protocol,
  sameType,
  stringType,
} from '../types/index.ts';
import { type ElementTypes, renderElements, typesOfSet } from './elements.ts';
import type {
  ExthdrOperand,
  Operand,
  PayloadOperand,
  SelectorOperand,
  SetOperand,
} from './operand.ts';
import { typeOf } from './operand-type.ts';
import { inRange, renderValue, type ValueContext } from './values.ts';

const span = NO_SPAN;

function renderPayload(o: PayloadOperand): Expression {
  if (o.proto === undefined || o.field === undefined) {
    return { kind: 'payload raw', span, base: o.base, offset: o.offset, len: o.bits };
  }
  const own = o.tunnel === undefined || isTunnel(o.proto, o.tunnel);
  return {
    kind: 'payload',
    span,
    protocol: o.proto.name,
    field: o.field.name,
    ...(own ? {} : { tunnel: o.tunnel! }),
  };
}

const isTunnel = (proto: Protocol, tunnel: string): boolean => proto.name === tunnel;

const IPV6_NAMES = ['hbh', 'rt', 'rt0', 'rt2', 'srh', 'frag', 'dst', 'mh'] as const;
const IP_OPTION_NAMES = ['lsrr', 'rr', 'ssrr', 'ra'] as const;

/** The word of a list that `name` is; its first where it is none of them. */
const wordOf = <T extends string>(words: readonly T[], name: string | undefined): T =>
  words.find((word) => word === name) ?? words[0]!;

function renderExthdr(o: ExthdrOperand): Expression {
  const name = o.header?.name;
  const field = o.present || o.field === undefined ? {} : { field: o.field.name };
  switch (o.op) {
    case 'ipv6':
      return { kind: 'exthdr', span, name: wordOf(IPV6_NAMES, name), ...field };
    case 'ipv4':
      return { kind: 'ip option', span, name: wordOf(IP_OPTION_NAMES, name), ...field };
    case 'sctp':
      return { kind: 'sctp chunk', span, name: name ?? String(o.type), ...field };
    case 'dccp':
      return { kind: 'dccp option', span, type: o.type };
    case 'tcpopt':
      if (!o.present && o.field === undefined) {
        const raw = { offset: o.offset, len: o.bits };
        return { kind: 'tcp option', span, name: o.type, raw };
      }
      return { kind: 'tcp option', span, name: name ?? o.type, ...field };
  }
}

/**
 * Types for the elements of an anonymous set. The set knows the kernel's types; the expression it
 * is compared with may know better (an alias of integer, the fields of a concatenation).
 */
function elementTypes(o: SetOperand, key: Datatype | undefined): ElementTypes {
  const own = typesOfSet(o.set);
  if (key === undefined) return { ...own, shift: o.shift, bits: o.bits || own.bits };
  const better = sameParts(own.key, key) ? key : own.key;
  return { ...own, key: better, shift: o.shift, bits: o.bits || own.bits };
}

function sameParts(a: Datatype, b: Datatype): boolean {
  if (a.parts === undefined || b.parts === undefined) {
    return a.parts === b.parts && (sameType(a, b) || sameType(a, integerType));
  }
  return a.parts.length === b.parts.length && a.parts.every((p, i) => sameParts(p, b.parts![i]!));
}

export function renderSet(o: SetOperand, key: Datatype | undefined, cx: ValueContext): Expression {
  if (!o.set.flags.includes('anonymous')) return { kind: 'setref', span, name: o.set.name };
  const elements = renderElements(o.set, elementTypes(o, key), cx);
  return { kind: 'set', span, elements } satisfies SetExpression;
}

/** Constants of a concatenation take the types of its fields. */
const partType = (type: Datatype | undefined, i: number): Datatype | undefined =>
  type?.parts?.[i] ?? type;

/** The operand as an expression; `type` says what its constants are. */
export function render(o: Operand, type: Datatype | undefined, cx: ValueContext): Expression {
  switch (o.kind) {
    case 'value':
      return renderValue(o.value, o.bits, type ?? integerType, cx);
    case 'payload':
      return renderPayload(o);
    case 'exthdr':
      return renderExthdr(o);
    case 'selector':
      return renderSelector(o, cx);
    case 'jhash': {
      const seed = o.seed === undefined ? {} : { seed: o.seed };
      const expr = render(o.arg, undefined, cx);
      return { kind: 'jhash', span, expr, mod: o.modulus, offset: o.offset, ...seed };
    }
    case 'binop': {
      const isShift = o.op === '<<' || o.op === '>>';
      const own = typeOf(o.left);
      const left = render(o.left, own, cx);
      const right = render(o.right, isShift ? integerType : own, cx);
      return { kind: 'binop', span, op: o.op, left, right };
    }
    case 'concat':
      return {
        kind: 'concat',
        span,
        items: o.items.map((item, i) => render(item, partType(type, i), cx)),
      };
    case 'set':
      return renderSet(o, type, cx);
    case 'map': {
      const key = render(o.key, undefined, cx);
      return { kind: 'map', span, key, mapping: renderSet(o.mapping, typeOf(o.key), cx) };
    }
    case 'range':
      return renderBounds(o.from, o.to, type ?? integerType, cx);
    case 'prefix':
      return renderPrefix(o.value, o.len, o.bits, type ?? integerType, cx);
    case 'list':
      return { kind: 'list', span, items: o.items.map((item) => render(item, type, cx)) };
  }
}

/** Text says of which IP version the addresses of a connection are, once that is known. */
function renderSelector(o: SelectorOperand, cx: ValueContext): Expression {
  const { expr } = o;
  if (cx.json || expr.kind !== 'ct' || o.type !== invalidType || o.bits === 0) return expr;
  return { ...expr, key: `${o.bits === 32 ? 'ip' : 'ip6'} ${expr.key}` };
}

function renderBounds(from: Operand, to: Operand, type: Datatype, cx: ValueContext): Expression {
  const inner = inRange(cx);
  return { kind: 'range', span, from: render(from, type, inner), to: render(to, type, inner) };
}

function renderPrefix(
  value: Operand,
  len: number,
  bits: number,
  type: Datatype,
  cx: ValueContext,
): Expression {
  if (type === stringType && value.kind === 'value') {
    return renderValue(value.value >> BigInt(bits - len), len, type, cx);
  }
  return { kind: 'prefix', span, addr: render(value, type, cx), len };
}
