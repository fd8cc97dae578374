// The numbers that nftables has for the headers and fields a `typeof` names. They are positions in
// tables of its own source (proto.h, exthdr.h, tcpopt.h, ipopt.h, sctp_chunk.h), part of what it
// stores in the kernel and so as fixed as an attribute's number.

export interface Header {
  readonly id: number;
  /** By number; '' for a number that no field has. */
  readonly fields: readonly string[];
}

const words = (text: string): readonly string[] => text.split(' ');
/** Field 0 of a header is none. */
const header = (id: number, fields: string): readonly [number, readonly string[]] => [
  id,
  ['', ...words(fields)],
];
const table = (
  rows: Readonly<Record<string, readonly [number, readonly string[]]>>,
): ReadonlyMap<string, Header> =>
  new Map(Object.entries(rows).map(([name, [id, fields]]) => [name, { id, fields }]));

const ARP = words('htype ptype hlen plen operation');
const ARP_ADDRESSES = ['saddr ether', 'saddr ip', 'daddr ether', 'daddr ip'];

/** enum proto_desc_id, and the enum of each header's fields */
export const PROTOCOLS = table({
  ah: header(1, 'nexthdr hdrlength reserved spi sequence'),
  esp: header(2, 'spi sequence'),
  comp: header(3, 'nexthdr flags cpi'),
  icmp: header(4, 'type code checksum id sequence gateway mtu'),
  igmp: header(5, 'type checksum mrt group'),
  udp: header(6, 'sport dport length checksum'),
  udplite: header(7, 'sport dport csumcov checksum'),
  tcp: header(8, 'sport dport sequence ackseq doff reserved flags window checksum urgptr'),
  dccp: header(9, 'sport dport type'),
  sctp: header(10, 'sport dport vtag checksum'),
  th: header(11, 'sport dport'),
  ip: header(12, 'version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr'),
  ip6: header(13, 'version dscp ecn flowlabel length nexthdr hoplimit saddr daddr'),
  icmpv6: header(14, 'type code checksum parameter-problem mtu id sequence max-delay taddr daddr'),
  arp: [15, ['', ...ARP, ...ARP_ADDRESSES]],
  vlan: header(16, 'pcp dei cfi id type'),
  ether: header(17, 'daddr saddr type'),
  vxlan: header(18, 'vni flags'),
  geneve: header(19, 'vni type'),
  gre: header(20, 'version flags protocol'),
  gretap: [21, []],
});

/** enum exthdr_desc_id */
export const EXTENSIONS = table({
  hbh: header(1, 'nexthdr hdrlength'),
  rt: header(2, 'nexthdr hdrlength type seg-left'),
  rt0: header(3, 'reserved addr[1] addr[2]'),
  rt2: header(4, 'reserved addr'),
  srh: header(5, 'last-entry flags tag sid[1] sid[2]'),
  frag: header(6, 'nexthdr reserved frag-off reserved2 more-fragments id'),
  dst: header(7, 'nexthdr hdrlength'),
  mh: header(8, 'nexthdr hdrlength type reserved checksum'),
});

/** Fields of options and chunks count from 0. */
const option = (id: number, fields = ''): readonly [number, readonly string[]] => [
  id,
  words(`kind length ${fields}`.trim()),
];
/** The blocks of one option follow each other; `sack` is the first of them. */
const sackBlock = (n: number): readonly [number, readonly string[]] => [
  5,
  [...Array<string>(2 + 2 * n).fill(''), 'left', 'right'],
];

export const TCP_OPTIONS = table({
  eol: option(0),
  nop: option(1),
  maxseg: option(2, 'size'),
  window: option(3, 'count'),
  'sack-perm': option(4),
  sack: option(5, 'left right'),
  sack1: sackBlock(1),
  sack2: sackBlock(2),
  sack3: sackBlock(3),
  timestamp: option(8, 'tsval tsecr'),
  md5sig: option(19),
  mptcp: option(30, 'subtype'),
  fastopen: option(34),
});

/** All IPv4 options have their fields in one enum. */
const IP_FIELDS = 'type length value ptr addr';
export const IP_OPTIONS = table({
  rr: header(7, IP_FIELDS),
  lsrr: header(131, IP_FIELDS),
  ssrr: header(137, IP_FIELDS),
  ra: header(148, IP_FIELDS),
});

const chunk = (id: number, fields = ''): readonly [number, readonly string[]] => [
  id,
  words(`type flags length ${fields}`.trim()),
];
const INIT = 'init-tag a-rwnd num-outbound-streams num-inbound-streams initial-tsn';

export const SCTP_CHUNKS = table({
  data: chunk(0, 'tsn stream ssn ppid'),
  init: chunk(1, INIT),
  'init-ack': chunk(2, INIT),
  sack: chunk(3, 'cum-tsn-ack a-rwnd num-gap-ack-blocks num-dup-tsns'),
  heartbeat: chunk(4),
  'heartbeat-ack': chunk(5),
  abort: chunk(6),
  shutdown: chunk(7, 'cum-tsn-ack'),
  'shutdown-ack': chunk(8),
  error: chunk(9),
  'cookie-echo': chunk(10),
  'cookie-ack': chunk(11),
  ecne: chunk(12, 'lowest-tsn'),
  cwr: chunk(13, 'lowest-tsn'),
  'shutdown-complete': chunk(14),
  'asconf-ack': chunk(128, 'seqno'),
  'forward-tsn': chunk(192, 'new-cum-tsn'),
  asconf: chunk(193, 'seqno'),
});

/** By enum nft_meta_keys, as the language spells them. */
export const META_WORDS = words(
  'length protocol priority mark iif oif iifname oifname iiftype oiftype skuid skgid nftrace ' +
    'rtclassid secmark nfproto l4proto ibrname obrname pkttype cpu iifgroup oifgroup cgroup ' +
    'random ipsec iifkind oifkind ibrpvid ibrvproto time day hour sdif sdifname broute ibrhwaddr',
);
/** Keys of meta that stand without the word. */
export const UNQUALIFIED = new Set(words('iif oif iifname oifname iifgroup oifgroup'));

/** By enum nft_ct_keys, as the language spells them. */
export const CT_WORDS: readonly string[] = [
  ...words('state direction status mark secmark expiration helper l3proto saddr daddr protocol'),
  ...words('proto-src proto-dst label packets bytes avgpkt zone event'),
  ...['ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr', 'id'],
];

/** By enum nft_rt_keys. */
export const RT_WORDS = ['classid', 'ip nexthop', 'ip6 nexthop', 'mtu', 'ipsec'] as const;
/** By enum nft_xfrm_keys. */
export const XFRM_WORDS: readonly string[] = [
  '',
  ...['ip daddr', 'ip6 daddr', 'ip saddr', 'ip6 saddr', 'reqid', 'spi'],
];
