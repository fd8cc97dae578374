// A connection that was announced comes (nf_ct_find_expectation() and init_conntrack() of
// nf_conntrack_core.c).

import type { Packet } from '../core/index.ts';
import { assignHelper, assignMaster } from './assign.ts';
import { IPS_CONFIRMED, IPS_DYING, IPS_EXPECTED, NF_CT_EXPECT_PERMANENT } from './constants.ts';
import type { Entries } from './entries.ts';
import { W_MARK } from './table.ts';
import { tellExpected } from './tell.ts';
import type { Tuple } from './tuple.ts';
import type { Zone } from './zone.ts';

/** Whether the new connection in `slot` was announced; it belongs to the one that did so then. */
export function fulfil(
  ct: Entries,
  packet: Packet,
  slot: number,
  tuple: Tuple,
  zone: Zone,
  template: number,
): boolean {
  const { store } = ct;
  const expectation = store.expectations.find(tuple, zone & 0xffff);
  if (expectation === undefined) return false;
  const { master } = expectation;
  // What has not left this machine yet, nobody outside can know of.
  if ((store.status(master) & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return false;
  tellExpected(ct, packet, expectation);
  store.stats.expectNew++;
  if ((expectation.flags & NF_CT_EXPECT_PERMANENT) === 0 && !ct.looks(template))
    store.removeExpectation(expectation);
  store.addStatus(slot, IPS_EXPECTED);
  assignMaster(store, slot, master);
  if (expectation.helper !== '') assignHelper(store, slot, expectation.helper);
  store.table.set(slot, W_MARK, store.table.get(master, W_MARK));
  const secmark = ct.secmark(master);
  if (secmark !== 0) ct.setSecmark(slot, secmark);
  store.expectFunctions.get(expectation.fn)?.(slot, expectation);
  return true;
}
