// NFULNL_MSG_PACKET: a packet some rule logged (__build_packet_message(), net/netfilter/nfnetlink_log.c).
// All numbers are in network order, whatever the host.

import {
  NFNL_SUBSYS_ULOG,
  NFULA_CT,
  NFULA_CT_INFO,
  NFULA_GID,
  NFULA_HWADDR,
  NFULA_HWHEADER,
  NFULA_HWLEN,
  NFULA_HWTYPE,
  NFULA_IFINDEX_INDEV,
  NFULA_IFINDEX_OUTDEV,
  NFULA_IFINDEX_PHYSINDEV,
  NFULA_IFINDEX_PHYSOUTDEV,
  NFULA_MARK,
  NFULA_PACKET_HDR,
  NFULA_PAYLOAD,
  NFULA_PREFIX,
  NFULA_SEQ,
  NFULA_SEQ_GLOBAL,
  NFULA_TIMESTAMP,
  NFULA_UID,
  NFULNL_MSG_PACKET,
} from '../../uapi/index.ts';
import { Attributes, AttributeWriter } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';

/** nlmsg_type of a logged packet. */
export const LOG_PACKET = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET;

export interface LoggedPacket {
  readonly group: number;
  /** NFPROTO_*. */
  readonly family: number;
  /** EtherType. */
  readonly protocol: number;
  /** enum nf_inet_hooks. */
  readonly hook: number;
  /** The packet from its network header on. */
  readonly payload?: Uint8Array;
  readonly prefix?: string;
  readonly mark?: number;
  readonly indev?: number;
  readonly outdev?: number;
  /** Ports of a bridge. */
  readonly physindev?: number;
  readonly physoutdev?: number;
  /** Source address of the link layer. */
  readonly hwaddr?: Uint8Array;
  /** ARPHRD_* and the link header. */
  readonly hwtype?: number;
  readonly hwheader?: Uint8Array;
  /** Seconds since 1970 and microseconds. */
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number };
  readonly uid?: number;
  readonly gid?: number;
  /** Count of the group's packets, and of all groups'. */
  readonly seq?: number;
  readonly seqGlobal?: number;
  /** enum ip_conntrack_info, and attributes CTA_*. */
  readonly ctInfo?: number;
  readonly ct?: Uint8Array;
  /** Attributes kept as they came: NFULA_VLAN, NFULA_L2HDR, and types not known here. */
  readonly others?: Readonly<Record<number, Uint8Array>>;
}

type Draft = { -readonly [K in keyof LoggedPacket]: LoggedPacket[K] };

const NUMBERS = [
  [NFULA_MARK, 'mark'],
  [NFULA_IFINDEX_INDEV, 'indev'],
  [NFULA_IFINDEX_OUTDEV, 'outdev'],
  [NFULA_IFINDEX_PHYSINDEV, 'physindev'],
  [NFULA_IFINDEX_PHYSOUTDEV, 'physoutdev'],
  [NFULA_UID, 'uid'],
  [NFULA_GID, 'gid'],
  [NFULA_SEQ, 'seq'],
  [NFULA_SEQ_GLOBAL, 'seqGlobal'],
  [NFULA_CT_INFO, 'ctInfo'],
] as const;

const BYTES = [
  [NFULA_PAYLOAD, 'payload'],
  [NFULA_HWHEADER, 'hwheader'],
  [NFULA_CT, 'ct'],
] as const;

/** At least so many bytes of an attribute, or a fault. */
function bytesOf(a: Attributes, type: number, least: number): DataView | undefined {
  const bytes = a.bytes(type);
  if (bytes.length >= least) return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  a.fail(`attribute ${type}: ${least} bytes wanted, ${bytes.length} there`);
  return undefined;
}

/** struct nfulnl_msg_packet_hw: a length, padding, eight bytes. */
function hwaddrOf(a: Attributes): Uint8Array | undefined {
  const view = bytesOf(a, NFULA_HWADDR, 12);
  return view && a.bytes(NFULA_HWADDR).subarray(4, 4 + Math.min(8, view.getUint16(0)));
}

/** struct nfulnl_msg_packet_timestamp: two 64-bit numbers. */
function timestampOf(a: Attributes): LoggedPacket['timestamp'] {
  const view = bytesOf(a, NFULA_TIMESTAMP, 16);
  if (view === undefined) return undefined;
  return { seconds: Number(view.getBigUint64(0)), microseconds: Number(view.getBigUint64(8)) };
}

function readFields(a: Attributes, out: Draft): void {
  for (const [type, name] of NUMBERS) if (a.has(type)) out[name] = a.u32be(type);
  for (const [type, name] of BYTES) if (a.has(type)) out[name] = a.bytes(type);
  if (a.has(NFULA_PREFIX)) out.prefix = a.text(NFULA_PREFIX);
  if (a.has(NFULA_HWTYPE)) out.hwtype = a.u16be(NFULA_HWTYPE);
  if (a.has(NFULA_HWLEN)) a.u16be(NFULA_HWLEN);
  const hwaddr = a.has(NFULA_HWADDR) ? hwaddrOf(a) : undefined;
  if (hwaddr !== undefined) out.hwaddr = hwaddr;
  const timestamp = a.has(NFULA_TIMESTAMP) ? timestampOf(a) : undefined;
  if (timestamp !== undefined) out.timestamp = timestamp;
}

/** A message of the wrong type is a mistake of the caller's. */
export function decodeLoggedPacket(
  message: Message,
  littleEndian: boolean,
): LoggedPacket | Malformed {
  const header = decodeNfgenmsg(message.payload);
  if ('ok' in header) return header;
  const a = new Attributes(header.attributes, littleEndian);
  if (!a.has(NFULA_PACKET_HDR)) return malformed('no packet header');
  const view = bytesOf(a, NFULA_PACKET_HDR, 3);
  const out: Draft = {
    group: header.resId,
    family: header.family,
    protocol: view?.getUint16(0) ?? 0,
    hook: view?.getUint8(2) ?? 0,
  };
  readFields(a, out);
  const others = a.unread.map((type) => [type, a.bytes(type)] as const);
  if (others.length > 0) out.others = Object.fromEntries(others);
  return a.error === undefined ? out : malformed(a.error);
}

const be = (length: number, write: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(length));
  write(view);
  return new Uint8Array(view.buffer);
};

/** The other way, as the kernel writes it. */
export function encodeLoggedPacket(packet: LoggedPacket, littleEndian: boolean): Message {
  const out = new AttributeWriter(littleEndian);
  const { protocol, hook, hwaddr, timestamp, hwtype, hwheader, prefix } = packet;
  out.bytes(NFULA_PACKET_HDR, Uint8Array.of(protocol >>> 8, protocol, hook, 0));
  if (prefix !== undefined) out.text(NFULA_PREFIX, prefix);
  for (const [type, name] of NUMBERS) {
    const value = packet[name];
    if (value !== undefined) out.u32be(type, value);
  }
  if (hwaddr !== undefined)
    out.bytes(
      NFULA_HWADDR,
      Uint8Array.of(0, hwaddr.length, 0, 0, ...hwaddr, ...new Uint8Array(8 - hwaddr.length)),
    );
  if (hwtype !== undefined) out.u16be(NFULA_HWTYPE, hwtype);
  if (hwheader !== undefined) out.u16be(NFULA_HWLEN, hwheader.length);
  if (timestamp !== undefined)
    out.bytes(
      NFULA_TIMESTAMP,
      be(16, (view) => {
        view.setBigUint64(0, BigInt(timestamp.seconds));
        view.setBigUint64(8, BigInt(timestamp.microseconds));
      }),
    );
  for (const [type, name] of BYTES) {
    const value = packet[name];
    if (value !== undefined) out.bytes(type, value);
  }
  for (const [type, bytes] of Object.entries(packet.others ?? {})) out.bytes(Number(type), bytes);
  return {
    type: LOG_PACKET,
    flags: 0,
    seq: 0,
    pid: 0,
    payload: encodeNfgenmsg(packet.family, out.finish(), packet.group),
  };
}
