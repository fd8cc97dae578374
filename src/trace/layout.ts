// Where the fields of each header lie, in nft's words (`ip saddr`, `tcp dport`): to say which field a
// rule looked at and which field changed.

/** How the bytes of a field are shown. */
export type Format =
  | 'number'
  | 'host'
  | 'hex'
  | 'ipv4'
  | 'ipv6'
  | 'mac'
  | 'name'
  | 'l4proto'
  | 'ethertype'
  | 'nfproto'
  | 'tcpflags'
  | 'ctstate'
  | 'ctstatus'
  | 'ctdir'
  | 'pkttype'
  | 'fibtype';

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly format: Format;
}

const field = (offset: number, length: number, name: string, format: Format = 'number'): Field => ({
  name,
  offset,
  length,
  format,
});

export type Header = readonly Field[];

const ETHER: Header = [
  field(0, 6, 'ether daddr', 'mac'),
  field(6, 6, 'ether saddr', 'mac'),
  field(12, 2, 'ether type', 'ethertype'),
  field(14, 2, 'vlan tag', 'hex'),
  field(16, 2, 'vlan type', 'ethertype'),
];

const IP: Header = [
  field(0, 1, 'ip version and length', 'hex'),
  field(1, 1, 'ip tos', 'hex'),
  field(2, 2, 'ip length'),
  field(4, 2, 'ip id'),
  field(6, 2, 'ip frag-off', 'hex'),
  field(8, 1, 'ip ttl'),
  field(9, 1, 'ip protocol', 'l4proto'),
  field(10, 2, 'ip checksum', 'hex'),
  field(12, 4, 'ip saddr', 'ipv4'),
  field(16, 4, 'ip daddr', 'ipv4'),
];

const IP6: Header = [
  field(0, 4, 'ip6 class and flowlabel', 'hex'),
  field(4, 2, 'ip6 length'),
  field(6, 1, 'ip6 nexthdr', 'l4proto'),
  field(7, 1, 'ip6 hoplimit'),
  field(8, 16, 'ip6 saddr', 'ipv6'),
  field(24, 16, 'ip6 daddr', 'ipv6'),
];

const ARP: Header = [
  field(0, 2, 'arp htype'),
  field(2, 2, 'arp ptype', 'ethertype'),
  field(4, 1, 'arp hlen'),
  field(5, 1, 'arp plen'),
  field(6, 2, 'arp operation'),
  field(8, 6, 'arp saddr ether', 'mac'),
  field(14, 4, 'arp saddr ip', 'ipv4'),
  field(18, 6, 'arp daddr ether', 'mac'),
  field(24, 4, 'arp daddr ip', 'ipv4'),
];

const ports = (protocol: string): Field[] => [
  field(0, 2, `${protocol} sport`),
  field(2, 2, `${protocol} dport`),
];

const echo = (protocol: string): Header => [
  field(0, 1, `${protocol} type`),
  field(1, 1, `${protocol} code`),
  field(2, 2, `${protocol} checksum`, 'hex'),
  field(4, 2, `${protocol} id`),
  field(6, 2, `${protocol} sequence`),
];

/** Transport headers by protocol number. */
const TRANSPORT: ReadonlyMap<number, Header> = new Map([
  [1, echo('icmp')],
  [58, echo('icmpv6')],
  [
    2,
    [
      field(0, 1, 'igmp type', 'hex'),
      field(1, 1, 'igmp mrt'),
      field(2, 2, 'igmp checksum', 'hex'),
      field(4, 4, 'igmp group', 'ipv4'),
    ],
  ],
  [
    6,
    [
      ...ports('tcp'),
      field(4, 4, 'tcp sequence'),
      field(8, 4, 'tcp ackseq'),
      field(12, 1, 'tcp doff', 'hex'),
      field(13, 1, 'tcp flags', 'tcpflags'),
      field(14, 2, 'tcp window'),
      field(16, 2, 'tcp checksum', 'hex'),
      field(18, 2, 'tcp urgptr'),
    ],
  ],
  [17, [...ports('udp'), field(4, 2, 'udp length'), field(6, 2, 'udp checksum', 'hex')]],
  [33, [...ports('dccp')]],
  [50, [field(0, 4, 'esp spi', 'hex'), field(4, 4, 'esp sequence')]],
  [51, [field(0, 1, 'ah nexthdr', 'l4proto'), field(4, 4, 'ah spi', 'hex')]],
  [132, [...ports('sctp'), field(4, 4, 'sctp vtag', 'hex'), field(8, 4, 'sctp checksum', 'hex')]],
  [
    136,
    [...ports('udplite'), field(4, 2, 'udplite csumcov'), field(6, 2, 'udplite checksum', 'hex')],
  ],
]);

const NONE: Header = [];

/** The header that begins at the network offset, by EtherType. */
export const networkHeader = (protocol: number): Header =>
  protocol === 0x0800 ? IP : protocol === 0x86dd ? IP6 : protocol === 0x0806 ? ARP : NONE;

export const transportHeader = (l4proto: number): Header => TRANSPORT.get(l4proto) ?? NONE;

export const linkHeader: Header = ETHER;

/** The ports of a protocol nothing is known of (`th sport`). */
export const anyTransport: Header = ports('th');

/** Fields that a stretch of bytes consists of exactly, or none. */
export function fieldsOf(header: Header, offset: number, length: number): readonly Field[] {
  const inside = header.filter((f) => f.offset >= offset && f.offset + f.length <= offset + length);
  const covered = inside.reduce((sum, f) => sum + f.length, 0);
  return covered === length ? inside : [];
}

interface BitField {
  readonly base: 'link' | 'network' | 'transport';
  readonly offset: number;
  readonly mask: string;
  readonly name: string;
  readonly shift: number;
}

const bits = (
  base: BitField['base'],
  offset: number,
  mask: string,
  name: string,
  shift: number,
): BitField => ({ base, offset, mask, name, shift });

/** Fields smaller than a byte, which nft reads with a mask (nftables src/proto.c, HDR_BITFIELD). */
const IP_BITS: readonly BitField[] = [
  bits('network', 0, 'f0', 'ip version', 4),
  bits('network', 0, '0f', 'ip hdrlength', 0),
  bits('network', 1, 'fc', 'ip dscp', 2),
  bits('network', 1, '03', 'ip ecn', 0),
  bits('network', 6, '1fff', 'ip frag-off', 0),
];
const IP6_BITS: readonly BitField[] = [
  bits('network', 0, '0fc0', 'ip6 dscp', 6),
  bits('network', 1, '30', 'ip6 ecn', 4),
  bits('network', 1, '0fffff', 'ip6 flowlabel', 0),
];
const OTHER_BITS: readonly BitField[] = [
  bits('link', 14, '0fff', 'vlan id', 0),
  bits('link', 14, 'e0', 'vlan pcp', 5),
  bits('transport', 12, 'f0', 'tcp doff', 4),
];

/** The bit field that a masked load stands for. `mask` in hex digits. */
export function bitFieldOf(
  base: string,
  offset: number,
  mask: string,
  protocol: number,
): BitField | undefined {
  const network = protocol === 0x0800 ? IP_BITS : protocol === 0x86dd ? IP6_BITS : [];
  return [...network, ...OTHER_BITS].find(
    (b) => b.base === base && b.offset === offset && b.mask === mask,
  );
}
