// Multicast groups of NETLINK_NETFILTER, and what kind of message a type is.

import * as u from '../uapi/index.ts';
import type { Message } from './message.ts';

export { NETLINK_ROUTE } from '../uapi/index.ts';

/** enum nfnetlink_groups by what is told there. */
export const NFNL_GROUPS = {
  'conntrack-new': u.NFNLGRP_CONNTRACK_NEW,
  'conntrack-update': u.NFNLGRP_CONNTRACK_UPDATE,
  'conntrack-destroy': u.NFNLGRP_CONNTRACK_DESTROY,
  'expect-new': u.NFNLGRP_CONNTRACK_EXP_NEW,
  'expect-update': u.NFNLGRP_CONNTRACK_EXP_UPDATE,
  'expect-destroy': u.NFNLGRP_CONNTRACK_EXP_DESTROY,
  ruleset: u.NFNLGRP_NFTABLES,
  trace: u.NFNLGRP_NFTRACE,
} as const;
export type NfnlGroup = keyof typeof NFNL_GROUPS;

export type MessageKind =
  | 'connection'
  | 'expectation'
  | 'log'
  | 'trace'
  | 'ruleset'
  | 'timeout'
  | 'other';

const SUBSYSTEMS: ReadonlyMap<number, MessageKind> = new Map([
  [u.NFNL_SUBSYS_CTNETLINK, 'connection'],
  [u.NFNL_SUBSYS_CTNETLINK_EXP, 'expectation'],
  [u.NFNL_SUBSYS_ULOG, 'log'],
  [u.NFNL_SUBSYS_CTNETLINK_TIMEOUT, 'timeout'],
]);

/** Which decoder reads a message of nfnetlink. */
export function kindOf({ type }: Message): MessageKind {
  if (type >>> 8 !== u.NFNL_SUBSYS_NFTABLES) return SUBSYSTEMS.get(type >>> 8) ?? 'other';
  return (type & 0xff) === u.NFT_MSG_TRACE ? 'trace' : 'ruleset';
}

/** What a message of ctnetlink tells: only a new one is made with flags (ctnetlink_conntrack_event()). */
export function eventOf({ type, flags }: Message): 'new' | 'update' | 'destroy' {
  if ((type & 0xff) === u.IPCTNL_MSG_CT_DELETE) return 'destroy';
  return (flags & (u.NLM_F_CREATE | u.NLM_F_EXCL)) !== 0 ? 'new' : 'update';
}

/** A dump that was made while what it tells of changed. */
export const isInterrupted = ({ flags }: Message): boolean => (flags & u.NLM_F_DUMP_INTR) !== 0;
