// Timeout policies: net/netfilter/nfnetlink_cttimeout.c. What a policy's values stand for is said by
// its protocol (CTA_TIMEOUT_TCP_* and its siblings); here they are numbers by number.

import * as u from '../../uapi/index.ts';
import { Attributes, AttributeWriter, type Kept } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';

export interface CtTimeoutPolicy {
  /** Absent where the defaults of a protocol are told. */
  readonly name?: string;
  /** AF_INET, AF_INET6; 0 where both are meant. */
  readonly l3proto: number;
  readonly l4proto: number;
  /** Seconds by attribute. */
  readonly values: Readonly<Record<number, number>>;
  /** Rules and connections that use it. */
  readonly use?: number;
  readonly unknown?: Kept;
}

function valuesOf(a: Attributes): Readonly<Record<number, number>> {
  return Object.fromEntries(a.unread.map((type) => [type, a.u32be(type)]));
}

export function decodeTimeoutPolicy(
  message: Message,
  littleEndian: boolean,
): CtTimeoutPolicy | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const policy: CtTimeoutPolicy = {
    ...(a.has(u.CTA_TIMEOUT_NAME) && { name: a.text(u.CTA_TIMEOUT_NAME) }),
    l3proto: a.u16be(u.CTA_TIMEOUT_L3PROTO),
    l4proto: a.u8(u.CTA_TIMEOUT_L4PROTO),
    values: valuesOf(a.nested(u.CTA_TIMEOUT_DATA)),
    ...(a.has(u.CTA_TIMEOUT_USE) && { use: a.u32be(u.CTA_TIMEOUT_USE) }),
  };
  return a.error === undefined ? { ...policy, ...a.kept() } : malformed(a.error);
}

const message = (type: number, flags: number, seq: number, attributes: Uint8Array): Message => ({
  type: (u.NFNL_SUBSYS_CTNETLINK_TIMEOUT << 8) | type,
  flags: u.NLM_F_REQUEST | flags,
  seq,
  pid: 0,
  payload: encodeNfgenmsg(0, attributes),
});

function attributesOf(policy: CtTimeoutPolicy, littleEndian: boolean): Uint8Array {
  const out = new AttributeWriter(littleEndian);
  if (policy.name !== undefined) out.text(u.CTA_TIMEOUT_NAME, policy.name);
  out.u16be(u.CTA_TIMEOUT_L3PROTO, policy.l3proto).u8(u.CTA_TIMEOUT_L4PROTO, policy.l4proto);
  out.nested(u.CTA_TIMEOUT_DATA, (data) => {
    for (const [type, seconds] of Object.entries(policy.values)) data.u32be(Number(type), seconds);
  });
  return out.kept(policy.unknown).finish();
}

/** A new policy; with `replace` one that is there may change its values. */
export const timeoutPolicyRequest = (
  policy: CtTimeoutPolicy,
  replace: boolean,
  seq: number,
  littleEndian: boolean,
): Message =>
  message(
    u.IPCTNL_MSG_TIMEOUT_NEW,
    u.NLM_F_CREATE | u.NLM_F_ACK | (replace ? u.NLM_F_REPLACE : u.NLM_F_EXCL),
    seq,
    attributesOf(policy, littleEndian),
  );

export const timeoutPoliciesDump = (seq: number): Message =>
  message(u.IPCTNL_MSG_TIMEOUT_GET, u.NLM_F_DUMP, seq, new Uint8Array(0));

/** Deletes one, or every one that nothing uses. */
export function deleteTimeoutPolicy(
  name: string | undefined,
  seq: number,
  littleEndian: boolean,
): Message {
  const out = new AttributeWriter(littleEndian);
  if (name !== undefined) out.text(u.CTA_TIMEOUT_NAME, name);
  return message(u.IPCTNL_MSG_TIMEOUT_DELETE, u.NLM_F_ACK, seq, out.finish());
}
