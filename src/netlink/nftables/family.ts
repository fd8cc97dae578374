// NFPROTO_*, include/uapi/linux/netfilter.h.

import type { Family } from '../../program/index.ts';

export const NFPROTO: Readonly<Record<Family, number>> = {
  inet: 1,
  ip: 2,
  arp: 3,
  netdev: 5,
  bridge: 7,
  ip6: 10,
};

const WORDS: ReadonlyMap<number, Family> = new Map(
  (Object.keys(NFPROTO) as Family[]).map((word) => [NFPROTO[word], word]),
);
/** Undefined for NFPROTO_UNSPEC and what nf_tables does not have. */
export const familyOf = (number: number): Family | undefined => WORDS.get(number);
