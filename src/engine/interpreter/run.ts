// nft_do_chain() of net/netfilter/nf_tables_core.c over images.

import { IP_CT_IS_REPLY, IP_CT_UNTRACKED } from '../../core/index.ts';
import type { Cmp } from '../expr/cmp.ts';
import { STATE_INVALID, STATE_UNTRACKED } from '../expr/ct.ts';
import { inName, outName } from '../expr/meta.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Chain } from '../state/chain.ts';
import { NF_ACCEPT, NF_DROP, NFT_BREAK, NFT_CONTINUE, NFT_GOTO, NFT_JUMP } from '../verdict.ts';
import {
  buildImage,
  CODE_MASK,
  type Image,
  LOAD_L4PROTO,
  LOAD_MARK,
  LOAD_NET1,
  LOAD_NET2,
  LOAD_NET3,
  LOAD_NET4,
  LOAD_NFPROTO,
  LOAD_TRANS1,
  LOAD_TRANS2,
  LOAD_TRANS4,
  NEGATE,
  OP_CALL,
  OP_COUNTER,
  OP_END,
  OP_IIFNAME,
  OP_SKIP,
  OP_TEST,
  OP_VERDICT,
  SLOT_MASK,
  SLOT_SHIFT,
  STORE,
  WORD_SHIFT,
} from './image.ts';

function imageOf(chain: Chain): Image {
  chain.image ??= buildImage(chain);
  return chain.image;
}

const stateBits = (ct: number, ctinfo: number): number =>
  ct !== 0
    ? 2 << (ctinfo >= IP_CT_IS_REPLY ? ctinfo - IP_CT_IS_REPLY : ctinfo)
    : ctinfo === IP_CT_UNTRACKED
      ? STATE_UNTRACKED
      : STATE_INVALID;

/** Compares a device's name; most differ in their first four letters. */
function sameName(name: Uint32Array, { words, mask }: Cmp): boolean {
  const last = words.length - 1;
  for (let i = 0; i < last; i++) if (words[i] !== name[i]) return false;
  return (name[last]! & mask) >>> 0 === words[last];
}

/** Loads what a slot stands for, as a signed word, into `memo`; false where there is none. */
function load(image: Image, slot: number, pkt: PktInfo): boolean {
  const what = image.loads[slot]!;
  const offset = image.offsets[slot]!;
  const { bytes, end, memo } = pkt;
  const at = (what <= LOAD_NET4 ? pkt.network : pkt.transport) + offset;
  switch (what) {
    case LOAD_NET1:
      memo[slot] = bytes[at]! << 24;
      return at < end;
    case LOAD_NET2:
      memo[slot] = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
      return at + 2 <= end;
    case LOAD_NET3:
      memo[slot] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8);
      return at + 3 <= end;
    case LOAD_NET4:
      memo[slot] = word(bytes, at);
      return at + 4 <= end;
    case LOAD_TRANS1:
      memo[slot] = bytes[at]! << 24;
      return pkt.l4 && at < end;
    case LOAD_TRANS2:
      memo[slot] = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
      return pkt.l4 && at + 2 <= end;
    case LOAD_TRANS4:
      memo[slot] = word(bytes, at);
      return pkt.l4 && at + 4 <= end;
    case LOAD_L4PROTO:
      memo[slot] = pkt.tprot << 24;
      return pkt.l4;
    case LOAD_NFPROTO:
      memo[slot] = pkt.pf << 24;
      return true;
    case LOAD_MARK:
      memo[slot] = pkt.packet.mark | 0;
      return true;
    default:
      memo[slot] = stateBits(pkt.packet.ct, pkt.packet.ctinfo);
      return true;
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

/**
 * Runs the rules of one image from `from` until something is decided. Answers NFT_JUMP or NFT_GOTO
 * (target in `pkt.target`, where to go on afterwards in `pkt.resume`), NFT_RETURN, NFT_CONTINUE at
 * the end of the rules, or a final verdict.
 */
function runImage(image: Image, from: number, pkt: PktInfo): number {
  const { code } = image;
  const { memo, stamps } = pkt;
  let epoch = pkt.nextEpoch();
  let pc = from;
  for (;;) {
    const head = code[pc]!;
    const op = head & CODE_MASK;
    if (op === OP_TEST) {
      const slot = (head >>> SLOT_SHIFT) & SLOT_MASK;
      if (stamps[slot] !== epoch) {
        if (!load(image, slot, pkt)) {
          pc = code[pc + 1]!;
          continue;
        }
        stamps[slot] = epoch;
      }
      const value = memo[slot]! & code[pc + 2]!;
      if ((head & STORE) !== 0) pkt.regs[head >>> WORD_SHIFT] = value;
      if ((value === code[pc + 3]!) === ((head & NEGATE) === 0)) pc += 4;
      else pc = code[pc + 1]!;
    } else if (op === OP_COUNTER) {
      const counter = image.counters[code[pc + 1]!]!;
      counter.packets++;
      counter.bytes += pkt.length;
      pc += 2;
    } else if (op === OP_CALL) {
      const verdict = image.ops[code[pc + 2]!]!.eval(pkt.regs, pkt);
      // It may have changed the packet or what is kept beside it.
      epoch = pkt.nextEpoch();
      if (verdict === NFT_CONTINUE) pc += 3;
      else {
        pc = code[pc + 1]!;
        if (verdict === NFT_BREAK) continue;
        pkt.resume = pc;
        return verdict;
      }
    } else if (op === OP_VERDICT) {
      const verdict = image.verdicts[code[pc + 2]!]!;
      pkt.target = verdict.chain;
      pkt.queueNum = verdict.queueNum;
      pkt.queueFlags = verdict.queueFlags;
      pkt.resume = code[pc + 1]!;
      return verdict.code;
    } else if (op === OP_SKIP) {
      const slot = (head >>> SLOT_SHIFT) & SLOT_MASK;
      const known = stamps[slot] === epoch || load(image, slot, pkt);
      const table = image.tables[code[pc + 2]!]!;
      const place = known ? table.find(memo[slot]! & table.mask, code[pc + 3]!) : -1;
      pc = place < 0 ? code[pc + 1]! : place;
    } else if (op === OP_END) return NFT_CONTINUE;
    else {
      const name = op === OP_IIFNAME ? inName(pkt.in) : outName(pkt.out);
      const same = sameName(name, image.names[code[pc + 2]!]!);
      pc = same === ((head & NEGATE) === 0) ? pc + 3 : code[pc + 1]!;
    }
  }
}

/** The verdict of a base chain: NF_ACCEPT, NF_DROP, NF_STOLEN or NF_QUEUE (number in `pkt`). */
export function doChain(base: Chain, pkt: PktInfo): number {
  const { stack } = pkt;
  let chain = base;
  let pc = 0;
  stack.depth = 0;
  for (;;) {
    const verdict = runImage(imageOf(chain), pc, pkt);
    if (verdict >= 0) return verdict;
    if (verdict === NFT_JUMP || verdict === NFT_GOTO) {
      if (verdict === NFT_JUMP) {
        stack.chains[stack.depth] = chain;
        stack.places[stack.depth] = pkt.resume;
        stack.depth++;
      }
      chain = pkt.target!;
      pc = 0;
    } else if (stack.depth > 0) {
      // NFT_RETURN, or the end of the rules.
      stack.depth--;
      chain = stack.chains[stack.depth]!;
      pc = stack.places[stack.depth]!;
    } else return policyOf(base, pkt);
  }
}

/** Counts and answers the policy. */
export function policyOf(base: Chain, pkt: PktInfo): number {
  base.packets++;
  base.bytes += pkt.length;
  return base.policy === 'accept' ? NF_ACCEPT : NF_DROP;
}
