import { boolean, object } from '../../schema.ts';
import { bytes } from '../checks.ts';
import { type EbtVerdict, ebtVerdict } from '../ebt.ts';
import type { XtShape } from '../info.ts';

/** struct ebt_arpreply_info, and struct ebt_nat_info of dnat. */
export interface EbtMacInfo {
  readonly mac: string;
  readonly target: EbtVerdict;
}

/** struct ebt_nat_info of snat; `arp` is the cleared NAT_ARP_BIT: ARP packets change inside, too. */
export interface EbtSnatInfo extends EbtMacInfo {
  readonly arp: boolean;
}

/** struct ebt_redirect_info */
export interface EbtRedirectInfo {
  readonly target: EbtVerdict;
}

const ofMac = object<EbtMacInfo>({ mac: bytes(6), target: ebtVerdict });

export const EBT_NAT_SHAPES: readonly XtShape[] = [
  { name: 'arpreply', check: ofMac },
  { name: 'dnat', check: ofMac },
  {
    name: 'snat',
    check: object<EbtSnatInfo>({ mac: bytes(6), target: ebtVerdict, arp: boolean }),
  },
  { name: 'redirect', check: object<EbtRedirectInfo>({ target: ebtVerdict }) },
];
