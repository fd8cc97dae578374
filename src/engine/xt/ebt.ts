// What modules of ebtables have in common.

import type { EbtVerdict, Family } from '../../program/index.ts';
import { NF_ACCEPT, NF_DROP, NFT_CONTINUE, NFT_RETURN } from '../verdict.ts';

export const BRIDGE: readonly Family[] = ['bridge'];

/** nft_target_eval_bridge() */
export const EBT_CODES: Readonly<Record<EbtVerdict, number>> = {
  accept: NF_ACCEPT,
  drop: NF_DROP,
  continue: NFT_CONTINUE,
  return: NFT_RETURN,
};

/** Whether six bytes at `at` are those of `address` where the mask has ones. */
export function isMac(
  bytes: Uint8Array,
  at: number,
  address: Uint8Array,
  mask: Uint8Array,
): boolean {
  for (let i = 0; i < 6; i++) if (((bytes[at + i]! ^ address[i]!) & mask[i]!) !== 0) return false;
  return true;
}
