// Checked statements as expressions of the kernel.

import { deepFreeze, type Expr, type NatExpr, type VerdictData } from '../../program/index.ts';
import {
  bytesOf,
  type DynsetStmt,
  type MapX,
  type NatStmt,
  type QueueStmt,
  type SetPayloadStmt,
  type SetRefX,
  type Stmt,
  type Typed,
  type VerdictX,
} from '../2-check/index.ts';
import type { Integer, StatefulStatement } from '../ast/index.ts';
import { type Emitter, emitMatch, emitVerdictMap, load } from './expressions.ts';
import { registerOf } from './registers.ts';

const exact = (quantity: Integer): number => Number(quantity);

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 } as const;
/** nft's default burst of a packet limit. */
const BURST = 5;

/** A statement with state of its own, as it stands in a rule or starts an element with. */
export function statefulExpr(x: StatefulStatement): Expr {
  switch (x.kind) {
    case 'counter':
      return { kind: 'counter', packets: exact(x.packets), bytes: exact(x.bytes) };
    case 'quota':
      return {
        kind: 'quota',
        bytes: exact(x.bytes),
        consumed: exact(x.used),
        invert: x.over,
      };
    case 'limit':
      return {
        kind: 'limit',
        rate: exact(x.rate),
        unit: SECONDS[x.per],
        burst: exact(x.burst ?? (x.unit === 'packets' ? BURST : 0)),
        type: x.unit,
        invert: x.over,
      };
    case 'ct count':
      return { kind: 'connlimit', count: x.count, invert: x.over };
    case 'last':
      return x.used === undefined ? { kind: 'last' } : { kind: 'last', msecs: x.used };
  }
}

export function verdictData(x: VerdictX): VerdictData {
  if (x.verdict === 'jump' || x.verdict === 'goto') {
    return { code: x.verdict, chain: x.chain ?? '' };
  }
  return { code: x.verdict };
}

const ADDRESS_SLOTS = { ip: 1, ip6: 4 } as const;

interface NatRegisters {
  regAddrMin?: number;
  regAddrMax?: number;
  regProtoMin?: number;
  regProtoMax?: number;
}

/** A range takes a register for each end. */
function loadEnds(em: Emitter, x: Typed): { min: number; max?: number; taken: number } {
  const min = em.registers.take();
  if (x.kind !== 'range') {
    load(em, x, min);
    return { min, taken: 1 };
  }
  const max = em.registers.take();
  load(em, x.from, min);
  load(em, x.to, max);
  return { min, max, taken: 2 };
}

/** A map leaves address, port, or the ends of both, in neighbouring registers. */
function natAddress(em: Emitter, stmt: NatStmt, addr: Typed, regs: NatRegisters): number {
  const { min, max, taken } = loadEnds(em, addr);
  regs.regAddrMin = registerOf(min);
  if (max !== undefined) regs.regAddrMax = registerOf(max);
  const step = stmt.family === 'ip6' ? ADDRESS_SLOTS.ip6 : ADDRESS_SLOTS.ip;
  const isRange = addr.kind === 'map' && (addr.mapping as SetRefX).set.dataInterval;
  if (isRange && !stmt.concat) regs.regAddrMax = registerOf(min + step);
  if (stmt.concat) regs.regProtoMin = registerOf(min + step);
  if (stmt.concat && stmt.interval) {
    // Both starts, then both ends: address and port, address and port.
    regs.regAddrMax = registerOf(min + step + 1);
    regs.regProtoMax = registerOf(min + 2 * step + 1);
  }
  return taken;
}

function natPort(em: Emitter, port: Typed, regs: NatRegisters): number {
  const { min, max, taken } = loadEnds(em, port);
  regs.regProtoMin = registerOf(min);
  if (max !== undefined) regs.regProtoMax = registerOf(max);
  return taken;
}

function emitNat(em: Emitter, stmt: NatStmt): void {
  const regs: NatRegisters = {};
  let taken = 0;
  if (stmt.addr !== undefined) taken += natAddress(em, stmt, stmt.addr, regs);
  if (stmt.port !== undefined) taken += natPort(em, stmt.port, regs);
  for (; taken > 0; taken--) em.registers.release();
  const { flags } = stmt;
  const { regProtoMin, regProtoMax } = regs;
  const ports = {
    ...(regProtoMin !== undefined && { regProtoMin }),
    ...(regProtoMax !== undefined && { regProtoMax }),
  };
  if (stmt.type === 'masquerade') {
    em.emit({ kind: 'masq', flags, ...ports });
    return;
  }
  if (stmt.type === 'redirect') {
    em.emit({ kind: 'redir', flags, ...ports });
    return;
  }
  const family: NatExpr['family'] = stmt.family ?? 'inet';
  em.emit({ kind: 'nat', type: stmt.type, family, ...regs, flags });
}

function emitTproxy(em: Emitter, stmt: Extract<Stmt, { kind: 'tproxy' }>): void {
  const regs: { regAddr?: number; regPort?: number } = {};
  let taken = 0;
  for (const [name, x] of [
    ['regAddr', stmt.addr],
    ['regPort', stmt.port],
  ] as const) {
    if (x === undefined) continue;
    const slot = em.registers.take();
    load(em, x, slot);
    regs[name] = registerOf(slot);
    taken++;
  }
  for (; taken > 0; taken--) em.registers.release();
  em.emit({ kind: 'tproxy', family: stmt.family ?? 'unspec', ...regs });
}

function emitQueue(em: Emitter, { num, flags }: QueueStmt): void {
  if (num === undefined) {
    em.emit({ kind: 'queue', num: 0, total: 1, flags });
    return;
  }
  if (num.kind === 'value') {
    em.emit({ kind: 'queue', num: Number(num.value), total: 1, flags });
    return;
  }
  if (num.kind === 'range' && num.from.kind === 'value' && num.to.kind === 'value') {
    const total = Number(num.to.value - num.from.value) + 1;
    em.emit({ kind: 'queue', num: Number(num.from.value), total, flags });
    return;
  }
  em.withValue(num, (slot) => em.emit({ kind: 'queue', sregQnum: registerOf(slot), flags }));
}

/** Addresses and the like are in the pseudo header that transport checksums cover. */
function l4Checksum({ target }: SetPayloadStmt): boolean {
  const { proto, field, base } = target;
  if (base === 'ih') return true;
  if (base === 'th') return proto?.name === 'udp';
  return base === 'nh' && field !== undefined && proto?.pseudoHeader?.includes(field.name) === true;
}

const PAYLOAD_BASES = { ll: 'link', nh: 'network', th: 'transport', ih: 'inner' } as const;

function emitPayloadWrite(em: Emitter, stmt: SetPayloadStmt): void {
  const sreg = em.withValue(stmt.value, registerOf);
  const { target } = stmt;
  const checksum = target.proto?.checksum;
  em.emit({
    kind: 'payload-write',
    base: PAYLOAD_BASES[target.base],
    offset: Math.floor(target.offset / 8),
    len: Math.floor(target.len / 8),
    sreg,
    csumType: checksum?.type ?? 'none',
    csumOffset: checksum === undefined ? 0 : checksum.offset / 8,
    csumFlags: l4Checksum(stmt) ? 1 : 0,
  });
}

function emitDynset(em: Emitter, stmt: DynsetStmt): void {
  const { key, data } = stmt;
  const keySlot = em.registers.take(key);
  load(em, key, keySlot);
  let sregData: number | undefined;
  if (data !== undefined) sregData = em.withValue(data, registerOf);
  em.registers.release(key);
  em.emit({
    kind: 'dynset',
    set: stmt.set.name,
    op: stmt.op,
    sregKey: registerOf(keySlot),
    ...(sregData !== undefined && { sregData }),
    ...(stmt.timeout !== undefined && { timeout: stmt.timeout }),
    invert: false,
    exprs: stmt.statements.map(statefulExpr),
  });
}

function emitDup(em: Emitter, stmt: Extract<Stmt, { kind: 'dup' }>): void {
  const to = em.registers.take(stmt.to);
  load(em, stmt.to, to);
  const dev = stmt.dev === undefined ? undefined : em.withValue(stmt.dev, registerOf);
  em.registers.release(stmt.to);
  if (stmt.toDevice) {
    em.emit({ kind: 'dup', sregDev: registerOf(to) });
    return;
  }
  const device = dev === undefined ? {} : { sregDev: dev };
  em.emit({ kind: 'dup', sregAddr: registerOf(to), ...device });
}

function emitFwd(em: Emitter, stmt: Extract<Stmt, { kind: 'fwd' }>): void {
  const dev = em.registers.take(stmt.dev);
  load(em, stmt.dev, dev);
  const addr = stmt.addr === undefined ? undefined : em.withValue(stmt.addr, registerOf);
  em.registers.release(stmt.dev);
  em.emit({
    kind: 'fwd',
    sregDev: registerOf(dev),
    ...(addr !== undefined && { sregAddr: addr }),
    ...(stmt.nfproto !== undefined && { nfproto: stmt.nfproto }),
  });
}

function emitObjref(em: Emitter, stmt: Extract<Stmt, { kind: 'objref' }>): void {
  if (stmt.map === undefined) {
    em.emit({ kind: 'objref', ref: { type: stmt.object, name: stmt.name ?? '' } });
    return;
  }
  const { key, mapping } = stmt.map;
  const sreg = em.withValue(key, registerOf);
  em.emit({ kind: 'objref', ref: { set: (mapping as SetRefX).set.name, sreg } });
}

function verdictExpr(x: VerdictX): Expr {
  if (x.verdict === 'accept') return ACCEPT;
  if (x.verdict === 'drop') return DROP;
  return { kind: 'immediate', dreg: 0, data: { kind: 'verdict', verdict: verdictData(x) } };
}

const final = (code: 'accept' | 'drop'): Expr =>
  deepFreeze({ kind: 'immediate', dreg: 0, data: { kind: 'verdict', verdict: { code } } });
/** Shared: most rules end with one of them. */
const ACCEPT = final('accept');
const DROP = final('drop');

function emitExthdrWrite(em: Emitter, stmt: Extract<Stmt, { kind: 'set exthdr' }>): void {
  const sreg = em.withValue(stmt.value, registerOf);
  const { op, number, offset, len } = stmt.target;
  const at = { offset: Math.floor(offset / 8), len: bytesOf(len) };
  em.emit({ kind: 'exthdr-write', op, type: number, ...at, sreg });
}

const omitKind = <T extends { kind: string; span: unknown }>({
  kind: _kind,
  span: _span,
  ...rest
}: T): Omit<T, 'kind' | 'span'> => rest;

type Emitters = {
  readonly [K in Stmt['kind']]: (em: Emitter, stmt: Extract<Stmt, { kind: K }>) => void;
};

const emitters: Emitters = {
  match: emitMatch,
  verdict: (em, stmt) => em.emit(verdictExpr(stmt.verdict)),
  vmap: (em, stmt) => emitVerdictMap(em, stmt.map as MapX),
  stateful: (em, stmt) => em.emit(statefulExpr(stmt.statement)),
  log: (em, stmt) => em.emit({ kind: 'log', ...omitKind(stmt) }),
  reject: (em, { type, code }) => em.emit({ kind: 'reject', type, code }),
  nat: emitNat,
  tproxy: emitTproxy,
  synproxy: (em, stmt) => em.emit({ kind: 'synproxy', ...omitKind(stmt) }),
  queue: emitQueue,
  dup: emitDup,
  fwd: emitFwd,
  notrack: (em) => em.emit({ kind: 'notrack' }),
  flow: (em, stmt) => em.emit({ kind: 'flow_offload', table: stmt.flowtable }),
  'set payload': emitPayloadWrite,
  'set exthdr': emitExthdrWrite,
  'set meta': (em, stmt) => {
    const sreg = em.withValue(stmt.value, registerOf);
    em.emit({ kind: 'meta-set', key: stmt.key.kernel, sreg });
  },
  'set ct': (em, stmt) => {
    const sreg = em.withValue(stmt.value, registerOf);
    const dir = stmt.dir === undefined ? {} : { dir: stmt.dir };
    em.emit({ kind: 'ct-set', key: stmt.key.kernel, sreg, ...dir });
  },
  reset: (em, stmt) => em.emit({ kind: 'exthdr-reset', op: 'tcpopt', type: stmt.option.number }),
  dynset: emitDynset,
  objref: emitObjref,
  xt: (em, stmt) =>
    em.emit({
      kind: 'opaque',
      text: `xt ${stmt.type} "${stmt.name}"`,
      reason: 'an extension of iptables without its options',
    }),
};

export function emitStatement(em: Emitter, stmt: Stmt): void {
  // TypeScript cannot relate a table to its own key union; the mapped type above is the proof.
  const emit = emitters[stmt.kind] as (em: Emitter, stmt: Stmt) => void;
  emit(em, stmt);
}
