// Requests for what there is: dumps of each kind, and the generation.

import type { Family } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import { AttributeWriter } from '../attributes.ts';
import { encodeNfgenmsg, type Message } from '../message.ts';
import { NFPROTO } from './family.ts';

const GET = {
  tables: u.NFT_MSG_GETTABLE,
  chains: u.NFT_MSG_GETCHAIN,
  rules: u.NFT_MSG_GETRULE,
  sets: u.NFT_MSG_GETSET,
  objects: u.NFT_MSG_GETOBJ,
  flowtables: u.NFT_MSG_GETFLOWTABLE,
} as const;

export type Dumped = keyof typeof GET;

const request = (type: number, flags: number, seq: number, payload: Uint8Array): Message => ({
  type: (u.NFNL_SUBSYS_NFTABLES << 8) | type,
  flags: u.NLM_F_REQUEST | flags,
  seq,
  pid: 0,
  payload,
});

/** All of one kind, of all families. */
export const dumpRequest = (what: Dumped, seq: number): Message =>
  request(GET[what], u.NLM_F_DUMP, seq, encodeNfgenmsg(0, new Uint8Array(0)));

/** Elements are dumped a set at a time. */
export function elementsRequest(
  family: Family,
  table: string,
  set: string,
  seq: number,
  littleEndian: boolean,
): Message {
  const attributes = new AttributeWriter(littleEndian)
    .text(u.NFTA_SET_ELEM_LIST_TABLE, table)
    .text(u.NFTA_SET_ELEM_LIST_SET, set)
    .finish();
  return request(
    u.NFT_MSG_GETSETELEM,
    u.NLM_F_DUMP,
    seq,
    encodeNfgenmsg(NFPROTO[family], attributes),
  );
}

export const generationRequest = (seq: number): Message =>
  request(u.NFT_MSG_GETGEN, u.NLM_F_ACK, seq, encodeNfgenmsg(0, new Uint8Array(0)));
