import { formatIPv6, u16, Writer } from '../bytes/index.ts';
import {
  ICMPV6_MGM_QUERY,
  ICMPV6_MGM_REDUCTION,
  ICMPV6_MGM_REPORT,
  ICMPV6_MLD2_REPORT,
} from '../uapi/index.ts';
import { ipv6Bytes } from './address.ts';
import { type Malformed, malformed } from './malformed.ts';

/** A multicast address record of a version 2 report (RFC 3810 §5.2), or group record of IGMPv3. */
export interface GroupRecord {
  readonly type: number;
  readonly group: string;
  readonly sources: readonly string[];
  readonly auxiliary: Uint8Array;
}

/** A multicast listener message (RFC 2710 §3, RFC 3810 §5). */
export type MldMessage =
  | {
      readonly name: 'query' | 'report' | 'done';
      /** Milliseconds; a floating point code from 0x8000 on (RFC 3810 §5.1.3). */
      readonly maxResponseCode: number;
      readonly group: string;
    }
  | {
      readonly name: 'query2';
      readonly maxResponseCode: number;
      readonly group: string;
      /** S (0x08) and the querier's robustness variable (0x07). */
      readonly flags: number;
      readonly qqic: number;
      readonly sources: readonly string[];
    }
  | { readonly name: 'report2'; readonly records: readonly GroupRecord[] };

const V1_LENGTH = 24;
const QUERY2_LENGTH = 28;
const RECORD_LENGTH = 20;

const listAddresses = (bytes: Uint8Array, offset: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => formatIPv6(bytes, offset + 16 * i));

const cutShort = (field: string, wanted: number, there: number): Malformed =>
  malformed('mld', field, `${wanted} bytes wanted, ${there} there`);

function parseQuery2(bytes: Uint8Array): MldMessage | Malformed {
  const count = u16(bytes, 26);
  const wanted = QUERY2_LENGTH + 16 * count;
  if (bytes.length < wanted) return cutShort('numberOfSources', wanted, bytes.length);
  return {
    name: 'query2',
    maxResponseCode: u16(bytes, 4),
    group: formatIPv6(bytes, 8),
    flags: bytes[24]!,
    qqic: bytes[25]!,
    sources: listAddresses(bytes, QUERY2_LENGTH, count),
  };
}

function parseReport2(bytes: Uint8Array): MldMessage | Malformed {
  const records: GroupRecord[] = [];
  let at = 8;
  for (let left = u16(bytes, 6); left > 0; left--) {
    const count = u16(bytes, at + 2);
    const sources = at + RECORD_LENGTH;
    const auxiliary = sources + 16 * count;
    const next = auxiliary + 4 * (bytes[at + 1] ?? 0);
    if (next > bytes.length) return cutShort('records', next, bytes.length);
    records.push({
      type: bytes[at]!,
      group: formatIPv6(bytes, at + 4),
      sources: listAddresses(bytes, sources, count),
      auxiliary: bytes.subarray(auxiliary, next),
    });
    at = next;
  }
  return { name: 'report2', records };
}

const V1_NAMES = new Map<number, 'query' | 'report' | 'done'>([
  [ICMPV6_MGM_QUERY, 'query'],
  [ICMPV6_MGM_REPORT, 'report'],
  [ICMPV6_MGM_REDUCTION, 'done'],
]);

/** True for the ICMPv6 types of listener messages. */
export const isMldType = (type: number): boolean =>
  V1_NAMES.has(type) || type === ICMPV6_MLD2_REPORT;

/**
 * Reads a whole ICMPv6 message; a query of 28 bytes or more is one of version 2 (RFC 3810 §8.1).
 */
export function parseMld(bytes: Uint8Array): MldMessage | Malformed {
  const type = bytes[0] ?? 0;
  if (type === ICMPV6_MLD2_REPORT) {
    return bytes.length < 8 ? cutShort('header', 8, bytes.length) : parseReport2(bytes);
  }
  const name = V1_NAMES.get(type);
  if (name === undefined) return malformed('mld', 'type', `${type} is no listener message`);
  if (bytes.length < V1_LENGTH) return cutShort('header', V1_LENGTH, bytes.length);
  if (name === 'query' && bytes.length >= QUERY2_LENGTH) return parseQuery2(bytes);
  return { name, maxResponseCode: u16(bytes, 4), group: formatIPv6(bytes, 8) };
}

function encodeRecords(records: readonly GroupRecord[]): Uint8Array {
  const writer = new Writer().u8(ICMPV6_MLD2_REPORT).zeros(5).u16(records.length);
  for (const record of records) {
    writer
      .u8(record.type)
      .u8(record.auxiliary.length >>> 2)
      .u16(record.sources.length)
      .bytes(ipv6Bytes(record.group));
    for (const source of record.sources) writer.bytes(ipv6Bytes(source));
    writer.bytes(record.auxiliary);
  }
  return writer.finish();
}

const V1_TYPES = {
  query: ICMPV6_MGM_QUERY,
  query2: ICMPV6_MGM_QUERY,
  report: ICMPV6_MGM_REPORT,
  done: ICMPV6_MGM_REDUCTION,
} as const;

/** The whole ICMPv6 message with checksum 0. @throws RangeError on what is no address */
export function encodeMld(message: MldMessage): Uint8Array {
  if (message.name === 'report2') return encodeRecords(message.records);
  const writer = new Writer(V1_LENGTH)
    .u8(V1_TYPES[message.name])
    .zeros(3)
    .u16(message.maxResponseCode)
    .zeros(2)
    .bytes(ipv6Bytes(message.group));
  if (message.name === 'query2') {
    writer.u8(message.flags).u8(message.qqic).u16(message.sources.length);
    for (const source of message.sources) writer.bytes(ipv6Bytes(source));
  }
  return writer.finish();
}
