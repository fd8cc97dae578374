// Netlink messages: struct nlmsghdr (include/uapi/linux/netlink.h) and, for netfilter, struct
// nfgenmsg after it (netfilter/nfnetlink.h). nlmsghdr is in host order, nfgenmsg's res_id is not.

import { put16, put16le, put32, put32le, viewOf, Writer } from '../bytes/index.ts';
import {
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_REQUEST,
} from '../uapi/index.ts';
import { align4 } from './attributes.ts';
import { type Malformed, malformed } from './malformed.ts';

export const NLMSG_HDRLEN = 16;
export const NFGENMSG_LEN = 4;

export interface Message {
  /** Subsystem in the high byte, message in the low. */
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  /** All after nlmsghdr. */
  readonly payload: Uint8Array;
}

/** struct nfgenmsg: what every message of nfnetlink begins with. */
export interface Nfgenmsg {
  readonly family: number;
  readonly version: number;
  readonly resId: number;
  readonly attributes: Uint8Array;
}

export function encodeMessage(message: Message, littleEndian: boolean): Uint8Array {
  const length = NLMSG_HDRLEN + message.payload.length;
  const out = new Uint8Array(align4(length));
  const half = littleEndian ? put16le : put16;
  const word = littleEndian ? put32le : put32;
  word(out, 0, length);
  half(out, 4, message.type);
  half(out, 6, message.flags);
  word(out, 8, message.seq);
  word(out, 12, message.pid);
  out.set(message.payload, NLMSG_HDRLEN);
  return out;
}

export const encodeNfgenmsg = (family: number, attributes: Uint8Array, resId = 0): Uint8Array =>
  new Writer(NFGENMSG_LEN + attributes.length)
    .u8(family)
    .u8(0)
    .u16(resId)
    .bytes(attributes)
    .finish();

export function decodeNfgenmsg(payload: Uint8Array): Nfgenmsg | Malformed {
  if (payload.length < NFGENMSG_LEN) return malformed(`nfgenmsg: ${payload.length} bytes of 4`);
  return {
    family: payload[0]!,
    version: payload[1]!,
    resId: viewOf(payload).getUint16(2),
    attributes: payload.subarray(NFGENMSG_LEN),
  };
}

/**
 * The messages of one datagram, whole ones first; `error` says what stands after them when the
 * bytes end amid a message.
 */
export function splitMessages(
  bytes: Uint8Array,
  littleEndian: boolean,
): { readonly messages: readonly Message[]; readonly error?: string } {
  const view = viewOf(bytes);
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    if (left < NLMSG_HDRLEN) return { messages, error: `nlmsghdr: ${left} bytes of 16` };
    const length = view.getUint32(at, littleEndian);
    if (length < NLMSG_HDRLEN || length > left) {
      return { messages, error: `message of ${length} bytes at ${at}, ${left} left` };
    }
    messages.push({
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      seq: view.getUint32(at + 8, littleEndian),
      pid: view.getUint32(at + 12, littleEndian),
      payload: bytes.subarray(at + NLMSG_HDRLEN, at + length),
    });
    at += align4(length);
  }
  return { messages };
}

/** What opens and closes a transaction (nfnetlink.c, nfnetlink_rcv_batch). */
export const batchMessage = (
  which: 'begin' | 'end',
  seq: number,
  attributes: Uint8Array = new Uint8Array(0),
): Message => ({
  type: which === 'begin' ? NFNL_MSG_BATCH_BEGIN : NFNL_MSG_BATCH_END,
  flags: NLM_F_REQUEST,
  seq,
  pid: 0,
  payload: encodeNfgenmsg(0, attributes, NFNL_SUBSYS_NFTABLES),
});
