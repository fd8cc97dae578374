// Accounting objects as plain data: what the messages of nfnetlink_acct carry
// (include/uapi/linux/netfilter/nfnetlink_acct.h). They belong to a namespace, as IP sets do.

import type { U64 } from './ipset.ts';

/** NFACCT_F_QUOTA_PKTS or NFACCT_F_QUOTA_BYTES, with NFACCT_QUOTA. */
export interface AcctQuota {
  readonly mode: 'packet' | 'byte';
  readonly value: U64;
  /** NFACCT_F_OVERQUOTA: it has been told that the quota is used up. */
  readonly over: boolean;
}

export interface AcctObject {
  readonly name: string;
  readonly packets: U64;
  readonly bytes: U64;
  readonly quota?: AcctQuota;
}
