import { formatMac } from '../../bytes/index.ts';
import {
  ETH_P_802_3_MIN,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_RARP,
  LINKTYPE_ETHERNET,
} from '../../uapi/index.ts';
import { EthernetView, isVlanType } from '../ethernet.ts';
import { networkPayload } from '../link.ts';
import { describeMalformed, isMalformed } from '../malformed.ts';
import { VlanView } from '../vlan.ts';
import { printArp } from './arp.ts';
import { printIp } from './ip.ts';
import { ethertypeName } from './names.ts';
import type { PrintOptions } from './spot.ts';

const typeOrLength = (type: number): string =>
  type < ETH_P_802_3_MIN ? `802.3, length ${type}` : `ethertype ${ethertypeName(type)}`;

/** The VLAN tags from `offset` on, each with the type it announces. */
function vlanText(bytes: Uint8Array, offset: number, type: number): string {
  let text = '';
  for (let at = offset, next = type; isVlanType(next) && at + 4 <= bytes.length; at += 4) {
    const tag = new VlanView(bytes.subarray(at));
    next = tag.type;
    const eligible = tag.dropEligible ? ', DEI' : '';
    text += `vlan ${tag.id}, p ${tag.priority}${eligible}, ${typeOrLength(next)}, `;
  }
  return text;
}

/** `02:… > 02:…, ethertype IPv4 (0x0800), length 46: ` and the tags. */
function ethernetText(bytes: Uint8Array): string {
  const frame = new EthernetView(bytes);
  const { type } = frame;
  const addresses = `${formatMac(frame.source)} > ${formatMac(frame.destination)}`;
  const length = type < ETH_P_802_3_MIN ? '' : `, length ${bytes.length}`;
  return `${addresses}, ${typeOrLength(type)}${length}: ${vlanText(bytes, 14, type)}`;
}

function networkText(bytes: Uint8Array, ethertype: number, options: PrintOptions): string {
  switch (ethertype) {
    case ETH_P_IP:
    case ETH_P_IPV6:
      return printIp(bytes, ethertype, options);
    case ETH_P_ARP:
    case ETH_P_RARP:
      return `ARP, ${printArp(bytes)}`;
    default:
      return '';
  }
}

/** With the link header before it, tcpdump leaves out the protocol's name. */
const withoutName = (text: string): string => text.replace(/^(IP6?|ARP,) /, '');

/**
 * One line for a frame of this LINKTYPE_*, in the words of `tcpdump -nnvS`: sequence numbers as in
 * the packet, checksums checked, no application protocols. Never throws.
 */
export function printPacket(
  bytes: Uint8Array,
  linkType: number,
  options: PrintOptions = {},
): string {
  const place = networkPayload(bytes, linkType);
  if (isMalformed(place)) return `[${describeMalformed(place)}]`;
  const text = networkText(bytes.subarray(place.offset), place.ethertype, options).trimEnd();
  if (linkType !== LINKTYPE_ETHERNET) {
    return text === ''
      ? `ethertype ${ethertypeName(place.ethertype)}, length ${bytes.length}`
      : text;
  }
  if (text === '') return ethernetText(bytes).trimEnd();
  return options.link ? ethernetText(bytes) + withoutName(text) : text;
}
