// Expressions that are whole statements by themselves: nothing about them depends on context.

import type { Expr } from '../../program/index.ts';
import { NO_SPAN, type StatefulStatement, type Statement, type TimeUnit } from '../ast/index.ts';
import { symbolName, symbols } from '../types/index.ts';

const span = NO_SPAN;

const UNITS: ReadonlyMap<number, TimeUnit> = new Map([
  [1, 'second'],
  [60, 'minute'],
  [3600, 'hour'],
  [86_400, 'day'],
  [604_800, 'week'],
]);

/** What a rate or burst is counted by, as the language writes it. */
export function limitSpec(e: Extract<Expr, { kind: 'limit' }>) {
  return {
    over: e.invert,
    unit: e.type,
    rate: e.rate,
    per: UNITS.get(e.unit) ?? 'second',
    burst: e.burst,
  } as const;
}

/** enum nf_synproxy options: MSS 1, WSCALE 2, SACK_PERM 4, TIMESTAMP 8. */
export function synproxySpec(e: {
  readonly mss: number;
  readonly wscale: number;
  readonly flags: number;
}) {
  const has = (bit: number): boolean => (e.flags & bit) !== 0;
  // nft prints both numbers if either was given.
  const numbers = has(1) || has(2) ? { mss: e.mss, wscale: e.wscale } : {};
  return { ...numbers, timestamp: has(8), sackPerm: has(4) };
}

export function statefulStatement(e: Expr): StatefulStatement | undefined {
  switch (e.kind) {
    case 'counter':
      return { kind: 'counter', span, packets: e.packets, bytes: e.bytes };
    case 'quota':
      return { kind: 'quota', span, over: e.invert, bytes: e.bytes, used: e.consumed };
    case 'limit':
      return { kind: 'limit', span, ...limitSpec(e) };
    case 'connlimit':
      return { kind: 'ct count', span, count: e.count, over: e.invert };
    case 'last':
      return { kind: 'last', span, ...(e.msecs === undefined ? {} : { used: e.msecs }) };
    default:
      return undefined;
  }
}

/** syslog(3); 4 is the level of a log statement that names none. */
const LOG_WARNING = 4;
const NF_LOG_MASK = 0x2f;

function logFlags(flags: number): string[] {
  if ((flags & NF_LOG_MASK) === NF_LOG_MASK) return ['all'];
  const names = symbols.LOG_FLAG.names.filter(([name]) => name !== 'all');
  return names.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
}

function logStatement(e: Extract<Expr, { kind: 'log' }>): Statement {
  const level =
    e.level === undefined || e.level === LOG_WARNING
      ? undefined
      : (symbolName(symbols.LOG_LEVEL, e.level) ?? String(e.level));
  return {
    kind: 'log',
    span,
    flags: logFlags(e.flags ?? 0),
    ...(e.prefix === undefined ? {} : { prefix: e.prefix }),
    ...(e.group === undefined ? {} : { group: e.group }),
    ...(e.snaplen === undefined ? {} : { snaplen: e.snaplen }),
    ...(e.qthreshold === undefined ? {} : { queueThreshold: e.qthreshold }),
    ...(level === undefined ? {} : { level }),
  };
}

export function simpleStatement(e: Expr): Statement | undefined {
  switch (e.kind) {
    case 'log':
      return logStatement(e);
    case 'notrack':
      return { kind: 'notrack', span };
    case 'synproxy':
      return { kind: 'synproxy', span, ...synproxySpec(e) };
    case 'flow_offload':
      return { kind: 'flow', span, flowtable: { name: e.table, span } };
    case 'match':
    case 'target':
      return { kind: 'xt', span, type: e.kind, name: e.name };
    case 'opaque':
      // Listed back as it was written: the type is empty, the name is the whole text.
      return { kind: 'xt', span, type: '', name: e.text };
    default:
      return undefined;
  }
}
