// auto-merge: what nft does before it talks to the kernel. New ranges swallow those they overlap
// or touch. Deletions have to name a range as it stands: nft 1.0.6 refuses parts of one.

import { compareWords, wordsToHex } from '../registers.ts';
import { Element } from '../set/element.ts';
import type { RuntimeSet } from '../set/set.ts';
import { removeElement } from './elements.ts';
import type { Transaction } from './transaction.ts';

/** The last word of a key that is no multiple of four bytes long counts in its upper bytes. */
const unitOf = (set: RuntimeSet): number => 2 ** ((32 - 8 * (set.spec.keyLen & 3)) & 31);

/** One more or one less than a key; null where that does not exist. */
function step(set: RuntimeSet, key: Uint32Array, by: 1 | -1): Uint32Array | null {
  const next = key.slice(0, set.words);
  let unit = unitOf(set) * by;
  for (let i = set.words - 1; i >= 0; i--) {
    const sum = next[i]! + unit;
    next[i] = sum >>> 0;
    if (sum >= 0 && sum <= 0xffffffff) return next;
    unit = by;
  }
  return null;
}

function rangeElement(set: RuntimeSet, from: Uint32Array, to: Uint32Array, like: Element): Element {
  const bytes = set.spec.keyLen;
  const single = compareWords(from, 0, to, 0, set.words) === 0;
  const { key: _key, keyEnd: _end, ...rest } = like.spec;
  const spec = {
    ...rest,
    key: wordsToHex(from, 0, bytes),
    ...(single ? {} : { keyEnd: wordsToHex(to, 0, bytes) }),
  };
  const element = new Element(from, single ? from : to, false, spec);
  element.ops = like.ops;
  element.timeout = like.timeout;
  element.expires = like.expires;
  return element;
}

/** Answers the element to insert, grown over its neighbours, or null where it is covered already. */
export function mergeInto(tx: Transaction, set: RuntimeSet, made: Element): Element | null {
  const { words } = set;
  let from = made.key;
  let to = made.end;
  for (;;) {
    const before = step(set, from, -1) ?? from;
    const after = step(set, to, 1) ?? to;
    const neighbour = set.backend.conflict(before, after, tx.now);
    if (neighbour === null) return rangeElement(set, from, to, made);
    const covers =
      compareWords(neighbour.key, 0, from, 0, words) <= 0 &&
      compareWords(neighbour.end, 0, to, 0, words) >= 0;
    if (covers) return null;
    removeElement(tx, set, neighbour);
    if (compareWords(neighbour.key, 0, from, 0, words) < 0) from = neighbour.key;
    if (compareWords(neighbour.end, 0, to, 0, words) > 0) to = neighbour.end;
  }
}
