// What is different about a packet after a hook, field by field.
import { hex, u16 } from '../bytes/index.ts';
import { dissectNetwork, ETH_P_IP, Packet } from '../core/index.ts';
import { IP_OFFSET } from '../uapi/index.ts';
import { type Header, networkHeader, transportHeader } from './layout.ts';
import type { FieldChange } from './schema.ts';
import { formatValue } from './values.ts';

/** A packet as it was at one moment. */
export interface Snapshot {
  readonly bytes: Uint8Array;
  readonly protocol: number;
  readonly l4proto: number;
  /** Offset of the transport header from the network header, or -1. */
  readonly transport: number;
  /** Bytes from the middle of a datagram: no transport header begins here. */
  readonly isPart: boolean;
  readonly meta: Readonly<Record<string, number>>;
}

/** A fragment other than the first. */
const isLaterPart = (packet: Packet): boolean =>
  packet.dissected
    ? packet.fragOffset > 0
    : packet.protocol === ETH_P_IP && (u16(packet.buf, packet.network + 6) & IP_OFFSET) !== 0;

export function snapshot(packet: Packet): Snapshot {
  const seen = packet.dissected && packet.l4proto >= 0 && packet.fragOffset === 0;
  return {
    bytes: packet.networkBytes().slice(),
    protocol: packet.protocol,
    l4proto: packet.l4proto,
    transport: seen ? packet.transport - packet.network : -1,
    isPart: isLaterPart(packet),
    meta: {
      'meta mark': packet.mark >>> 0,
      'meta priority': packet.priority >>> 0,
      'meta secmark': packet.secmark >>> 0,
    },
  };
}

/** Fields in which two packets differ that begin at their network header, of one EtherType. */
export function fieldsBetween(
  first: Uint8Array,
  second: Uint8Array,
  protocol: number,
): FieldChange[] {
  const [before, after] = [first, second].map((bytes) => {
    const packet = new Packet();
    packet.fill(bytes, 0);
    packet.protocol = protocol;
    dissectNetwork(packet);
    return snapshot(packet);
  });
  return changesBetween(before!, after!);
}

/** How much of a changed payload is shown. */
const SHOWN = 16;

/** Fields of `now` that differ from `before`, in the order they stand in the packet. */
export function changesBetween(before: Snapshot, now: Snapshot): FieldChange[] {
  const changes = metaChanges(before, now);
  if (before.bytes.length === now.bytes.length && sameFrom(before.bytes, now.bytes, 0))
    return changes;
  const header = networkHeader(now.protocol);
  const end = headerChanges(before, now, header, 0, changes);
  const place = now.transport >= 0 ? now : before;
  // A fragment that became a whole has nothing in common with it but the header.
  if (place.transport < 0 || before.isPart !== now.isPart) payloadChange(before, now, end, changes);
  else {
    const between = stretch('options', before, now, end, place.transport);
    if (between !== undefined) changes.push(between);
    const l4 = transportHeader(place.l4proto);
    payloadChange(before, now, headerChanges(before, now, l4, place.transport, changes), changes);
  }
  return changes;
}

function metaChanges(before: Snapshot, now: Snapshot): FieldChange[] {
  return Object.entries(now.meta)
    .filter(([key, value]) => before.meta[key] !== value)
    .map(([key, value]) => ({
      field: key,
      before: `0x${(before.meta[key] ?? 0).toString(16)}`,
      after: `0x${value.toString(16)}`,
    }));
}

const sameFrom = (a: Uint8Array, b: Uint8Array, from: number): boolean =>
  a.length === b.length && a.every((byte, i) => i < from || byte === b[i]);

/** Adds the changed fields of a header that begins at `base`; gives where the header ends. */
function headerChanges(
  before: Snapshot,
  now: Snapshot,
  header: Header,
  base: number,
  changes: FieldChange[],
): number {
  let end = base;
  for (const { name, offset, length, format } of header) {
    const at = base + offset;
    end = Math.max(end, at + length);
    const [old, fresh] = [before.bytes, now.bytes].map((b) => hex(b.subarray(at, at + length)));
    if (old === undefined || fresh === undefined || old === fresh || old === '' || fresh === '')
      continue;
    changes.push({
      field: name,
      offset: at,
      before: formatValue(format, old),
      after: formatValue(format, fresh),
    });
  }
  return end;
}

function stretch(
  field: string,
  before: Snapshot,
  now: Snapshot,
  from: number,
  to: number,
): FieldChange | undefined {
  let at = from;
  while (at < to && before.bytes[at] === now.bytes[at]) at++;
  if (at >= to) return undefined;
  const until = Math.min(to, at + SHOWN);
  const [old, fresh] = [before.bytes, now.bytes].map((b) => hex(b.subarray(at, until)));
  return { field, offset: at, before: old ?? '', after: fresh ?? '' };
}

function payloadChange(
  before: Snapshot,
  now: Snapshot,
  from: number,
  changes: FieldChange[],
): void {
  const longest = Math.max(before.bytes.length, now.bytes.length);
  const changed = stretch('payload', before, now, from, longest);
  if (changed !== undefined) changes.push(changed);
  if (before.bytes.length !== now.bytes.length)
    changes.push({
      field: 'length',
      before: String(before.bytes.length),
      after: String(now.bytes.length),
    });
}
