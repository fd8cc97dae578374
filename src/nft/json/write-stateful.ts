import type { Integer, LimitSpec, StatefulStatement } from '../ast/index.ts';
import type { JsonObject } from './text.ts';
import type { WriteContext } from './write-expressions.ts';

const UNITS = ['bytes', 'kbytes', 'mbytes'] as const;

/** Bytes in the largest unit that divides them (get_rate of nftables). */
function inUnit(bytes: Integer): { value: Integer; unit: (typeof UNITS)[number] } {
  let value = BigInt(bytes);
  let unit = 0;
  for (; unit < 2 && value !== 0n && value % 1024n === 0n; unit++) value /= 1024n;
  const small = value <= BigInt(Number.MAX_SAFE_INTEGER);
  return { value: small ? Number(value) : value, unit: UNITS[unit]! };
}

/** A limit's rate; statements always show the burst, objects only one that is not 0. */
export function limitJson(spec: LimitSpec, always: boolean): JsonObject {
  const inv = spec.over ? true : undefined;
  if (spec.unit === 'packets') {
    const burst = spec.burst ?? (always ? 5 : undefined);
    return { rate: spec.rate, burst, per: spec.per, inv };
  }
  const rate = inUnit(spec.rate);
  const burst = inUnit(spec.burst ?? 0);
  const shown = always || burst.value !== 0;
  return {
    rate: rate.value,
    burst: shown ? burst.value : undefined,
    per: spec.per,
    inv,
    rate_unit: rate.unit,
    burst_unit: shown ? burst.unit : undefined,
  };
}

/** A statement with state, as a statement and among an element's properties. */
export function statefulJson(s: StatefulStatement, cx: WriteContext): JsonObject {
  switch (s.kind) {
    case 'counter':
      return { counter: cx.stateless === true ? null : { packets: s.packets, bytes: s.bytes } };
    case 'limit':
      return { limit: limitJson(s, true) };
    case 'ct count':
      return { 'ct count': { val: s.count, inv: s.over ? true : undefined } };
    case 'last':
      return { last: cx.stateless === true || s.used === undefined ? null : { used: s.used } };
    case 'quota':
      return { quota: quotaJson(s, cx) };
  }
}

function quotaJson(s: Extract<StatefulStatement, { kind: 'quota' }>, cx: WriteContext): JsonObject {
  const total = inUnit(s.bytes);
  const shown = cx.stateless !== true && s.used !== 0 ? inUnit(s.used) : undefined;
  return {
    val: total.value,
    val_unit: total.unit,
    inv: s.over ? true : undefined,
    used: shown?.value,
    used_unit: shown?.unit,
  };
}
