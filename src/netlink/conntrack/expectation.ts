// Expectations as ctnetlink tells and takes them: ctnetlink_exp_dump_expect() and
// ctnetlink_create_expect().

import * as u from '../../uapi/index.ts';
import { Attributes, AttributeWriter, type Kept } from '../attributes.ts';
import { type Malformed, malformed } from '../malformed.ts';
import { decodeNfgenmsg, encodeNfgenmsg, type Message } from '../message.ts';
import { NFPROTO } from '../nftables/family.ts';
import { type CtTuple, type ReadTuple, readTuple, writeTuple } from './tuple.ts';

/** An expected connection; the fields are those of the engine's. */
export interface CtExpectation {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly tuple: CtTuple;
  /** Which bits count. */
  readonly mask: CtTuple;
  readonly master: CtTuple & { readonly protocol: number };
  readonly zone: number;
  /** Seconds left. */
  readonly timeout: number;
  readonly class: number;
  /** NF_CT_EXPECT_* */
  readonly flags: number;
  readonly id?: number;
  readonly masterHelper?: string;
  readonly fn?: string;
  readonly nat?: { readonly direction: 0 | 1; readonly address: string; readonly port: number };
  readonly unknown?: Kept;
}

function natOf(a: Attributes): Pick<CtExpectation, 'nat'> {
  if (!a.has(u.CTA_EXPECT_NAT)) return {};
  const nat = a.nested(u.CTA_EXPECT_NAT);
  const { tuple } = readTuple(nat.nested(u.CTA_EXPECT_NAT_TUPLE));
  const direction = nat.u32be(u.CTA_EXPECT_NAT_DIR) === 0 ? 0 : 1;
  return { nat: { direction, address: tuple.src, port: tuple.sport ?? 0 } };
}

function readExpectation(a: Attributes): CtExpectation {
  const { family, protocol, tuple } = readTuple(a.nested(u.CTA_EXPECT_TUPLE));
  const master = readTuple(a.nested(u.CTA_EXPECT_MASTER));
  return {
    family,
    protocol,
    tuple,
    mask: readTuple(a.nested(u.CTA_EXPECT_MASK)).tuple,
    master: { ...master.tuple, protocol: master.protocol },
    zone: a.u16be(u.CTA_EXPECT_ZONE),
    timeout: a.u32be(u.CTA_EXPECT_TIMEOUT),
    class: a.u32be(u.CTA_EXPECT_CLASS),
    flags: a.u32be(u.CTA_EXPECT_FLAGS),
    ...(a.has(u.CTA_EXPECT_ID) && { id: a.u32be(u.CTA_EXPECT_ID) }),
    ...(a.has(u.CTA_EXPECT_HELP_NAME) && { masterHelper: a.text(u.CTA_EXPECT_HELP_NAME) }),
    ...(a.has(u.CTA_EXPECT_FN) && { fn: a.text(u.CTA_EXPECT_FN) }),
    ...natOf(a),
  };
}

export function decodeExpectation(
  message: Message,
  littleEndian: boolean,
): CtExpectation | Malformed {
  const head = decodeNfgenmsg(message.payload);
  if ('ok' in head) return head;
  const a = new Attributes(head.attributes, littleEndian);
  const expectation = { ...readExpectation(a), ...a.kept() };
  return a.error === undefined ? expectation : malformed(a.error);
}

const message = (
  type: number,
  flags: number,
  seq: number,
  family: number,
  attributes: Uint8Array = new Uint8Array(0),
): Message => ({
  type: (u.NFNL_SUBSYS_CTNETLINK_EXP << 8) | type,
  flags: u.NLM_F_REQUEST | flags,
  seq,
  pid: 0,
  payload: encodeNfgenmsg(family, attributes),
});

function writeNat(out: AttributeWriter, of: CtExpectation): void {
  const { nat, family, protocol, tuple } = of;
  if (nat === undefined) return;
  const before = { ...tuple, src: nat.address, sport: nat.port };
  out.nested(u.CTA_EXPECT_NAT, (inner) => {
    inner.u32be(u.CTA_EXPECT_NAT_DIR, nat.direction);
    writeTuple(inner, u.CTA_EXPECT_NAT_TUPLE, { family, protocol, tuple: before });
  });
}

/**
 * Asks for a new expectation; refused where it is there already.
 * @throws RangeError for a text that is no address
 */
export function createExpectationRequest(
  of: CtExpectation,
  seq: number,
  littleEndian: boolean,
): Message {
  const { family, protocol, tuple, mask, master } = of;
  const out = new AttributeWriter(littleEndian);
  const tupleOf = (one: CtTuple, proto = protocol): ReadTuple => ({
    family,
    protocol: proto,
    tuple: one,
  });
  writeTuple(out, u.CTA_EXPECT_MASTER, tupleOf(master, master.protocol));
  writeTuple(out, u.CTA_EXPECT_TUPLE, tupleOf(tuple));
  writeTuple(out, u.CTA_EXPECT_MASK, tupleOf(mask));
  out.u32be(u.CTA_EXPECT_TIMEOUT, of.timeout);
  if (of.zone !== 0) out.u16be(u.CTA_EXPECT_ZONE, of.zone);
  if (of.flags !== 0) out.u32be(u.CTA_EXPECT_FLAGS, of.flags);
  if (of.class !== 0) out.u32be(u.CTA_EXPECT_CLASS, of.class);
  if (of.masterHelper !== undefined) out.text(u.CTA_EXPECT_HELP_NAME, of.masterHelper);
  if (of.fn !== undefined) out.text(u.CTA_EXPECT_FN, of.fn);
  writeNat(out, of);
  out.kept(of.unknown);
  const flags = u.NLM_F_CREATE | u.NLM_F_EXCL | u.NLM_F_ACK;
  return message(u.IPCTNL_MSG_EXP_NEW, flags, seq, NFPROTO[family], out.finish());
}

/** Gets or deletes the expectation of a tuple. @throws RangeError for a text that is no address */
export function expectationRequest(
  what: 'get' | 'delete',
  of: ReadTuple,
  seq: number,
  littleEndian: boolean,
): Message {
  const out = new AttributeWriter(littleEndian);
  writeTuple(out, u.CTA_EXPECT_TUPLE, of);
  const type = what === 'get' ? u.IPCTNL_MSG_EXP_GET : u.IPCTNL_MSG_EXP_DELETE;
  return message(type, u.NLM_F_ACK, seq, NFPROTO[of.family], out.finish());
}

export const expectationsDump = (family: 'ip' | 'ip6' | undefined, seq: number): Message =>
  message(u.IPCTNL_MSG_EXP_GET, u.NLM_F_DUMP, seq, family === undefined ? 0 : NFPROTO[family]);

export const expectationsFlush = (seq: number): Message =>
  message(u.IPCTNL_MSG_EXP_DELETE, u.NLM_F_ACK, seq, 0);
