// The second pass over a rule: with the protocol context of what came before, raw loads become
// fields (expr_postprocess in netlink_delinearize.c). Comparisons are in match.ts, writes in
// write.ts.

import type { Family } from '../../program/index.ts';
import { invalidType } from '../types/index.ts';
import { completeExthdr, trimExthdr } from './exthdr-field.ts';
import { type Layers, layersOf, release } from './layers.ts';
import type { Lifted } from './machine.ts';
import type { BinopOperand, MapOperand, Operand, SetOperand, Tunnel } from './operand.ts';
import { completePayload, killDependency, trimPayload } from './payload.ts';

/** A rule being resolved: one protocol context outside tunnels, and one inside. */
export interface Resolver {
  readonly outer: Layers;
  readonly inner: Layers;
  readonly out: Lifted[];
}

/** Inside every tunnel a packet is as in the bridge or inet family (proto_ctx_init, inner). */
export const resolverOf = (family: Family): Resolver => ({
  outer: layersOf(family),
  inner: layersOf('bridge'),
  out: [],
});

export const layersFor = (r: Resolver, tunnel: Tunnel | undefined): Layers =>
  tunnel === undefined ? r.outer : r.inner;

/** ct saddr takes the width of an address of the IP version known here. */
function typeCtAddress(r: Resolver, o: Extract<Operand, { kind: 'selector' }>): void {
  if (o.type !== invalidType || o.bits !== 0) return;
  const version = r.outer.at.nh?.name;
  o.bits = version === 'ip' ? 32 : version === 'ip6' ? 128 : 0;
}

/** Resolves an operand outside of a comparison. */
export function resolve(r: Resolver, o: Operand): Operand {
  switch (o.kind) {
    case 'payload': {
      const layers = layersFor(r, o.tunnel);
      if (o.tunnel !== undefined) releaseTunnel(r, o.tunnel);
      if (o.tunnel === undefined || o.base !== 'ih') completePayload(layers, o);
      killDependency(layers, o);
      return o;
    }
    case 'exthdr':
      completeExthdr(o);
      if (o.op === 'tcpopt') release(r.outer, 'th');
      else if (o.op === 'ipv6' || o.op === 'ipv4') release(r.outer, 'nh');
      return o;
    case 'selector':
      typeCtAddress(r, o);
      return o;
    case 'binop':
      return resolveBinop(r, o);
    case 'concat':
      o.items = o.items.map((item) => resolveField(r, item));
      return o;
    case 'map':
      return resolveMap(r, o);
    case 'range':
      o.from = resolve(r, o.from);
      o.to = resolve(r, o.to);
      return o;
    case 'jhash':
      o.arg = resolve(r, o.arg);
      return o;
    default:
      return o;
  }
}

/** GRE is matched by its protocol number alone, which the tunnel's name implies. */
export function releaseTunnel(r: Resolver, tunnel: Tunnel): void {
  if (tunnel !== 'gre' && tunnel !== 'gretap') return;
  const dep = r.outer.pending.th;
  if (dep?.left.kind !== 'selector' || dep.left.key !== 'l4proto') return;
  if (dep.right.kind === 'value' && dep.right.value === 47n) release(r.outer, 'th');
}

/** `load & mask` as a field, if the mask cuts one out. */
export const asField = (r: Resolver, o: BinopOperand): Operand | undefined =>
  o.op === '&' && trimKey(r, o) !== undefined ? o.left : undefined;

/** In a concatenation or a set statement a mask has no comparison to wait for. */
function resolveField(r: Resolver, o: Operand): Operand {
  if (o.kind !== 'binop') return resolve(r, o);
  return asField(r, o) ?? resolve(r, o);
}

export const isShiftOfField = (o: BinopOperand): boolean =>
  o.op === '>>' &&
  o.left.kind === 'binop' &&
  o.left.op === '&' &&
  (o.left.left.kind === 'payload' || o.left.left.kind === 'exthdr');

function resolveBinop(r: Resolver, o: BinopOperand): Operand {
  if (isShiftOfField(o)) {
    const field = asField(r, o.left as BinopOperand);
    if (field !== undefined) return field;
  }
  o.left = resolve(r, o.left);
  o.right = resolve(r, o.right);
  return o;
}

function resolveMap(r: Resolver, o: MapOperand): Operand {
  const { key } = o;
  if (key.kind === 'binop' && key.op === '&' && key.right.kind === 'value') {
    const shift = trimKey(r, key);
    if (shift !== undefined) {
      o.mapping.shift = shift;
      o.key = key.left;
      o.mapping.bits = key.left.bits;
      return o;
    }
  }
  o.key = resolve(r, key);
  return o;
}

/** Narrows the load under a mask to a field; the shift to apply to the values, or undefined. */
export function trimKey(r: Resolver, o: BinopOperand): number | undefined {
  const { left, right } = o;
  if (right.kind !== 'value') return undefined;
  if (left.kind === 'exthdr') return trimExthdr(left, right);
  if (left.kind !== 'payload') return undefined;
  const layers = layersFor(r, left.tunnel);
  const shift = trimPayload(layers, left, right);
  if (shift === undefined) return undefined;
  completePayload(layers, left);
  killDependency(layers, left);
  return shift;
}

/** vmap keys, outside of any comparison. */
export function resolveVmap(r: Resolver, key: Operand, mapping: SetOperand): Operand {
  const map: MapOperand = { kind: 'map', bits: 0, key, mapping };
  resolveMap(r, map);
  return map.key;
}
