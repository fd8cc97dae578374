// Addresses, networks and ranges of them.

import { hex, parseIPv4, parseIPv6, parseLooseIPv4, put32 } from '../../bytes/index.ts';
import type { IpSetFamily } from '../../program/index.ts';
import { syntax } from './fault.ts';
import type { IpsetNames } from './names.ts';
import { cidr, rangeAt, separatorAt, unescaped } from './values.ts';

export interface Address {
  readonly ip: string;
  readonly ipTo?: string;
  readonly cidr?: number;
}

/** What gethostbyname2(3) takes for an address: digits and dots. */
const looseIpv4 = (text: string): number | undefined =>
  /^\d[\d.]*$/.test(text) ? parseLooseIPv4(text) : undefined;

const ipv4Hex = (address: number): string => {
  const bytes = new Uint8Array(4);
  put32(bytes, 0, address);
  return hex(bytes);
};

function literal(text: string, family: IpSetFamily): string | undefined {
  if (family === 'inet6') {
    const bytes = parseIPv6(text);
    return bytes === undefined ? undefined : hex(bytes);
  }
  const address = parseIPv4(text) ?? looseIpv4(text);
  return address === undefined ? undefined : ipv4Hex(address);
}

/** One address, given as such or by a name. */
function host(text: string, family: IpSetFamily, names: IpsetNames): string {
  const known = literal(text, family);
  if (known !== undefined) return known;
  const [first] = names.host?.(text, family === 'inet6' ? 'ip6' : 'ip') ?? [];
  const found = first === undefined ? undefined : literal(first, family);
  const kind = family === 'inet6' ? 'IPv6' : 'IPv4';
  return found ?? syntax(`cannot parse ${text}: resolving to ${kind} address failed`);
}

const bitsOf = (family: IpSetFamily): number => (family === 'inet6' ? 128 : 32);

/** An address, `address/cidr` or `address-address`. */
function anyAddress(text: string, family: IpSetFamily, names: IpsetNames): Address {
  const slash = separatorAt(text, '/');
  if (slash >= 0) {
    const length = cidr(text.slice(slash + 1), 0, bitsOf(family));
    return { ip: host(unescaped(text.slice(0, slash)), family, names), cidr: length };
  }
  const dash = rangeAt(text);
  if (dash < 0) return { ip: host(unescaped(text), family, names) };
  const ip = host(unescaped(text.slice(0, dash)), family, names);
  return { ip, ipTo: host(unescaped(text.slice(dash + 1)), family, names) };
}

/** A range outside of what brackets hold. */
function hasRange(text: string): boolean {
  const end = text.startsWith('[') ? text.indexOf(']') : 0;
  return end >= 0 && separatorAt(text.slice(end), '-') >= 0;
}

const hasCidr = (text: string): boolean => separatorAt(text, '/') >= 0;

export type AddressForm = 'any' | 'plain' | 'net' | 'netrange' | 'ip4-plain6' | 'ip4-net6';

/** What an address of this form may look like, or why not. */
function refuseForm(text: string, family: IpSetFamily, form: AddressForm): void {
  const six = family === 'inet6';
  const isHost = text.endsWith(`/${bitsOf(family)}`);
  if (form === 'plain' || (form === 'ip4-plain6' && six)) {
    if (hasRange(text) || (hasCidr(text) && !isHost))
      syntax(`plain IP address must be supplied: ${text}`);
  } else if (form === 'ip4-net6' && six) {
    if (hasRange(text)) syntax(`IP address or IP/cidr must be specified: ${text}`);
  } else if (form === 'netrange' && !hasRange(text) && !hasCidr(text))
    syntax(`IP/cidr or IP-IP range must be specified: ${text}`);
  else if (form === 'net' && (!hasCidr(text) || hasRange(text)))
    syntax(`IP/netblock must be supplied: ${text}`);
}

/** @throws IpsetFault */
export function address(
  text: string,
  family: IpSetFamily,
  form: AddressForm,
  names: IpsetNames,
): Address {
  refuseForm(text, family, form);
  return anyAddress(text, family === 'inet6' ? 'inet6' : 'inet', names);
}
