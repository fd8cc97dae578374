// Whether values written in rules can be met by the same packet, as far as their words tell.

import { parseIPv4, parseIPv6 } from '../../bytes/index.ts';
import type { Expression } from '../ast/index.ts';

/** Both ends included. Of different kinds nothing is known. */
interface Interval {
  readonly kind: 'number' | 'ip' | 'ip6' | 'name';
  readonly from: bigint | string;
  readonly to: bigint | string;
}

const V4_BITS = 32;
const V6_BITS = 128;

const bytesValue = (bytes: Uint8Array): bigint =>
  bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const exact = (kind: Interval['kind'], value: bigint | string): Interval => ({
  kind,
  from: value,
  to: value,
});

function wordOf(name: string): Interval {
  const v4 = parseIPv4(name);
  if (v4 !== undefined) return exact('ip', BigInt(v4));
  const v6 = parseIPv6(name);
  return v6 === undefined ? exact('name', name) : exact('ip6', bytesValue(v6));
}

function prefixOf(addr: Interval, len: number): Interval | undefined {
  if (typeof addr.from !== 'bigint' || (addr.kind !== 'ip' && addr.kind !== 'ip6'))
    return undefined;
  const host = BigInt((addr.kind === 'ip' ? V4_BITS : V6_BITS) - len);
  if (host < 0n) return undefined;
  const from = (addr.from >> host) << host;
  return { kind: addr.kind, from, to: from + (1n << host) - 1n };
}

function intervalOf(value: Expression): Interval | undefined {
  if (value.kind === 'integer') return exact('number', BigInt(value.value));
  if (value.kind === 'symbol') return wordOf(value.name);
  if (value.kind === 'prefix') {
    const addr = intervalOf(value.addr);
    return addr && prefixOf(addr, value.len);
  }
  if (value.kind !== 'range') return undefined;
  const [from, to] = [intervalOf(value.from), intervalOf(value.to)];
  if (from === undefined || to === undefined || from.kind !== to.kind) return undefined;
  return from.kind === 'name' ? undefined : { kind: from.kind, from: from.from, to: to.to };
}

/** True only where no packet can have both. Two names may mean the same, but those of interfaces. */
export function areApart(a: Expression, b: Expression, areInterfaces: boolean): boolean {
  const [x, y] = [intervalOf(a), intervalOf(b)];
  if (x === undefined || y === undefined || x.kind !== y.kind) return false;
  if (x.kind === 'name') return areInterfaces && x.from !== y.from;
  return x.to < y.from || y.to < x.from;
}
