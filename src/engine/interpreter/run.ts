// nft_do_chain() of net/netfilter/nf_tables_core.c over images.

import { IP_CT_IS_REPLY, IP_CT_UNTRACKED } from '../../core/index.ts';
import type { Cmp } from '../expr/cmp.ts';
import { STATE_INVALID, STATE_UNTRACKED } from '../expr/ct.ts';
import { inName, outName } from '../expr/meta.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_ACCEPT, NF_DROP, NFT_BREAK, NFT_CONTINUE, NFT_GOTO, NFT_JUMP } from '../verdict.ts';
import {
  buildImage,
  type Image,
  OP_CALL,
  OP_COUNTER,
  OP_CTSTATE,
  OP_IIFNAME,
  OP_L4PROTO,
  OP_MARK,
  OP_NET1,
  OP_NET2,
  OP_NET3,
  OP_NET4,
  OP_NFPROTO,
  OP_TRANS1,
  OP_TRANS2,
  OP_TRANS4,
  OP_VERDICT,
} from './image.ts';

export function imageOf(chain: Chain): Image {
  chain.image ??= buildImage(chain);
  return chain.image;
}

const stateBits = (ct: number, ctinfo: number): number =>
  ct !== 0
    ? 2 << (ctinfo >= IP_CT_IS_REPLY ? ctinfo - IP_CT_IS_REPLY : ctinfo)
    : ctinfo === IP_CT_UNTRACKED
      ? STATE_UNTRACKED
      : STATE_INVALID;

/** Stores a name as the load would, and compares as cmp would. */
function sameName(name: Uint32Array, cmp: Cmp, regs: Registers, at: number): boolean {
  regs[at] = name[0]!;
  regs[at + 1] = name[1]!;
  regs[at + 2] = name[2]!;
  regs[at + 3] = name[3]!;
  const { words } = cmp;
  const last = words.length - 1;
  for (let i = 0; i < last; i++) if (words[i] !== name[i]) return false;
  return (name[last]! & cmp.mask) >>> 0 === words[last];
}

/**
 * Runs the rules of one image from `pc` until something is decided. Answers NFT_JUMP, NFT_GOTO
 * (target in `pkt.target`, place behind the jump in `pkt.resume`), NFT_RETURN, NFT_CONTINUE at the
 * end of the rules, or a final verdict.
 */
function runImage(image: Image, from: number, pkt: PktInfo): number {
  const { code } = image;
  const { regs, bytes, end } = pkt;
  let pc = from;
  for (;;) {
    const op = code[pc]!;
    let word: number;
    if (op >= OP_NET1) {
      // Fused: operands are next rule, register, offset, mask, value, negate.
      switch (op) {
        case OP_NET1: {
          const at = pkt.network + code[pc + 3]!;
          if (at >= end) {
            pc = code[pc + 1]!;
            continue;
          }
          word = bytes[at]! << 24;
          break;
        }
        case OP_NET2: {
          const at = pkt.network + code[pc + 3]!;
          if (at + 2 > end) {
            pc = code[pc + 1]!;
            continue;
          }
          word = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
          break;
        }
        case OP_NET4: {
          const at = pkt.network + code[pc + 3]!;
          if (at + 4 > end) {
            pc = code[pc + 1]!;
            continue;
          }
          word =
            (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
          break;
        }
        case OP_NET3: {
          const at = pkt.network + code[pc + 3]!;
          if (at + 3 > end) {
            pc = code[pc + 1]!;
            continue;
          }
          word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8);
          break;
        }
        case OP_TRANS1: {
          const at = pkt.transport + code[pc + 3]!;
          if (!pkt.transportOk || at >= end) {
            pc = code[pc + 1]!;
            continue;
          }
          word = bytes[at]! << 24;
          break;
        }
        case OP_TRANS2: {
          const at = pkt.transport + code[pc + 3]!;
          if (!pkt.transportOk || at + 2 > end) {
            pc = code[pc + 1]!;
            continue;
          }
          word = (bytes[at]! << 24) | (bytes[at + 1]! << 16);
          break;
        }
        case OP_TRANS4: {
          const at = pkt.transport + code[pc + 3]!;
          if (!pkt.transportOk || at + 4 > end) {
            pc = code[pc + 1]!;
            continue;
          }
          word =
            (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
          break;
        }
        case OP_L4PROTO:
          if (!pkt.l4) {
            pc = code[pc + 1]!;
            continue;
          }
          word = pkt.tprot << 24;
          break;
        case OP_NFPROTO:
          word = pkt.pf << 24;
          break;
        case OP_MARK:
          word = pkt.packet.mark | 0;
          break;
        case OP_CTSTATE:
          word = stateBits(pkt.packet.ct, pkt.packet.ctinfo);
          break;
        default: {
          // OP_IIFNAME and OP_OIFNAME.
          const name = op === OP_IIFNAME ? inName(pkt.in) : outName(pkt.out);
          const same = sameName(name, image.names[code[pc + 3]!]!, regs, code[pc + 2]!);
          pc = same === (code[pc + 4] === 0) ? pc + 5 : code[pc + 1]!;
          continue;
        }
      }
      word &= code[pc + 4]!;
      regs[code[pc + 2]!] = word;
      pc = (word === code[pc + 5]!) === (code[pc + 6] === 0) ? pc + 7 : code[pc + 1]!;
      continue;
    }
    if (op === OP_COUNTER) {
      const counter = image.counters[code[pc + 1]!]!;
      counter.packets++;
      counter.bytes += pkt.length;
      pc += 2;
      continue;
    }
    if (op === OP_CALL) {
      const verdict = image.ops[code[pc + 1]!]!.eval(regs, pkt);
      if (verdict === NFT_CONTINUE) {
        pc += 3;
        continue;
      }
      if (verdict === NFT_BREAK) {
        pc = code[pc + 2]!;
        continue;
      }
      pkt.resume = code[pc + 2]!;
      return verdict;
    }
    if (op === OP_VERDICT) {
      const verdict = image.verdicts[code[pc + 1]!]!;
      pkt.target = verdict.chain;
      pkt.queueNum = verdict.queueNum;
      pkt.queueFlags = verdict.queueFlags;
      pkt.resume = code[pc + 2]!;
      return verdict.code;
    }
    return NFT_CONTINUE;
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
