// What ctnetlink counts: of each processor, and of the namespace (ctnetlink_ct_stat_cpu_fill_info(),
// ctnetlink_exp_stat_fill_info(), ctnetlink_stat_ct_fill_info()).

import * as u from '../../uapi/index.ts';
import { Attributes } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';

/** By their names in conntrack(8). */
const CPU = {
  found: u.CTA_STATS_FOUND,
  invalid: u.CTA_STATS_INVALID,
  insert: u.CTA_STATS_INSERT,
  insert_failed: u.CTA_STATS_INSERT_FAILED,
  drop: u.CTA_STATS_DROP,
  early_drop: u.CTA_STATS_EARLY_DROP,
  error: u.CTA_STATS_ERROR,
  search_restart: u.CTA_STATS_SEARCH_RESTART,
  clash_resolve: u.CTA_STATS_CLASH_RESOLVE,
  chaintoolong: u.CTA_STATS_CHAIN_TOOLONG,
} as const;

const EXPECT = {
  expect_new: u.CTA_STATS_EXP_NEW,
  expect_create: u.CTA_STATS_EXP_CREATE,
  expect_delete: u.CTA_STATS_EXP_DELETE,
} as const;

export interface CpuStatistics {
  readonly cpu: number;
  /** What the message has, in its order. */
  readonly counts: Readonly<Record<string, number>>;
}

/** One processor's counts, of connections or of expectations. */
export function decodeCpuStatistics(
  message: Message,
  littleEndian: boolean,
): CpuStatistics | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  // Both are told as messages of connections.
  const expect = (message.type & 0xff) === u.IPCTNL_MSG_EXP_GET_STATS_CPU;
  const names = expect ? EXPECT : CPU;
  const there = Object.entries(names).filter(([, type]) => a.has(type));
  const counts = Object.fromEntries(there.map(([name, type]) => [name, a.u32be(type)]));
  if (a.error !== undefined) return malformed(a.error);
  // nfgenmsg's res_id is the processor.
  return { cpu: head.resId, counts };
}

export interface GlobalStatistics {
  readonly entries: number;
  readonly most: number;
}

export function decodeGlobalStatistics(
  message: Message,
  littleEndian: boolean,
): GlobalStatistics | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const entries = a.u32be(u.CTA_STATS_GLOBAL_ENTRIES);
  const most = a.u32be(u.CTA_STATS_GLOBAL_MAX_ENTRIES);
  return a.error === undefined ? { entries, most } : malformed(a.error);
}

const ASKED = {
  cpu: [u.NFNL_SUBSYS_CTNETLINK, u.IPCTNL_MSG_CT_GET_STATS_CPU, u.NLM_F_DUMP],
  expect: [u.NFNL_SUBSYS_CTNETLINK_EXP, u.IPCTNL_MSG_EXP_GET_STATS_CPU, u.NLM_F_DUMP],
  global: [u.NFNL_SUBSYS_CTNETLINK, u.IPCTNL_MSG_CT_GET_STATS, u.NLM_F_ACK],
} as const;

export function statisticsRequest(what: keyof typeof ASKED, seq: number): Message {
  const [subsystem, type, flags] = ASKED[what];
  return {
    type: (subsystem << 8) | type,
    flags: u.NLM_F_REQUEST | flags,
    seq,
    pid: 0,
    payload: encodeNfgenmsg(0, new Uint8Array(0)),
  };
}
