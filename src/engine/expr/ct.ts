// ct: what is known of the packet's connection, nft_ct_get_eval in net/netfilter/nft_ct.c. Each
// key is an op of its own, chosen when the rule is committed.

import type { Conntrack } from '../../conntrack/index.ts';
import { IP_CT_IS_REPLY, IP_CT_UNTRACKED, Nfproto } from '../../core/index.ts';
import type { CtLoadExpr } from '../../program/index.ts';
import type { Order } from '../endianness.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { bytesToWords, putName, spanOf, wordsIn } from '../registers.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireTracked } from './require.ts';

/** NF_CT_STATE_INVALID_BIT and NF_CT_STATE_UNTRACKED_BIT, nf_conntrack_common.h. */
export const STATE_INVALID = 1;
export const STATE_UNTRACKED = 1 << 6;
/** NF_CT_HELPER_NAME_LEN */
const HELPER_NAME = 16;
const LABEL_BYTES = 16;
const NEITHER = 2;

type Dir = 0 | 1;

/** Writes a key's value; false breaks the rule. `dir` 2 is both directions together. */
type Load = (ct: Conntrack, slot: number, regs: Registers, at: number, dir: number) => boolean;

interface Key {
  readonly bytes: number;
  readonly order: Order;
  readonly load: Load;
  /** NFTA_CT_DIRECTION must, must not or may be given. */
  readonly direction: 'needed' | 'none' | 'optional';
  readonly missing?: string;
}

const scratch = new Uint8Array(16);

/** NF_CT_STATE_BIT(): one bit per kind of packet, invalid first, replies as their originals. */
export function stateOf(pkt: PktInfo): number {
  const { ct, ctinfo } = pkt.packet;
  if (ct !== 0) return 1 << ((ctinfo >= IP_CT_IS_REPLY ? ctinfo - IP_CT_IS_REPLY : ctinfo) + 1);
  return ctinfo === IP_CT_UNTRACKED ? STATE_UNTRACKED : STATE_INVALID;
}

const u32key = (value: (ct: Conntrack, slot: number) => number): Key => ({
  bytes: 4,
  order: HOST32,
  direction: 'none',
  load: (ct, slot, regs, at) => {
    regs[at] = value(ct, slot);
    return true;
  },
});

const u8key = (value: (ct: Conntrack, slot: number) => number): Key => ({
  bytes: 1,
  order: NETWORK,
  direction: 'optional',
  load: (ct, slot, regs, at) => {
    regs[at] = value(ct, slot) << 24;
    return true;
  },
});

const address = (which: 'putSource' | 'putDestination', family: number): Key => ({
  bytes: family === Nfproto.ip ? 4 : 16,
  order: NETWORK,
  direction: 'needed',
  missing: 'a connection of the other family',
  load: (ct, slot, regs, at, dir) => {
    if (family !== 0 && ct.l3proto(slot) !== family) return false;
    const length = ct[which](slot, dir as Dir, scratch, 0);
    bytesToWords(scratch, 0, length, regs, at);
    return true;
  },
});

const port = (which: 'sourcePart' | 'destinationPart'): Key => ({
  bytes: 2,
  order: NETWORK,
  direction: 'needed',
  load: (ct, slot, regs, at, dir) => {
    regs[at] = ct[which](slot, dir as Dir) << 16;
    return true;
  },
});

type Count = 'packets' | 'bytes';
const count = (ct: Conntrack, slot: number, dir: number, which: Count): number =>
  dir === NEITHER ? ct[which](slot, 0) + ct[which](slot, 1) : ct[which](slot, dir as Dir);

function store64(value: number, regs: Registers, at: number): true {
  regs[at] = Math.floor(value / 0x100000000);
  regs[at + 1] = value >>> 0;
  return true;
}

const counter = (value: (ct: Conntrack, slot: number, dir: number) => number): Key => ({
  bytes: 8,
  order: HOST32,
  direction: 'optional',
  load: (ct, slot, regs, at, dir) => store64(value(ct, slot, dir), regs, at),
});

function average(ct: Conntrack, slot: number, dir: number): number {
  const packets = count(ct, slot, dir, 'packets');
  return packets === 0 ? 0 : Math.floor(count(ct, slot, dir, 'bytes') / packets);
}

const helper: Key = {
  bytes: HELPER_NAME,
  order: NETWORK,
  direction: 'none',
  missing: 'not expected by a helper',
  load: (ct, slot, regs, at) => {
    const name = ct.masterSide(slot)?.helper ?? '';
    if (name !== '') putName(name, regs, at, HELPER_NAME / 4);
    return name !== '';
  },
};

/**
 * Labels are an array of longs: on the little-endian reference bit n is in byte n >> 3. The value
 * in a program is the 128-bit number as a big-endian host has it, so the bytes turn round.
 */
const label: Key = {
  bytes: LABEL_BYTES,
  order: HOST32,
  direction: 'none',
  load: (ct, slot, regs, at) => {
    const labels = ct.labels(slot);
    for (let i = 0; i < 16; i++) scratch[i] = labels === null ? 0 : labels[15 - i]!;
    bytesToWords(scratch, 0, LABEL_BYTES, regs, at);
    return true;
  },
};

const zone: Key = {
  bytes: 2,
  order: HOST16,
  direction: 'optional',
  load: (ct, slot, regs, at, dir) => {
    regs[at] = (dir === NEITHER ? ct.zoneId(slot) : ct.zone(slot, dir as Dir)) << 16;
    return true;
  },
};

const KEYS: Readonly<Record<string, Key>> = {
  direction: { bytes: 1, order: NETWORK, direction: 'none', load: () => true },
  status: u32key((ct, slot) => ct.status(slot)),
  mark: u32key((ct, slot) => ct.mark(slot)),
  secmark: u32key((ct, slot) => ct.secmark(slot)),
  // Before it is confirmed an entry has no end yet, only a length: nf_ct_expires() answers 0.
  expiration: u32key((ct, slot) => (ct.isConfirmed(slot) ? ct.expiration(slot) : 0)),
  id: u32key((ct, slot) => ct.id(slot)),
  helper,
  label,
  l3protocol: u8key((ct, slot) => ct.l3proto(slot)),
  protocol: u8key((ct, slot) => ct.l4proto(slot)),
  src: address('putSource', 0),
  dst: address('putDestination', 0),
  src_ip: address('putSource', Nfproto.ip),
  dst_ip: address('putDestination', Nfproto.ip),
  src_ip6: address('putSource', Nfproto.ip6),
  dst_ip6: address('putDestination', Nfproto.ip6),
  proto_src: port('sourcePart'),
  proto_dst: port('destinationPart'),
  packets: counter((ct, slot, dir) => count(ct, slot, dir, 'packets')),
  bytes: counter((ct, slot, dir) => count(ct, slot, dir, 'bytes')),
  avgpkt: counter(average),
  zone,
};

const COUNTED: ReadonlySet<string> = new Set(['packets', 'bytes', 'avgpkt']);

/** `ct state` needs no entry: that there is none is an answer. */
export class CtState extends BaseOp<CtLoadExpr> {
  readonly writes: Span;

  constructor(expr: CtLoadExpr, at: number) {
    super(expr);
    this.writes = { word: at, bytes: 4 };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    regs[this.writes.word] = stateOf(pkt);
    return NFT_CONTINUE;
  }
}

class CtDirection extends BaseOp<CtLoadExpr> {
  readonly writes: Span;

  constructor(expr: CtLoadExpr, at: number) {
    super(expr);
    this.writes = { word: at, bytes: 1 };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    if (pkt.packet.ct === 0) return NFT_BREAK;
    regs[this.writes.word] = pkt.packet.ctinfo >= IP_CT_IS_REPLY ? 1 << 24 : 0;
    return NFT_CONTINUE;
  }

  why(): string {
    return 'no conntrack entry';
  }
}

class CtLoad extends BaseOp<CtLoadExpr> {
  readonly writes: Span;
  readonly #ct: Conntrack | null;
  readonly #key: Key;
  readonly #dir: number;

  constructor(expr: CtLoadExpr, at: number, key: Key, bytes: number, ct: Conntrack | null) {
    super(expr);
    this.writes = { word: at, bytes };
    this.#ct = ct;
    this.#key = key;
    this.#dir = expr.dir === undefined ? NEITHER : expr.dir === 'original' ? 0 : 1;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const slot = pkt.packet.ct;
    if (slot === 0 || this.#ct === null) return NFT_BREAK;
    const loaded = this.#key.load(this.#ct, slot, regs, this.writes.word, this.#dir);
    return loaded ? NFT_CONTINUE : NFT_BREAK;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    return pkt.packet.ct === 0 ? 'no conntrack entry' : (this.#key.missing ?? 'not known');
  }
}

/** nft_ct_get_init(): `src` and `dst` are as long as the family's addresses. */
function lengthOf(expr: CtLoadExpr, key: Key, family: string): number {
  if (expr.key !== 'src' && expr.key !== 'dst') return key.bytes;
  if (family === 'ip') return 4;
  if (family === 'ip6' || family === 'inet') return 16;
  return refuse('EAFNOSUPPORT', `ct ${expr.key} has no length in family ${family}`);
}

export function prepareCt(expr: CtLoadExpr, cx: Prepare): Op {
  if (expr.key === 'state') {
    if (expr.dir !== undefined) refuse('EINVAL', 'ct state has no direction');
    const at = spanOf(expr.dreg, 4);
    cx.endian.mark(at, 1, HOST32);
    return new CtState(expr, at);
  }
  requireTracked(cx.family);
  const key = KEYS[expr.key];
  if (key === undefined) {
    cx.endian.mark(spanOf(expr.dreg, 4), 4, HOST32);
    return new Opaque(expr, `ct ${expr.key} is not modelled`);
  }
  if (key.direction === 'needed' && expr.dir === undefined)
    refuse('EINVAL', `ct ${expr.key} needs a direction`);
  if (key.direction === 'none' && expr.dir !== undefined)
    refuse('EINVAL', `ct ${expr.key} has no direction`);
  // nft_ct_get_init(): whoever asks for counters has them counted from now on.
  if (COUNTED.has(expr.key)) cx.env.netns.sysctl.set('net.netfilter.nf_conntrack_acct', 1);
  const bytes = lengthOf(expr, key, cx.family);
  const at = spanOf(expr.dreg, bytes);
  cx.endian.mark(at, wordsIn(bytes), key.order);
  if (expr.key === 'direction') return new CtDirection(expr, at);
  return new CtLoad(expr, at, key, bytes, cx.env.conntrack);
}
