// NFQNL_MSG_PACKET, read in place: nfqnl_build_packet_message(), net/netfilter/nfnetlink_queue.c.
// One object is filled again and again; what has a length stays in the buffer and is told by its
// offsets. All numbers are in network order, whatever the host.

import { u16, u16le, u32, u32le } from '../../bytes/index.ts';
import {
  NFNL_SUBSYS_QUEUE,
  NFQA_CAP_LEN,
  NFQA_CT,
  NFQA_CT_INFO,
  NFQA_GID,
  NFQA_HWADDR,
  NFQA_IFINDEX_INDEV,
  NFQA_IFINDEX_OUTDEV,
  NFQA_IFINDEX_PHYSINDEV,
  NFQA_IFINDEX_PHYSOUTDEV,
  NFQA_L2HDR,
  NFQA_MARK,
  NFQA_PACKET_HDR,
  NFQA_PAYLOAD,
  NFQA_PRIORITY,
  NFQA_SECCTX,
  NFQA_SKB_INFO,
  NFQA_TIMESTAMP,
  NFQA_UID,
  NFQA_VLAN,
  NFQA_VLAN_PROTO,
  NFQA_VLAN_TCI,
  NFQNL_MSG_PACKET,
  NLA_TYPE_MASK,
} from '../../uapi/index.ts';
import { NFGENMSG_LEN, NLMSG_HDRLEN } from '../message.ts';

/** nlmsg_type of a packet. */
export const QUEUE_PACKET = (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET;

const HEADER = 4;
/** sizeof(struct nfqnl_msg_packet_hdr), which is packed. */
const PACKET_HDR_LEN = 7;
const NOTHING = new Uint8Array(0);

/** A packet as the kernel describes it. Absent numbers are 0, or -1 where 0 would mean something. */
export class QueueMessage {
  /** Where everything is; offsets below point into it. */
  buffer: Uint8Array = NOTHING;
  /** The queue's number, nfgenmsg's res_id. */
  queue = 0;
  /** NFPROTO_*. */
  family = 0;
  /** What a verdict names the packet by. */
  id = 0;
  /** EtherType. */
  protocol = 0;
  /** enum nf_inet_hooks. */
  hook = 0;
  mark = 0;
  /** When it was received: seconds since 1970 and microseconds; 0 where the kernel took no time. */
  seconds = 0;
  microseconds = 0;
  indev = 0;
  outdev = 0;
  /** Ports of a bridge. */
  physindev = 0;
  physoutdev = 0;
  /** Source address of the link layer. */
  hwaddr = 0;
  hwaddrLength = 0;
  /** The packet from its network header on; `payloadEnd` is one past what was copied. */
  payload = 0;
  payloadEnd = 0;
  /** Length of the whole packet; more than was copied when a copy range cut it. */
  length = 0;
  /** NFQA_SKB_*. */
  skbInfo = 0;
  uid = -1;
  gid = -1;
  /** enum ip_conntrack_info, -1 without. */
  ctInfo = -1;
  /** Attributes of the connection, CTA_*. */
  ct = 0;
  ctEnd = 0;
  secctx = 0;
  secctxEnd = 0;
  vlanProto = 0;
  vlanTci = -1;
  /** The link header, where a bridge gives it. */
  l2 = 0;
  l2End = 0;
  priority = 0;
  /** Attributes of types not known here: `buffer` has them between `attributes` and `end`. */
  unknown = 0;
  attributes = 0;
  end = 0;

  reset(): void {
    this.mark = 0;
    this.seconds = 0;
    this.microseconds = 0;
    this.indev = 0;
    this.outdev = 0;
    this.physindev = 0;
    this.physoutdev = 0;
    this.hwaddr = 0;
    this.hwaddrLength = 0;
    this.payload = 0;
    this.payloadEnd = 0;
    this.length = 0;
    this.skbInfo = 0;
    this.uid = -1;
    this.gid = -1;
    this.ctInfo = -1;
    this.ct = 0;
    this.ctEnd = 0;
    this.secctx = 0;
    this.secctxEnd = 0;
    this.vlanProto = 0;
    this.vlanTci = -1;
    this.l2 = 0;
    this.l2End = 0;
    this.priority = 0;
    this.unknown = 0;
  }
}

/** Why a message could not be read; the empty string when it was. Codes, for the hot path. */
export type QueueFault =
  | ''
  | 'short header'
  | 'attribute length'
  | 'short attribute'
  | 'no packet header';

function readVlan(out: QueueMessage, at: number, end: number, littleEndian: boolean): QueueFault {
  const { buffer } = out;
  for (let i = at; end - i >= HEADER + 2; ) {
    const length = littleEndian ? u16le(buffer, i) : u16(buffer, i);
    const type = (littleEndian ? u16le(buffer, i + 2) : u16(buffer, i + 2)) & NLA_TYPE_MASK;
    if (length < HEADER + 2 || length > end - i) return 'attribute length';
    if (type === NFQA_VLAN_PROTO) out.vlanProto = u16(buffer, i + HEADER);
    if (type === NFQA_VLAN_TCI) out.vlanTci = u16(buffer, i + HEADER);
    i += (length + 3) & ~3;
  }
  return '';
}

/** struct nfqnl_msg_packet_timestamp has two 64-bit numbers; seconds need 53 bits at most. */
function readTimestamp(out: QueueMessage, at: number): void {
  const { buffer } = out;
  out.seconds = u32(buffer, at) * 0x1_0000_0000 + u32(buffer, at + 4);
  out.microseconds = u32(buffer, at + 12);
}

/** struct nfqnl_msg_packet_hw: a length, padding, and eight bytes of address. */
function readHwaddr(out: QueueMessage, at: number): void {
  out.hwaddr = at + 4;
  out.hwaddrLength = Math.min(8, u16(out.buffer, at));
}

/** The least bytes of the attributes that are looked into. */
function least(type: number): number {
  switch (type) {
    case NFQA_PACKET_HDR:
      return PACKET_HDR_LEN;
    case NFQA_TIMESTAMP:
      return 16;
    case NFQA_HWADDR:
      return 12;
    case NFQA_PAYLOAD:
    case NFQA_CT:
    case NFQA_SECCTX:
    case NFQA_VLAN:
    case NFQA_L2HDR:
      return 0;
    default:
      return 4;
  }
}

/** Reads what has a place of its own in the message. */
function readPlace(out: QueueMessage, type: number, at: number, end: number): void {
  switch (type) {
    case NFQA_PAYLOAD:
      out.payload = at;
      out.payloadEnd = end;
      if (out.length === 0) out.length = end - at;
      return;
    case NFQA_CT:
      out.ct = at;
      out.ctEnd = end;
      return;
    case NFQA_SECCTX:
      out.secctx = at;
      out.secctxEnd = end;
      return;
    case NFQA_L2HDR:
      out.l2 = at;
      out.l2End = end;
      return;
    default:
      out.unknown++;
  }
}

function readNumber(out: QueueMessage, type: number, at: number, end: number): void {
  const { buffer } = out;
  switch (type) {
    case NFQA_PACKET_HDR:
      out.id = u32(buffer, at);
      out.protocol = u16(buffer, at + 4);
      out.hook = buffer[at + 6]!;
      return;
    case NFQA_MARK:
      out.mark = u32(buffer, at);
      return;
    case NFQA_TIMESTAMP:
      readTimestamp(out, at);
      return;
    case NFQA_IFINDEX_INDEV:
      out.indev = u32(buffer, at);
      return;
    case NFQA_IFINDEX_OUTDEV:
      out.outdev = u32(buffer, at);
      return;
    case NFQA_IFINDEX_PHYSINDEV:
      out.physindev = u32(buffer, at);
      return;
    case NFQA_IFINDEX_PHYSOUTDEV:
      out.physoutdev = u32(buffer, at);
      return;
    case NFQA_HWADDR:
      readHwaddr(out, at);
      return;
    case NFQA_CT_INFO:
      out.ctInfo = u32(buffer, at);
      return;
    case NFQA_CAP_LEN:
      out.length = u32(buffer, at);
      return;
    case NFQA_SKB_INFO:
      out.skbInfo = u32(buffer, at);
      return;
    case NFQA_UID:
      out.uid = u32(buffer, at);
      return;
    case NFQA_GID:
      out.gid = u32(buffer, at);
      return;
    case NFQA_PRIORITY:
      out.priority = u32(buffer, at);
      return;
    default:
      readPlace(out, type, at, end);
  }
}

/**
 * Reads the message whose nlmsghdr is at `at` and which ends at `end`, without an allocation. A
 * message that says a length its bytes do not have is a fault; attributes of newer kernels are
 * counted and left where they are.
 */
export function readQueueMessage(
  buffer: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  out: QueueMessage,
): QueueFault {
  const body = at + NLMSG_HDRLEN;
  if (end - body < NFGENMSG_LEN || end > buffer.length) return 'short header';
  out.reset();
  out.buffer = buffer;
  out.family = buffer[body]!;
  out.queue = u16(buffer, body + 2);
  out.attributes = body + NFGENMSG_LEN;
  out.end = end;
  return readAttributes(out, littleEndian);
}

function readAttributes(out: QueueMessage, littleEndian: boolean): QueueFault {
  const { buffer, end } = out;
  let named = false;
  for (let at = out.attributes; end - at >= HEADER; ) {
    const length = littleEndian ? u16le(buffer, at) : u16(buffer, at);
    const type = (littleEndian ? u16le(buffer, at + 2) : u16(buffer, at + 2)) & NLA_TYPE_MASK;
    if (length < HEADER || length > end - at) return 'attribute length';
    if (type <= NFQA_PRIORITY && length - HEADER < least(type)) return 'short attribute';
    if (type === NFQA_VLAN) {
      const fault = readVlan(out, at + HEADER, at + length, littleEndian);
      if (fault !== '') return fault;
    } else readNumber(out, type, at + HEADER, at + length);
    named ||= type === NFQA_PACKET_HDR;
    at += (length + 3) & ~3;
  }
  return named ? '' : 'no packet header';
}

/** nlmsg_type of the message at `at`, and its length: what a receiver looks at first. */
export const messageLength = (buffer: Uint8Array, at: number, littleEndian: boolean): number =>
  littleEndian ? u32le(buffer, at) : u32(buffer, at);
export const messageType = (buffer: Uint8Array, at: number, littleEndian: boolean): number =>
  littleEndian ? u16le(buffer, at + 4) : u16(buffer, at + 4);
