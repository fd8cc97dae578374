// What matches read of a packet: skb_header_pointer() with par->thoff, addresses of the network header.

import { unhex } from '../../bytes/index.ts';
import { Nfproto } from '../../core/index.ts';
import type { XtNet, XtTest } from '../../program/index.ts';
import type { PktInfo } from '../pktinfo.ts';

/** Whether so many bytes of the packet lie at `at`. */
export const holds = ({ end }: PktInfo, at: number, length: number): boolean => at + length <= end;

/** `false` for the kernel's "hence, no choice but to drop". */
export function hotdrop(pkt: PktInfo): false {
  pkt.hotdrop = true;
  return false;
}

export const u16At = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

export const u32At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

export const addressLength = ({ pf }: PktInfo): number => (pf === Nfproto.ip6 ? 16 : 4);

export const sourceAt = ({ pf, network }: PktInfo): number =>
  network + (pf === Nfproto.ip6 ? 8 : 12);

export const destinationAt = ({ pf, network }: PktInfo): number =>
  network + (pf === Nfproto.ip6 ? 24 : 16);

/** An address with its mask, ready to be compared. */
export interface Net {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

export const netOf = ({ address, mask }: XtNet): Net => ({
  address: unhex(address),
  mask: unhex(mask),
});

export const netTestOf = (test: XtTest<XtNet> | undefined): XtTest<Net> | undefined =>
  test === undefined ? undefined : { value: netOf(test.value), invert: test.invert };

/** Whether the address at `at` lies in the network; `length` bytes count. */
export function inNet(
  bytes: Uint8Array,
  at: number,
  length: number,
  { address, mask }: Net,
): boolean {
  for (let i = 0; i < length; i++)
    if (((bytes[at + i]! ^ address[i]!) & mask[i]!) !== 0) return false;
  return true;
}

/** Order of the address at `at` against another. */
export function compareAddress(bytes: Uint8Array, at: number, other: Uint8Array): number {
  for (let i = 0; i < other.length; i++) {
    const difference = bytes[at + i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** XT_*(cond, option): what was not asked holds. */
export const holdsTest = (test: { readonly invert: boolean } | undefined, is: boolean): boolean =>
  test === undefined || is !== test.invert;

export const inRange = (
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): boolean => value >= min && value <= max;
