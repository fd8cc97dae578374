// NFQNL_MSG_PACKET the other way: as the kernel would write what a QueueMessage holds.

import { Writer } from '../../bytes/index.ts';
import {
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
  NLA_F_NESTED,
} from '../../uapi/index.ts';
import { AttributeWriter } from '../attributes.ts';
import { encodeNfgenmsg, type Message } from '../message.ts';
import { QUEUE_PACKET, type QueueMessage } from './packet.ts';

const packetHeader = ({ id, protocol, hook }: QueueMessage): Uint8Array =>
  new Writer(7).u32(id).u16(protocol).u8(hook).finish();

const timestamp = ({ seconds, microseconds }: QueueMessage): Uint8Array =>
  new Writer(16).u64(BigInt(seconds)).u64(BigInt(microseconds)).finish();

function hwaddr({ buffer, hwaddr: at, hwaddrLength }: QueueMessage): Uint8Array {
  const address = new Uint8Array(8);
  address.set(buffer.subarray(at, at + hwaddrLength));
  return new Writer(12).u16(hwaddrLength).u16(0).bytes(address).finish();
}

/** Numbers that are left out where they are 0. */
const NUMBERS = [
  [NFQA_MARK, 'mark'],
  [NFQA_IFINDEX_INDEV, 'indev'],
  [NFQA_IFINDEX_OUTDEV, 'outdev'],
  [NFQA_IFINDEX_PHYSINDEV, 'physindev'],
  [NFQA_IFINDEX_PHYSOUTDEV, 'physoutdev'],
  [NFQA_SKB_INFO, 'skbInfo'],
  [NFQA_PRIORITY, 'priority'],
] as const;

/** Those where 0 says something, and -1 that there is none. */
const SIGNED = [
  [NFQA_CT_INFO, 'ctInfo'],
  [NFQA_UID, 'uid'],
  [NFQA_GID, 'gid'],
] as const;

const RANGES = [
  [NFQA_CT | NLA_F_NESTED, 'ct', 'ctEnd'],
  [NFQA_SECCTX, 'secctx', 'secctxEnd'],
  [NFQA_L2HDR, 'l2', 'l2End'],
] as const;

/** The message of a queued packet; attributes that are not known here are not in it. */
export function encodeQueueMessage(packet: QueueMessage, littleEndian: boolean): Message {
  const out = new AttributeWriter(littleEndian).bytes(NFQA_PACKET_HDR, packetHeader(packet));
  for (const [type, name] of NUMBERS) if (packet[name] !== 0) out.u32be(type, packet[name]);
  for (const [type, name] of SIGNED) if (packet[name] >= 0) out.u32be(type, packet[name]);
  if (packet.seconds !== 0) out.bytes(NFQA_TIMESTAMP, timestamp(packet));
  if (packet.hwaddrLength > 0) out.bytes(NFQA_HWADDR, hwaddr(packet));
  for (const [type, from, to] of RANGES)
    if (packet[to] > 0) out.bytes(type, packet.buffer.subarray(packet[from], packet[to]));
  if (packet.vlanTci >= 0)
    out.nested(NFQA_VLAN, (vlan) =>
      vlan.u16be(NFQA_VLAN_PROTO, packet.vlanProto).u16be(NFQA_VLAN_TCI, packet.vlanTci),
    );
  const copied = packet.payloadEnd - packet.payload;
  if (packet.length > copied) out.u32be(NFQA_CAP_LEN, packet.length);
  if (copied > 0) {
    out.bytes(NFQA_PAYLOAD, packet.buffer.subarray(packet.payload, packet.payloadEnd));
  }
  return {
    type: QUEUE_PACKET,
    flags: 0,
    seq: 0,
    pid: 0,
    payload: encodeNfgenmsg(packet.family, out.finish(), packet.queue),
  };
}
