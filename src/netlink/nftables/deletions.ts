// NFT_MSG_DEL* and NFT_MSG_DESTROY* of what has a name or a handle: chains, sets, objects, flow tables.

import type { Change } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { AttributeWriter } from '../attributes.ts';
import { writeDevices } from './chains.ts';

export type DeleteChange = Extract<
  Change,
  { op: 'delchain' | 'delset' | 'delobj' | 'delflowtable' }
>;

/** What is deleted, and the numbers of its messages and attributes. */
export function deletion(change: DeleteChange) {
  switch (change.op) {
    case 'delchain':
      return [
        change.chain,
        {
          type: u.NFT_MSG_DELCHAIN,
          destroy: u.NFT_MSG_DESTROYCHAIN,
          name: u.NFTA_CHAIN_NAME,
          handle: u.NFTA_CHAIN_HANDLE,
        },
      ] as const;
    case 'delset':
      return [
        change.set,
        {
          type: u.NFT_MSG_DELSET,
          destroy: u.NFT_MSG_DESTROYSET,
          name: u.NFTA_SET_NAME,
          handle: u.NFTA_SET_HANDLE,
        },
      ] as const;
    case 'delobj':
      return [
        change.object,
        {
          type: u.NFT_MSG_DELOBJ,
          destroy: u.NFT_MSG_DESTROYOBJ,
          name: u.NFTA_OBJ_NAME,
          handle: u.NFTA_OBJ_HANDLE,
        },
      ] as const;
    case 'delflowtable':
      return [
        change.flowtable,
        {
          type: u.NFT_MSG_DELFLOWTABLE,
          destroy: u.NFT_MSG_DESTROYFLOWTABLE,
          name: u.NFTA_FLOWTABLE_NAME,
          handle: u.NFTA_FLOWTABLE_HANDLE,
        },
      ] as const;
  }
}

export function writeDeletedDevices(w: AttributeWriter, change: DeleteChange): void {
  if (change.op !== 'delchain' && change.op !== 'delflowtable') return;
  const { devices } = change;
  if (devices === undefined || devices.length === 0) return;
  const [hook, list] =
    change.op === 'delchain'
      ? [u.NFTA_CHAIN_HOOK, u.NFTA_HOOK_DEVS]
      : [u.NFTA_FLOWTABLE_HOOK, u.NFTA_FLOWTABLE_HOOK_DEVS];
  w.nested(hook, (inner) => writeDevices(inner, list, devices));
}
