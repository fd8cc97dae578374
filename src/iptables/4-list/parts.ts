// How the parts of a rule are written.

import { formatIPv4, formatIPv6, formatMac, unhex } from '../../bytes/index.ts';
import { prefixLength } from '../2-check/addresses.ts';
import { ARP_OPCODES } from '../2-check/parts.ts';
import type { ArpParts, Masked, MaskedNumber, Negatable } from '../ast/index.ts';
import { ethertypeName } from '../extension/ethertypes.ts';
import { protocolName } from '../extension/protocols.ts';

const address = (bytes: string): string =>
  bytes.length === 8 ? formatIPv4(Number.parseInt(bytes, 16)) : formatIPv6(unhex(bytes));

/** The bits of a mask, or the mask itself where it has holes. */
const maskText = (mask: string): string => `${prefixLength(mask) ?? address(mask)}`;

/** As iptables-save writes it: always with its mask. */
export const addressWithMask = ({ bytes, mask }: Masked): string =>
  `${address(bytes)}/${maskText(mask)}`;

/** As lists show it: hosts without a mask. */
export const shortAddress = ({ bytes, mask }: Masked): string =>
  /^f+$/.test(mask) ? address(bytes) : addressWithMask({ bytes, mask });

const mac = (bytes: string): string => formatMac(unhex(bytes));

/** xtables_print_mac_and_mask() */
export const macWithMaskText = ({ bytes, mask }: Masked): string =>
  /^f+$/.test(mask) ? mac(bytes) : `${mac(bytes)}/${mac(mask)}`;

/** ebt_print_mac_and_mask(): some have names. */
const MAC_NAMES: Readonly<Record<string, string>> = {
  '000000000000/010000000000': 'Unicast',
  '010000000000/010000000000': 'Multicast',
  'ffffffffffff/ffffffffffff': 'Broadcast',
  '0180c2000000/ffffffffffff': 'BGA',
};

export const namedMac = (one: Masked): string =>
  MAC_NAMES[`${one.bytes}/${one.mask}`] ?? macWithMaskText(one);

export const protocolText = (value: number): string => protocolName(value) ?? `${value}`;

/** print_protocol() of nft-bridge.c */
export function frameTypeText(value: number | 'length'): string {
  if (value === 'length') return 'Length';
  return ethertypeName(value) ?? `0x${value.toString(16)}`;
}

/** ` ! -s 10.0.0.0/8`, with the blank before it; nothing where there is no such part. */
export const option = <T>(
  flag: string,
  part: Negatable<T> | undefined,
  text: (value: T) => string,
): string => (part === undefined ? '' : `${part.negated ? ' !' : ''} ${flag} ${text(part.value)}`);

const withMask = (
  { value, mask }: MaskedNumber,
  full: number,
  print: (value: number) => string,
): string => (mask === full ? print(value) : `${print(value)}/${print(mask)}`);

const decimal = (value: number): string => `${value}`;
const hexadecimal = (value: number): string => `0x${value.toString(16)}`;

/** The opcode, Ethernet and IPv4 have names, where those are wanted. */
const opcodeName = (value: number): string => ARP_OPCODES[value - 1] ?? decimal(value);
const hardwareName = (value: number): string => (value === 1 ? 'Ethernet' : hexadecimal(value));
const typeName = (value: number): string => (value === 0x0800 ? 'IPv4' : hexadecimal(value));

/** nft_arp_print_rule_details(), what comes behind addresses. */
export const arpText = (arp: ArpParts, numeric: boolean): string =>
  option('--h-length', arp.hardwareLength, (v) => withMask(v, 0xff, decimal)) +
  option('--opcode', arp.opcode, (v) => withMask(v, 0xffff, numeric ? decimal : opcodeName)) +
  option('--h-type', arp.hardwareType, (v) =>
    withMask(v, 0xffff, numeric ? hexadecimal : hardwareName),
  ) +
  option('--proto-type', arp.protocolType, (v) =>
    withMask(v, 0xffff, numeric ? hexadecimal : typeName),
  );
