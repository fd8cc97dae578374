// NFT_MSG_TRACE: a step of a packet that a rule marked with `meta nftrace set 1`
// (nft_trace_notify(), net/netfilter/nf_tables_trace.c).

import * as u from '../../uapi/index.ts';
import { Attributes, type Kept } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, type Message } from '../message.ts';
import { familyOf } from './family.ts';

export interface NftTrace {
  readonly family: string;
  /** The same for all steps of a packet. */
  readonly id: number;
  readonly type: 'policy' | 'return' | 'rule';
  readonly table: string;
  readonly chain: string;
  readonly handle?: number;
  readonly verdict?: { readonly code: number; readonly chain?: string };
  /** Of the base chain: NF_DROP or NF_ACCEPT. */
  readonly policy?: number;
  /** NFPROTO_* of the hook the packet is at; its own for inet. */
  readonly nfproto: number;
  readonly mark: number;
  readonly iif: number;
  readonly oif: number;
  /** ARPHRD_* */
  readonly linkType: number;
  /** Beginnings of its headers; only with the first step. */
  readonly link: Uint8Array;
  readonly network: Uint8Array;
  readonly transport: Uint8Array;
  /** Of the packet's connection, where there is one (since Linux 6.16). */
  readonly connection?: {
    /** As conntrack tells it. */
    readonly id: number;
    /** 1 for the reply. */
    readonly direction: number;
    /** IPS_* */
    readonly status: number;
    /** NF_CT_STATE_BIT() */
    readonly state: number;
  };
  readonly unknown?: Kept;
}

function connectionOf(a: Attributes): Pick<NftTrace, 'connection'> {
  if (!a.has(u.NFTA_TRACE_CT_STATE)) return {};
  return {
    connection: {
      id: a.u32be(u.NFTA_TRACE_CT_ID),
      direction: a.u8(u.NFTA_TRACE_CT_DIRECTION),
      status: a.u32be(u.NFTA_TRACE_CT_STATUS),
      state: a.u32be(u.NFTA_TRACE_CT_STATE),
    },
  };
}

const TYPES = [undefined, 'policy', 'return', 'rule'] as const;

function verdictOf(a: Attributes): Pick<NftTrace, 'verdict'> {
  if (!a.has(u.NFTA_TRACE_VERDICT)) return {};
  const verdict = a.nested(u.NFTA_TRACE_VERDICT);
  const chain = verdict.text(u.NFTA_VERDICT_CHAIN);
  return { verdict: { code: verdict.i32be(u.NFTA_VERDICT_CODE), ...(chain !== '' && { chain }) } };
}

export function decodeTrace(message: Message, littleEndian: boolean): NftTrace | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const trace: NftTrace = {
    family: familyOf(head.family) ?? String(head.family),
    id: a.u32be(u.NFTA_TRACE_ID),
    type: a.word(u.NFTA_TRACE_TYPE, TYPES, 'kind of step'),
    table: a.text(u.NFTA_TRACE_TABLE),
    chain: a.text(u.NFTA_TRACE_CHAIN),
    ...(a.has(u.NFTA_TRACE_RULE_HANDLE) && { handle: a.u64be(u.NFTA_TRACE_RULE_HANDLE) }),
    ...verdictOf(a),
    ...(a.has(u.NFTA_TRACE_POLICY) && { policy: a.u32be(u.NFTA_TRACE_POLICY) }),
    nfproto: a.u32be(u.NFTA_TRACE_NFPROTO),
    mark: a.u32be(u.NFTA_TRACE_MARK),
    iif: a.u32be(u.NFTA_TRACE_IIF),
    oif: a.u32be(u.NFTA_TRACE_OIF),
    linkType: a.u16be(u.NFTA_TRACE_IIFTYPE) || a.u16be(u.NFTA_TRACE_OIFTYPE),
    link: a.bytes(u.NFTA_TRACE_LL_HEADER),
    network: a.bytes(u.NFTA_TRACE_NETWORK_HEADER),
    transport: a.bytes(u.NFTA_TRACE_TRANSPORT_HEADER),
    ...connectionOf(a),
  };
  return a.error === undefined ? { ...trace, ...a.kept() } : malformed(a.error);
}
