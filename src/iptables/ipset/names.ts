// Names a system knows: protocols, services, hosts.

import { nameOfProtocol, numberOfProtocol, portOfService } from '../../uapi/index.ts';

/** What the tables of this package do not hold. */
export interface IpsetNames {
  /** Addresses of a host. */
  host?(name: string, family: 'ip' | 'ip6'): readonly string[] | undefined;
  /** getservbyname(3) */
  service?(name: string, protocol: string): number | undefined;
  /** The name of an address, for `-resolve`. */
  hostOf?(address: string): string | undefined;
}

/** protocols(5) knows each name in small letters, and one more spelling of each. */
const SPELLINGS = /^[^a-z]+$|^IPv6|^[^A-Z]+$/;

export function protocolNumber(name: string): number | undefined {
  if (!SPELLINGS.test(name)) return undefined;
  const lower = name.toLowerCase();
  return numberOfProtocol(lower === 'icmpv6' ? 'ipv6-icmp' : lower);
}

export const protocolName = (proto: number): string => nameOfProtocol(proto) ?? String(proto);

export const serviceNumber = (
  names: IpsetNames,
  name: string,
  protocol: string,
): number | undefined =>
  names.service === undefined ? portOfService(name) : names.service(name, protocol);
