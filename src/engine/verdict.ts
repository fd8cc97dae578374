// Verdicts inside a ruleset as numbers, so that the packet path passes no objects.

import type { VerdictData } from '../program/index.ts';

/** NF_DROP … in include/uapi/linux/netfilter.h; enum nft_verdicts in nf_tables.h. */
export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NF_STOLEN = 2;
export const NF_QUEUE = 3;
export const NFT_CONTINUE = -1;
export const NFT_BREAK = -2;
export const NFT_JUMP = -3;
export const NFT_GOTO = -4;
export const NFT_RETURN = -5;

const CODES = {
  accept: NF_ACCEPT,
  drop: NF_DROP,
  queue: NF_QUEUE,
  continue: NFT_CONTINUE,
  break: NFT_BREAK,
  jump: NFT_JUMP,
  goto: NFT_GOTO,
  return: NFT_RETURN,
} as const;

export const codeOf = (verdict: VerdictData): number => CODES[verdict.code];

/** A verdict's words, as a trace shows it. */
export function verdictText(verdict: VerdictData): string {
  if (verdict.code === 'jump' || verdict.code === 'goto') return `${verdict.code} ${verdict.chain}`;
  if (verdict.code === 'queue') return `queue ${verdict.num}`;
  return verdict.code;
}

/** A code's word, for verdicts that no rule spelled out. */
export function codeText(code: number): string {
  for (const [word, value] of Object.entries(CODES)) if (value === code) return word;
  return code === NF_STOLEN ? 'stolen' : `verdict ${code}`;
}
