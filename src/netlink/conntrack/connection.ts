// Connections as ctnetlink tells and takes them: ctnetlink_fill_info(), ctnetlink_conntrack_event()
// and ctnetlink_create_conntrack() of net/netfilter/nf_conntrack_netlink.c.

import { hex, unhex, viewOf } from '../../bytes/index.ts';
import * as u from '../../uapi/index.ts';
import { Attributes, AttributeWriter, type Kept } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';
import { NFPROTO } from '../nftables/family.ts';
import { readProtoinfo, type StateFields, writeProtoinfo } from './protoinfo.ts';
import { addressBytes, type CtTuple, type ReadTuple, readTuple, writeTuple } from './tuple.ts';

/** A direction with what accounting counted. */
export interface CtDirection extends CtTuple {
  readonly packets?: number;
  readonly bytes?: number;
}

/** By how much the sequence numbers of a direction are moved, and from where on. */
export interface CtSeqAdjust {
  readonly correctionPos: number;
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}

/** What a message may leave out; it stands as 0 then. */
export type LeftOut = 'timeout' | 'mark' | 'status';

/**
 * A connection. The fields are those of the engine's entries, so that what is written for one reads
 * the other.
 */
export interface CtEntry extends StateFields {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly original: CtDirection;
  readonly reply: CtDirection;
  /** Seconds left. */
  readonly timeout: number;
  /** IPS_* */
  readonly status: number;
  readonly mark: number;
  readonly zone: number;
  /** Bit 0 for the original direction, bit 1 for the reply; both where absent. */
  readonly zoneDir?: number;
  readonly id: number;
  readonly secmark?: number;
  /** SELinux and the like: the secmark's name. */
  readonly secctx?: string;
  /** In hex, low byte first. */
  readonly labels?: string;
  readonly helper?: string;
  readonly masterTuple?: CtTuple & { readonly protocol: number };
  readonly seqadj?: readonly [CtSeqAdjust, CtSeqAdjust];
  /** Seconds since 1970. */
  readonly start?: number;
  readonly stop?: number;
  /** References to the entry. */
  readonly use?: number;
  /** Not told by this message. */
  readonly absent?: readonly LeftOut[];
  readonly unknown?: Kept;
}

function counters(a: Attributes, type: number): Pick<CtDirection, 'packets' | 'bytes'> {
  if (!a.has(type)) return {};
  const inner = a.nested(type);
  return { packets: inner.u64be(u.CTA_COUNTERS_PACKETS), bytes: inner.u64be(u.CTA_COUNTERS_BYTES) };
}

const seqadjOf = (a: Attributes): CtSeqAdjust => ({
  correctionPos: a.u32be(u.CTA_SEQADJ_CORRECTION_POS),
  offsetBefore: a.i32be(u.CTA_SEQADJ_OFFSET_BEFORE),
  offsetAfter: a.i32be(u.CTA_SEQADJ_OFFSET_AFTER),
});

function zoneFields(a: Attributes, original: ReadTuple, reply: ReadTuple) {
  if (a.has(u.CTA_ZONE)) return { zone: a.u16be(u.CTA_ZONE) };
  if (original.zone !== undefined) return { zone: original.zone, zoneDir: 1 };
  if (reply.zone !== undefined) return { zone: reply.zone, zoneDir: 2 };
  return { zone: 0 };
}

/** Nanoseconds since 1970 are more than a number holds; seconds with microseconds are not. */
function secondsOf(a: Attributes, type: number): number {
  const bytes = a.bytes(type);
  if (bytes.length < 8) a.fail(`time ${type}: 8 bytes wanted, ${bytes.length} there`);
  return bytes.length < 8 ? 0 : Number(viewOf(bytes).getBigUint64(0) / 1000n) / 1e6;
}

function timesOf(a: Attributes): Pick<CtEntry, 'start' | 'stop'> {
  if (!a.has(u.CTA_TIMESTAMP)) return {};
  const times = a.nested(u.CTA_TIMESTAMP);
  const [start, stop] = [u.CTA_TIMESTAMP_START, u.CTA_TIMESTAMP_STOP];
  return {
    ...(times.has(start) && { start: secondsOf(times, start) }),
    ...(times.has(stop) && { stop: secondsOf(times, stop) }),
  };
}

function masterOf(a: Attributes): Pick<CtEntry, 'masterTuple'> {
  if (!a.has(u.CTA_TUPLE_MASTER)) return {};
  const { tuple, protocol } = readTuple(a.nested(u.CTA_TUPLE_MASTER));
  return { masterTuple: { ...tuple, protocol } };
}

function seqadjFields(a: Attributes): Pick<CtEntry, 'seqadj'> {
  if (!a.has(u.CTA_SEQ_ADJ_ORIG) && !a.has(u.CTA_SEQ_ADJ_REPLY)) return {};
  const [original, reply] = [a.nested(u.CTA_SEQ_ADJ_ORIG), a.nested(u.CTA_SEQ_ADJ_REPLY)];
  return { seqadj: [seqadjOf(original), seqadjOf(reply)] };
}

const TOLD: readonly (readonly [LeftOut, number])[] = [
  ['timeout', u.CTA_TIMEOUT],
  ['mark', u.CTA_MARK],
  ['status', u.CTA_STATUS],
];

/** The attributes of a connection, wherever they stand: a message of its own, a log, a queue. */
export function readConnection(a: Attributes): CtEntry {
  const original = readTuple(a.nested(u.CTA_TUPLE_ORIG));
  const reply = readTuple(a.nested(u.CTA_TUPLE_REPLY));
  const absent = TOLD.filter(([, type]) => !a.has(type)).map(([name]) => name);
  const entry: CtEntry = {
    family: original.family,
    protocol: original.protocol,
    original: { ...original.tuple, ...counters(a, u.CTA_COUNTERS_ORIG) },
    reply: { ...reply.tuple, ...counters(a, u.CTA_COUNTERS_REPLY) },
    timeout: a.u32be(u.CTA_TIMEOUT),
    status: a.u32be(u.CTA_STATUS),
    ...readProtoinfo(a.nested(u.CTA_PROTOINFO)),
    mark: a.u32be(u.CTA_MARK),
    ...zoneFields(a, original, reply),
    id: a.u32be(u.CTA_ID),
    ...(a.has(u.CTA_SECMARK) && { secmark: a.u32be(u.CTA_SECMARK) }),
    // CTA_SECCTX_NAME is the first and only attribute inside.
    ...(a.has(u.CTA_SECCTX) && { secctx: a.nested(u.CTA_SECCTX).text(1) }),
    ...(a.has(u.CTA_LABELS) && { labels: hex(a.bytes(u.CTA_LABELS)) }),
    ...(a.has(u.CTA_HELP) && { helper: a.nested(u.CTA_HELP).text(u.CTA_HELP_NAME) }),
    ...masterOf(a),
    ...seqadjFields(a),
    ...timesOf(a),
    ...(a.has(u.CTA_USE) && { use: a.u32be(u.CTA_USE) }),
    ...(absent.length > 0 && { absent }),
  };
  return { ...entry, ...a.kept() };
}

export function decodeConnection(message: Message, littleEndian: boolean): CtEntry | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const entry = readConnection(a);
  return a.error === undefined ? entry : malformed(a.error);
}

/** An address, or a port, that a new connection is translated to. */
export interface CtTranslation {
  readonly address?: string;
  readonly port?: number;
}

/** What a request says of a connection; what is absent is not said. */
export type CtRequest = Pick<CtEntry, 'family' | 'protocol'> & {
  readonly original?: CtTuple;
  readonly reply?: CtTuple;
  readonly snat?: CtTranslation;
  readonly dnat?: CtTranslation;
  readonly markMask?: number;
  readonly statusMask?: number;
  /** Which bits of the labels are meant, in hex; all without. */
  readonly labelsMask?: string;
  /** A zone that counts in both directions; those of one direction are said with its tuple. */
  readonly originalZone?: number;
  readonly replyZone?: number;
} & Partial<
    Pick<
      CtEntry,
      | 'timeout'
      | 'status'
      | 'mark'
      | 'zone'
      | 'id'
      | 'secmark'
      | 'labels'
      | 'helper'
      | 'masterTuple'
      | 'seqadj'
      | 'unknown'
    >
  > &
  StateFields;

function writeNat(
  out: AttributeWriter,
  type: number,
  family: 'ip' | 'ip6',
  { address, port }: CtTranslation,
): void {
  const v6 = family === 'ip6';
  out.nested(type, (nat) => {
    if (address !== undefined)
      nat.bytes(v6 ? u.CTA_NAT_V6_MINIP : u.CTA_NAT_V4_MINIP, addressBytes(family, address));
    if (port !== undefined)
      nat.nested(u.CTA_NAT_PROTO, (proto) => {
        proto.u16be(u.CTA_PROTONAT_PORT_MIN, port).u16be(u.CTA_PROTONAT_PORT_MAX, port);
      });
  });
}

function writeTuples(out: AttributeWriter, request: CtRequest): void {
  const { family, protocol, original, reply, originalZone, replyZone, masterTuple } = request;
  const of = (tuple: CtTuple, zone?: number): ReadTuple => ({
    family,
    protocol,
    tuple,
    ...(zone !== undefined && { zone }),
  });
  if (original) writeTuple(out, u.CTA_TUPLE_ORIG, of(original, originalZone));
  if (reply) writeTuple(out, u.CTA_TUPLE_REPLY, of(reply, replyZone));
  if (masterTuple)
    writeTuple(out, u.CTA_TUPLE_MASTER, {
      family,
      protocol: masterTuple.protocol,
      tuple: masterTuple,
    });
}

const NUMBERS = [
  ['status', u.CTA_STATUS],
  ['statusMask', u.CTA_STATUS_MASK],
  ['timeout', u.CTA_TIMEOUT],
  ['mark', u.CTA_MARK],
  ['markMask', u.CTA_MARK_MASK],
  ['secmark', u.CTA_SECMARK],
  ['id', u.CTA_ID],
] as const;

function writeSeqadj(out: AttributeWriter, type: number, adjust: CtSeqAdjust): void {
  out.nested(type, (inner) => {
    inner
      .u32be(u.CTA_SEQADJ_CORRECTION_POS, adjust.correctionPos)
      .u32be(u.CTA_SEQADJ_OFFSET_BEFORE, adjust.offsetBefore)
      .u32be(u.CTA_SEQADJ_OFFSET_AFTER, adjust.offsetAfter);
  });
}

/**
 * The attributes of a request.
 * @throws RangeError for a text that is no address
 */
export function writeConnection(out: AttributeWriter, request: CtRequest): void {
  const { family, snat, dnat, zone, labels, labelsMask, helper, seqadj } = request;
  writeTuples(out, request);
  for (const [name, type] of NUMBERS) {
    const value = request[name];
    if (value !== undefined) out.u32be(type, value);
  }
  writeProtoinfo(out, request);
  if (snat) writeNat(out, u.CTA_NAT_SRC, family, snat);
  if (dnat) writeNat(out, u.CTA_NAT_DST, family, dnat);
  if (zone !== undefined) out.u16be(u.CTA_ZONE, zone);
  if (labels !== undefined) out.bytes(u.CTA_LABELS, unhex(labels));
  if (labelsMask !== undefined) out.bytes(u.CTA_LABELS_MASK, unhex(labelsMask));
  if (helper !== undefined)
    out.nested(u.CTA_HELP, (help) => {
      help.text(u.CTA_HELP_NAME, helper);
    });
  if (seqadj) {
    writeSeqadj(out, u.CTA_SEQ_ADJ_ORIG, seqadj[0]);
    writeSeqadj(out, u.CTA_SEQ_ADJ_REPLY, seqadj[1]);
  }
  out.kept(request.unknown);
}

const message = (
  type: number,
  flags: number,
  seq: number,
  family: number,
  attributes: Uint8Array,
): Message => ({
  type: (u.NFNL_SUBSYS_CTNETLINK << 8) | type,
  flags: u.NLM_F_REQUEST | flags,
  seq,
  pid: 0,
  payload: encodeNfgenmsg(family, attributes),
});

const REQUESTS = {
  /** Refused where it is there already. */
  create: [u.IPCTNL_MSG_CT_NEW, u.NLM_F_CREATE | u.NLM_F_EXCL | u.NLM_F_ACK],
  update: [u.IPCTNL_MSG_CT_NEW, u.NLM_F_ACK],
  get: [u.IPCTNL_MSG_CT_GET, u.NLM_F_ACK],
  /** Without a tuple, all of the family. */
  delete: [u.IPCTNL_MSG_CT_DELETE, u.NLM_F_ACK],
} as const;

/** @throws RangeError for a text that is no address */
export function connectionRequest(
  what: keyof typeof REQUESTS,
  request: CtRequest,
  seq: number,
  littleEndian: boolean,
): Message {
  const out = new AttributeWriter(littleEndian);
  writeConnection(out, request);
  const [type, flags] = REQUESTS[what];
  return message(type, flags, seq, NFPROTO[request.family], out.finish());
}

/** What a dump leaves out by itself; both families without one. */
export interface CtDumpFilter {
  readonly family?: 'ip' | 'ip6';
  readonly mark?: number;
  readonly markMask?: number;
  readonly status?: number;
  readonly statusMask?: number;
  readonly zone?: number;
}

const DUMPS = {
  all: u.IPCTNL_MSG_CT_GET,
  /** Counters are set to 0 as they are told. */
  zeroed: u.IPCTNL_MSG_CT_GET_CTRZERO,
  dying: u.IPCTNL_MSG_CT_GET_DYING,
  unconfirmed: u.IPCTNL_MSG_CT_GET_UNCONFIRMED,
} as const;

export function connectionsDump(
  what: keyof typeof DUMPS,
  filter: CtDumpFilter,
  seq: number,
  littleEndian: boolean,
): Message {
  const { family, mark, markMask = 0xffffffff, status, statusMask, zone } = filter;
  const out = new AttributeWriter(littleEndian);
  if (mark !== undefined) out.u32be(u.CTA_MARK, mark).u32be(u.CTA_MARK_MASK, markMask);
  if (status !== undefined) out.u32be(u.CTA_STATUS, status);
  if (status !== undefined) out.u32be(u.CTA_STATUS_MASK, statusMask ?? status);
  if (zone !== undefined) out.u16be(u.CTA_ZONE, zone);
  const number = family === undefined ? 0 : NFPROTO[family];
  return message(DUMPS[what], u.NLM_F_DUMP, seq, number, out.finish());
}

/** All connections of a family, or of both. */
export const connectionsFlush = (family: 'ip' | 'ip6' | undefined, seq: number): Message => {
  const number = family === undefined ? 0 : NFPROTO[family];
  return message(u.IPCTNL_MSG_CT_DELETE, u.NLM_F_ACK, seq, number, new Uint8Array(0));
};
