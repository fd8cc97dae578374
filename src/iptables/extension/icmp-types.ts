// Names of ICMP types and codes as iptables reads them (libxt_icmp.h); names that nft knows for whole types.

export interface IcmpName {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: number;
  /** Absent where the name is the whole type. */
  readonly code?: number;
}

/** A type with the names of its codes, from 0 on; a gap is `-`. */
const typeNames = (type: number, names: string, codes = ''): readonly IcmpName[] => {
  const [name = '', ...aliases] = names.split(' ');
  return [
    { name, aliases, type },
    ...codes
      .split(' ')
      .map((one, code) => ({ name: one, type, code }))
      .filter((one) => one.name !== '' && one.name !== '-'),
  ];
};

export const ICMP_NAMES: readonly IcmpName[] = [
  ...typeNames(0, 'echo-reply pong'),
  ...typeNames(
    3,
    'destination-unreachable',
    'network-unreachable host-unreachable protocol-unreachable port-unreachable fragmentation-needed ' +
      'source-route-failed network-unknown host-unknown - network-prohibited host-prohibited ' +
      'TOS-network-unreachable TOS-host-unreachable communication-prohibited ' +
      'host-precedence-violation precedence-cutoff',
  ),
  ...typeNames(4, 'source-quench'),
  ...typeNames(
    5,
    'redirect',
    'network-redirect host-redirect TOS-network-redirect TOS-host-redirect',
  ),
  ...typeNames(8, 'echo-request ping'),
  ...typeNames(9, 'router-advertisement'),
  ...typeNames(10, 'router-solicitation'),
  ...typeNames(
    11,
    'time-exceeded ttl-exceeded',
    'ttl-zero-during-transit ttl-zero-during-reassembly',
  ),
  ...typeNames(12, 'parameter-problem', 'ip-header-bad required-option-missing'),
  ...typeNames(13, 'timestamp-request'),
  ...typeNames(14, 'timestamp-reply'),
  // Unlike nft, iptables has no names for 15 and 16 but nft's own words.
  ...typeNames(15, 'info-request'),
  ...typeNames(16, 'info-reply'),
  ...typeNames(17, 'address-mask-request'),
  ...typeNames(18, 'address-mask-reply'),
];

export const ICMPV6_NAMES: readonly IcmpName[] = [
  ...typeNames(
    1,
    'destination-unreachable',
    'no-route communication-prohibited beyond-scope address-unreachable port-unreachable failed-policy ' +
      'reject-route',
  ),
  ...typeNames(2, 'packet-too-big'),
  ...typeNames(
    3,
    'time-exceeded ttl-exceeded',
    'ttl-zero-during-transit ttl-zero-during-reassembly',
  ),
  ...typeNames(4, 'parameter-problem', 'bad-header unknown-header-type unknown-option'),
  ...typeNames(128, 'echo-request ping'),
  ...typeNames(129, 'echo-reply pong'),
  ...typeNames(130, 'mld-listener-query'),
  ...typeNames(131, 'mld-listener-report'),
  ...typeNames(132, 'mld-listener-done mld-listener-reduction'),
  ...typeNames(133, 'router-solicitation'),
  ...typeNames(134, 'router-advertisement'),
  ...typeNames(135, 'neighbour-solicitation neighbor-solicitation'),
  ...typeNames(136, 'neighbour-advertisement neighbor-advertisement'),
  ...typeNames(137, 'redirect'),
];

/** nft's names of whole types (icmp_type_tbl and icmp6_type_tbl of nft), as far as they are translated to. */
export const NFT_ICMP: Readonly<Record<number, string>> = {
  0: 'echo-reply',
  3: 'destination-unreachable',
  4: 'source-quench',
  5: 'redirect',
  8: 'echo-request',
  9: 'router-advertisement',
  10: 'router-solicitation',
  11: 'time-exceeded',
  12: 'parameter-problem',
  13: 'timestamp-request',
  14: 'timestamp-reply',
  15: 'info-request',
  16: 'info-reply',
  17: 'address-mask-request',
  18: 'address-mask-reply',
};

export const NFT_ICMPV6: Readonly<Record<number, string>> = {
  1: 'destination-unreachable',
  2: 'packet-too-big',
  3: 'time-exceeded',
  4: 'parameter-problem',
  128: 'echo-request',
  129: 'echo-reply',
  130: 'mld-listener-query',
  131: 'mld-listener-report',
  132: 'mld-listener-done',
  133: 'nd-router-solicit',
  134: 'nd-router-advert',
  135: 'nd-neighbor-solicit',
  136: 'nd-neighbor-advert',
  137: 'nd-redirect',
};
