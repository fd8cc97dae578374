// What is done with a packet: nft_log.c, nft_reject.c, nft_queue.c, nft_dup_*.c, nft_fwd_netdev.c,
// nft_flow_offload.c, nft_synproxy.c, notrack of nft_ct.c; and nft_compat.c.

import { hex, unhex } from '../../../bytes/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import { numberOf, Unencodable } from '../unencodable.ts';
import { type Decoders, type Encoders, type ExprOf, optional32, optionalField } from './codec.ts';

/** enum nft_reject_types */
const REJECT_TYPES = ['icmp', 'tcp-reset', 'icmpx'] as const;

function writeLog(w: AttributeWriter, e: ExprOf<'log'>): void {
  if (e.prefix !== undefined) w.text(u.NFTA_LOG_PREFIX, e.prefix);
  if (e.group !== undefined) w.u16be(u.NFTA_LOG_GROUP, e.group);
  optional32(w, u.NFTA_LOG_SNAPLEN, e.snaplen);
  if (e.qthreshold !== undefined) w.u16be(u.NFTA_LOG_QTHRESHOLD, e.qthreshold);
  optional32(w, u.NFTA_LOG_LEVEL, e.level);
  optional32(w, u.NFTA_LOG_FLAGS, e.flags);
}

const readLog = (a: Attributes): ExprOf<'log'> => ({
  kind: 'log',
  ...(a.has(u.NFTA_LOG_PREFIX) && { prefix: a.text(u.NFTA_LOG_PREFIX) }),
  ...optionalField(a, 'level', u.NFTA_LOG_LEVEL),
  ...optionalField(a, 'flags', u.NFTA_LOG_FLAGS),
  ...(a.has(u.NFTA_LOG_GROUP) && { group: a.u16be(u.NFTA_LOG_GROUP) }),
  ...optionalField(a, 'snaplen', u.NFTA_LOG_SNAPLEN),
  ...(a.has(u.NFTA_LOG_QTHRESHOLD) && { qthreshold: a.u16be(u.NFTA_LOG_QTHRESHOLD) }),
});

/** The extension's own structure, in hex: the only form of it that can be sent. */
function infoBytes(e: ExprOf<'match' | 'target'>): Uint8Array {
  const { info } = e;
  if (typeof info === 'object' && info !== null && 'bytes' in info) {
    if (typeof info.bytes === 'string') return unhex(info.bytes);
  }
  throw new Unencodable(`${e.kind} ${e.name}: the kernel's structure of its options is not known`);
}

export const encoders: Encoders<
  | 'log'
  | 'reject'
  | 'queue'
  | 'dup'
  | 'fwd'
  | 'notrack'
  | 'flow_offload'
  | 'synproxy'
  | 'match'
  | 'target'
> = {
  log: { name: 'log', write: writeLog },
  reject: {
    name: 'reject',
    write: (w, e) =>
      w
        .u32be(u.NFTA_REJECT_TYPE, numberOf(REJECT_TYPES, e.type, 'reject type'))
        .u8(u.NFTA_REJECT_ICMP_CODE, e.code),
  },
  queue: {
    name: 'queue',
    write(w, e) {
      if (e.num !== undefined) w.u16be(u.NFTA_QUEUE_NUM, e.num);
      if (e.total !== undefined) w.u16be(u.NFTA_QUEUE_TOTAL, e.total);
      if (e.flags !== 0) w.u16be(u.NFTA_QUEUE_FLAGS, e.flags);
      optional32(w, u.NFTA_QUEUE_SREG_QNUM, e.sregQnum);
    },
  },
  dup: {
    name: 'dup',
    write(w, e) {
      optional32(w, u.NFTA_DUP_SREG_ADDR, e.sregAddr);
      optional32(w, u.NFTA_DUP_SREG_DEV, e.sregDev);
    },
  },
  fwd: {
    name: 'fwd',
    write(w, e) {
      w.u32be(u.NFTA_FWD_SREG_DEV, e.sregDev);
      optional32(w, u.NFTA_FWD_SREG_ADDR, e.sregAddr);
      optional32(w, u.NFTA_FWD_NFPROTO, e.nfproto);
    },
  },
  notrack: { name: 'notrack', write: () => undefined },
  flow_offload: {
    name: 'flow_offload',
    write: (w, e) => w.text(u.NFTA_FLOW_TABLE_NAME, e.table),
  },
  synproxy: {
    name: 'synproxy',
    write: (w, e) =>
      w
        .u16be(u.NFTA_SYNPROXY_MSS, e.mss)
        .u8(u.NFTA_SYNPROXY_WSCALE, e.wscale)
        .u32be(u.NFTA_SYNPROXY_FLAGS, e.flags),
  },
  match: {
    name: 'match',
    write: (w, e) =>
      w
        .text(u.NFTA_MATCH_NAME, e.name)
        .u32be(u.NFTA_MATCH_REV, e.rev)
        .bytes(u.NFTA_MATCH_INFO, infoBytes(e)),
  },
  target: {
    name: 'target',
    write: (w, e) =>
      w
        .text(u.NFTA_TARGET_NAME, e.name)
        .u32be(u.NFTA_TARGET_REV, e.rev)
        .bytes(u.NFTA_TARGET_INFO, infoBytes(e)),
  },
};

export const readSynproxy = (a: Attributes): ExprOf<'synproxy'> => ({
  kind: 'synproxy',
  mss: a.u16be(u.NFTA_SYNPROXY_MSS),
  wscale: a.u8(u.NFTA_SYNPROXY_WSCALE),
  flags: a.u32be(u.NFTA_SYNPROXY_FLAGS),
});

export const decoders: Decoders = {
  log: readLog,
  reject: (a) => ({
    kind: 'reject',
    type: a.word(u.NFTA_REJECT_TYPE, REJECT_TYPES, 'reject type'),
    code: a.u8(u.NFTA_REJECT_ICMP_CODE),
  }),
  queue: (a) => ({
    kind: 'queue',
    ...(a.has(u.NFTA_QUEUE_NUM) && { num: a.u16be(u.NFTA_QUEUE_NUM) }),
    ...(a.has(u.NFTA_QUEUE_TOTAL) && { total: a.u16be(u.NFTA_QUEUE_TOTAL) }),
    ...optionalField(a, 'sregQnum', u.NFTA_QUEUE_SREG_QNUM),
    flags: a.has(u.NFTA_QUEUE_FLAGS) ? a.u16be(u.NFTA_QUEUE_FLAGS) : 0,
  }),
  dup: (a) => ({
    kind: 'dup',
    ...optionalField(a, 'sregAddr', u.NFTA_DUP_SREG_ADDR),
    ...optionalField(a, 'sregDev', u.NFTA_DUP_SREG_DEV),
  }),
  fwd: (a) => ({
    kind: 'fwd',
    sregDev: a.u32be(u.NFTA_FWD_SREG_DEV),
    ...optionalField(a, 'sregAddr', u.NFTA_FWD_SREG_ADDR),
    ...optionalField(a, 'nfproto', u.NFTA_FWD_NFPROTO),
  }),
  notrack: () => ({ kind: 'notrack' }),
  flow_offload: (a) => ({ kind: 'flow_offload', table: a.text(u.NFTA_FLOW_TABLE_NAME) }),
  synproxy: readSynproxy,
  match: (a) => ({
    kind: 'match',
    name: a.text(u.NFTA_MATCH_NAME),
    rev: a.u32be(u.NFTA_MATCH_REV),
    info: { bytes: hex(a.bytes(u.NFTA_MATCH_INFO)) },
  }),
  target: (a) => ({
    kind: 'target',
    name: a.text(u.NFTA_TARGET_NAME),
    rev: a.u32be(u.NFTA_TARGET_REV),
    info: { bytes: hex(a.bytes(u.NFTA_TARGET_INFO)) },
  }),
};
