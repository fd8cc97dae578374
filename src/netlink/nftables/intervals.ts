// Ranges of a set as the kernel's rbtree holds them: where a range starts, and, with the flag
// INTERVAL_END, where what is no longer in it starts (nftables' segtree.c, nft_set_rbtree.c).

import type { Hex, SetElement } from '../../program/index.ts';

/** An element of a message. */
export interface WireElement extends SetElement {
  /** NFT_SET_ELEM_INTERVAL_END */
  readonly end?: boolean;
  /** NFTNL_SET_ELEM_F_INTERVAL_OPEN: nothing comes after; the kernel does not look at it. */
  readonly openEnd?: boolean;
}

const isMax = (bytes: Hex): boolean => /^f*$/.test(bytes);
const isZero = (bytes: Hex): boolean => /^0*$/.test(bytes);

const plus = (bytes: Hex, n: bigint): Hex =>
  (BigInt(`0x${bytes}`) + n).toString(16).padStart(bytes.length, '0');

const byKey = (a: WireElement, b: WireElement): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : Number(b.end ?? false) - Number(a.end ?? false);

/** `whole`: these are all elements of the set, and the gap before the first is said, too. */
export function splitRanges(elements: readonly SetElement[], whole: boolean): WireElement[] {
  const catchall = elements.filter((element) => element.catchall === true);
  const sorted = elements.filter((element) => element.catchall !== true).sort(byKey);
  const out: WireElement[] = [];
  const first = sorted[0];
  if (whole && first !== undefined && !isZero(first.key)) {
    out.push({ key: '0'.repeat(first.key.length), end: true });
  }
  for (const { keyEnd, ...element } of sorted) {
    const last = keyEnd ?? element.key;
    if (isMax(last)) {
      out.push({ ...element, openEnd: true });
      continue;
    }
    // Said even where the next range begins there: the kernel takes two starts in a row for overlap.
    out.push(element, { key: plus(last, 1n), end: true });
  }
  return [...out, ...catchall];
}

/** A start without an end before the next start ends where that begins. */
export function joinRanges(wire: readonly WireElement[]): SetElement[] {
  const catchall = wire.filter((element) => element.catchall === true);
  const sorted = wire.filter((element) => element.catchall !== true).sort(byKey);
  const ranges = sorted.flatMap(({ end, openEnd: _open, ...element }, i): SetElement[] => {
    if (end === true) return [];
    const next = sorted[i + 1];
    if (element.key === '') return [element];
    const keyEnd = next === undefined ? 'f'.repeat(element.key.length) : plus(next.key, -1n);
    return [keyEnd === element.key ? element : { ...element, keyEnd }];
  });
  return [...ranges, ...catchall];
}
