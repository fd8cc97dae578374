import { formatIPv4, u16, u32, Writer } from '../bytes/index.ts';
import { IGMP_HOST_MEMBERSHIP_QUERY, IGMPV3_HOST_MEMBERSHIP_REPORT } from '../uapi/index.ts';
import { ipv4Number } from './address.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';
import type { GroupRecord } from './mld.ts';

export const IGMP_CHECKSUM = 2;
export const IGMP_HEADER_LENGTH = 8;
const QUERY3_LENGTH = 12;
const RECORD_LENGTH = 8;

/** An IGMP message (RFC 1112 appendix I, RFC 2236 §2, RFC 3376 §4). */
export class IgmpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get type(): number {
    return this.bytes[0]!;
  }

  /** Tenths of a second; 0 in a version 1 query; a floating point code from 128 on in version 3. */
  get maxResponseCode(): number {
    return this.bytes[1]!;
  }

  get checksum(): number {
    return u16(this.bytes, IGMP_CHECKSUM);
  }

  /** As a number. */
  get group(): number {
    return u32(this.bytes, 4);
  }

  /** Of a query: 1, 2 or 3 (RFC 3376 §7.1). */
  get queryVersion(): 1 | 2 | 3 {
    if (this.bytes.length >= QUERY3_LENGTH) return 3;
    return this.maxResponseCode === 0 ? 1 : 2;
  }
}

export interface IgmpFields {
  readonly type: number;
  readonly maxResponseCode: number;
  readonly checksum: number;
  /** Absent in a version 3 report. */
  readonly group: string;
  /** Version 3 query: S (0x08) and robustness (0x07). */
  readonly flags: number;
  readonly qqic: number;
  /** Version 3 query; its mere presence makes one. */
  readonly sources?: readonly string[];
  /** Version 3 report. */
  readonly records?: readonly GroupRecord[];
  /** Bytes after a message of fixed length. */
  readonly rest: Uint8Array;
}

export const parseIgmp = (bytes: Uint8Array): IgmpView | Malformed =>
  bytes.length < IGMP_HEADER_LENGTH
    ? shortHeader('igmp', IGMP_HEADER_LENGTH, bytes.length)
    : new IgmpView(bytes);

const listAddresses = (bytes: Uint8Array, offset: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => formatIPv4(u32(bytes, offset + 4 * i)));

const cutShort = (field: string, wanted: number, there: number): Malformed =>
  malformed('igmp', field, `${wanted} bytes wanted, ${there} there`);

function readRecords(bytes: Uint8Array): GroupRecord[] | Malformed {
  const records: GroupRecord[] = [];
  let at = IGMP_HEADER_LENGTH;
  for (let left = u16(bytes, 6); left > 0; left--) {
    const count = u16(bytes, at + 2);
    const auxiliary = at + RECORD_LENGTH + 4 * count;
    const next = auxiliary + 4 * (bytes[at + 1] ?? 0);
    if (next > bytes.length) return cutShort('records', next, bytes.length);
    records.push({
      type: bytes[at]!,
      group: formatIPv4(u32(bytes, at + 4)),
      sources: listAddresses(bytes, at + RECORD_LENGTH, count),
      auxiliary: bytes.subarray(auxiliary, next),
    });
    at = next;
  }
  return records;
}

const NOTHING = new Uint8Array(0);

/** The lists of version 3 may be cut short, so this can be malformed where the header is not. */
export function igmpFields(view: IgmpView): IgmpFields | Malformed {
  const { bytes, type, maxResponseCode, checksum } = view;
  const common = { type, maxResponseCode, checksum, flags: 0, qqic: 0, rest: NOTHING };
  if (type === IGMPV3_HOST_MEMBERSHIP_REPORT) {
    const records = readRecords(bytes);
    return 'malformed' in records ? records : { ...common, group: '0.0.0.0', records };
  }
  const group = formatIPv4(view.group);
  if (type !== IGMP_HOST_MEMBERSHIP_QUERY || view.queryVersion !== 3) {
    return { ...common, group, rest: bytes.subarray(IGMP_HEADER_LENGTH) };
  }
  const count = u16(bytes, 10);
  const wanted = QUERY3_LENGTH + 4 * count;
  if (wanted > bytes.length) return cutShort('numberOfSources', wanted, bytes.length);
  const sources = listAddresses(bytes, QUERY3_LENGTH, count);
  return { ...common, group, flags: bytes[8]!, qqic: bytes[9]!, sources };
}

function writeRecord(writer: Writer, record: GroupRecord): void {
  writer
    .u8(record.type)
    .u8(record.auxiliary.length >>> 2)
    .u16(record.sources.length)
    .u32(ipv4Number(record.group));
  for (const source of record.sources) writer.u32(ipv4Number(source));
  writer.bytes(record.auxiliary);
}

/**
 * The whole message; the checksum is written as given, 0 without. @throws RangeError on what is no
 * address
 */
export function encodeIgmp(fields: Partial<IgmpFields>): Uint8Array {
  const writer = new Writer(16)
    .u8(fields.type ?? IGMP_HOST_MEMBERSHIP_QUERY)
    .u8(fields.maxResponseCode ?? 0)
    .u16(fields.checksum ?? 0);
  if (fields.records !== undefined) {
    writer.u16(0).u16(fields.records.length);
    for (const record of fields.records) writeRecord(writer, record);
    return writer.finish();
  }
  writer.u32(ipv4Number(fields.group ?? 0));
  if (fields.sources !== undefined) {
    writer
      .u8(fields.flags ?? 0)
      .u8(fields.qqic ?? 0)
      .u16(fields.sources.length);
    for (const source of fields.sources) writer.u32(ipv4Number(source));
  }
  return writer.bytes(fields.rest ?? NOTHING).finish();
}
