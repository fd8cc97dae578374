// struct hbucket of net/netfilter/ipset/ip_set_hash_gen.h in one typed array.

/**
 * A bucket: how many places were ever used (`pos`), which of them are in use, and the row of each place.
 * A place that was given up keeps its row, and what was counted there, as memory does in the kernel.
 */
export const POS = 0;
const USED = 1;
export const PLACES = 3;
export type Bucket = Int32Array;

export const sizeOf = (bucket: Bucket): number => bucket.length - PLACES;
export const isUsed = (bucket: Bucket, i: number): boolean =>
  ((bucket[USED + (i >>> 5)]! >>> (i & 31)) & 1) === 1;
export const setUsed = (bucket: Bucket, i: number): void => {
  bucket[USED + (i >>> 5)] = bucket[USED + (i >>> 5)]! | (1 << (i & 31));
};
export const clearUsed = (bucket: Bucket, i: number): void => {
  bucket[USED + (i >>> 5)] = bucket[USED + (i >>> 5)]! & ~(1 << (i & 31));
};

export function newBucket(size: number): Bucket {
  return new Int32Array(PLACES + size).fill(-1, PLACES);
}

/** Places below `pos` that are not in use. */
export function holesIn(bucket: Bucket): number {
  let holes = 0;
  for (let i = 0; i < bucket[POS]!; i++) if (!isUsed(bucket, i)) holes++;
  return holes;
}
