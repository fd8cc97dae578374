// NETMAP: another network, the host part stays (libipt_NETMAP.c, libip6t_NETMAP.c).

import type { NatRangeInfo } from '../../program/index.ts';
import { NF_NAT_RANGE_MAP_IPS } from '../../uapi/index.ts';
import {
  addressText,
  extension,
  hostMask,
  IP_FAMILIES,
  lastOf,
  masked,
  maskOf,
  type Prefix,
  prefixLength,
} from '../extension/index.ts';

function rangeOf({ address, mask }: Prefix): NatRangeInfo {
  const minAddr = masked(address, mask);
  return { flags: NF_NAT_RANGE_MAP_IPS, minAddr, maxAddr: lastOf(minAddr, mask) };
}

/** The mask is not kept: where it has ones behind zeros, the address is taken whole. */
const contiguous = ({ address, mask }: Prefix): Prefix =>
  prefixLength(mask) === undefined
    ? { address, mask: maskOf(address.length * 4, address.length / 2) }
    : { address, mask };

/** Length of the prefix that first and last address share. */
function lengthOf(min: string, max: string): number {
  let length = 0;
  while (
    length < min.length * 4 &&
    masked(min, maskOf(length + 1, min.length / 2)) ===
      masked(max, maskOf(length + 1, min.length / 2))
  )
    length++;
  return length;
}

export const netmap = extension<NatRangeInfo>({
  kind: 'target',
  name: 'NETMAP',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'to', mandatory: true, parse: hostMask, about: 'address[/mask]  network to map to' },
  ],
  build: (given) => {
    const to = given.value<Prefix>('to');
    return to === undefined ? { flags: 0 } : rangeOf(contiguous(to));
  },
  save: ({ minAddr = '', maxAddr = '' }) =>
    `--to ${addressText(minAddr)}/${lengthOf(minAddr, maxAddr)}`,
  translate({ minAddr = '', maxAddr = '' }, { exact, family, hook, leave }) {
    if (!exact) return undefined;
    if (hook === undefined)
      return leave('which address changes depends on the chain that jumps here');
    const statement = hook === 'prerouting' || hook === 'output' ? 'dnat' : 'snat';
    return `${statement} ${family} prefix to ${addressText(minAddr)}/${lengthOf(minAddr, maxAddr)}`;
  },
  list: ({ minAddr = '', maxAddr = '' }) =>
    `to:${addressText(minAddr)}/${lengthOf(minAddr, maxAddr)}`,
});
