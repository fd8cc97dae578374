// Protocols by name: xtables_chain_protos of libxtables first, then what /etc/protocols has.

import { nameOfProtocol, numberOfProtocol } from '../../uapi/index.ts';
import { number } from './values.ts';

/** libxtables' own, in its order. */
const OWN: readonly (readonly [string, number])[] = [
  ['tcp', 6],
  ['sctp', 132],
  ['udp', 17],
  ['udplite', 136],
  ['icmp', 1],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['esp', 50],
  ['ah', 51],
  ['mh', 135],
  ['ipv6-mh', 135],
  ['all', 0],
];

const BY_NAME = new Map(OWN);
const BY_NUMBER = new Map(OWN.toReversed().map(([name, value]) => [value, name]));

/** IPPROTO_*, or undefined where it is neither a number of a byte nor a name. */
export function protocolNumber(text: string): number | undefined {
  const value = number(text);
  if (value !== undefined) return value <= 0xff ? value : undefined;
  const name = text.toLowerCase();
  return BY_NAME.get(name) ?? numberOfProtocol(name);
}

export const protocolNames = (): Iterable<string> => BY_NAME.keys();

/** proto_to_name(): what the system calls it first; undefined where there is no name. */
export const protocolName = (value: number): string | undefined =>
  (value === 0 ? undefined : nameOfProtocol(value)) ?? BY_NUMBER.get(value);

/** The match that belongs to a protocol; some are called otherwise (xtables_find_match). */
export function loadableName(protocol: string): string {
  const value = number(protocol);
  const name = (value === undefined ? protocol : (protocolName(value) ?? protocol)).toLowerCase();
  if (name === 'icmpv6' || name === 'ipv6-icmp') return 'icmp6';
  return name === 'ipv6-mh' || name === 'mobility-header' ? 'mh' : name;
}
