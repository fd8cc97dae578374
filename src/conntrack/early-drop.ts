// Making room in a full table (early_drop() and gc_worker_can_early_drop() of nf_conntrack_core.c).

import { isClosing } from './closing.ts';
import { IPS_ASSURED, IPS_CONFIRMED, IPS_DYING } from './constants.ts';
import type { Store } from './store.ts';
import { BUCKETS, MAX, sysctlOf } from './sysctl.ts';
import { slotOfLink } from './table.ts';

/** NF_CT_EVICTION_RANGE: buckets that are looked through. */
const EVICTION_RANGE = 8;

/**
 * early_drop(): of the first bucket from the hash's on that holds any, the unassured entries go, all of
 * them. What is over already goes as well, but that is no room for who asks.
 */
export function dropEarly(store: Store, hash: number): boolean {
  const { index } = store.table;
  const buckets = Math.max(1, sysctlOf(store.netns, BUCKETS));
  const first = index.bucketOf(hash, buckets);
  for (let step = 0; step < EVICTION_RANGE; step++) {
    let dropped = 0;
    for (const link of index.inBucket((first + step) % buckets, buckets))
      if (isDropped(store, slotOfLink(link))) dropped++;
    store.stats.earlyDrop += dropped;
    if (dropped > 0) return true;
  }
  return false;
}

function isDropped(store: Store, slot: number): boolean {
  if (store.isGone(slot)) {
    store.destroy(slot, 'expired');
    return false;
  }
  return (store.status(slot) & IPS_ASSURED) === 0 && store.destroy(slot, 'early-drop');
}

/** gc_worker_can_early_drop(): above 95% of the limit, unassured and closing entries go. */
export function spare(store: Store, slot: number): void {
  const status = store.status(slot);
  if ((status & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return;
  const max95 = Math.floor(sysctlOf(store.netns, MAX) / 100) * 95;
  if (max95 === 0 || store.count < max95) return;
  if ((status & IPS_ASSURED) !== 0 && !isClosing(store.table, slot)) return;
  store.destroy(slot, 'early-drop');
}
