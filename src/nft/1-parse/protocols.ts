/**
 * Which words may follow a protocol's keyword, as parser_bison.y lists them, spelt as in listings.
 * What the fields mean (offset, length, datatype) is the business of `2-check`.
 */
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

export const PAYLOAD_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  ether: words('saddr daddr type'),
  vlan: words('id cfi dei pcp type'),
  // The address fields are two words in the language: `arp saddr ip`.
  arp: new Set([
    ...words('htype ptype hlen plen operation'),
    ...['saddr ether', 'daddr ether', 'saddr ip', 'daddr ip'],
  ]),
  ip: words('version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr'),
  icmp: words('type code checksum id sequence gateway mtu'),
  igmp: words('type checksum mrt group'),
  ip6: words('version dscp ecn flowlabel length nexthdr hoplimit saddr daddr'),
  icmpv6: words('type code checksum parameter-problem mtu id sequence max-delay taddr daddr'),
  ah: words('nexthdr hdrlength reserved spi sequence'),
  esp: words('spi sequence'),
  comp: words('nexthdr flags cpi'),
  udp: words('sport dport length checksum'),
  udplite: words('sport dport csumcov checksum'),
  tcp: words('sport dport sequence ackseq doff reserved flags window checksum urgptr'),
  dccp: words('sport dport type'),
  sctp: words('sport dport vtag checksum'),
  th: words('sport dport'),
  vxlan: words('vni flags'),
  geneve: words('vni type'),
  gre: words('version flags protocol'),
};

/** Keywords that differ from the field's name, as listings print it. */
export const FIELD_ALIASES: ReadonlyMap<string, string> = new Map([
  ['param-problem', 'parameter-problem'],
]);

/** Protocols whose headers can be matched inside GRE; the link layer only in the others. */
export const INNER_NETWORK: ReadonlySet<string> = words(
  'ip icmp igmp ip6 icmpv6 ah esp comp udp udplite tcp dccp sctp th',
);
export const INNER_LINK: ReadonlySet<string> = words('ether vlan arp');

export const EXTHDR_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  hbh: words('nexthdr hdrlength'),
  rt: words('nexthdr hdrlength type seg-left'),
  rt0: words('addr'),
  rt2: words('addr'),
  srh: words('last-entry flags tag sid'),
  frag: words('nexthdr reserved frag-off reserved2 more-fragments id'),
  dst: words('nexthdr hdrlength'),
  mh: words('nexthdr hdrlength type reserved checksum'),
};

export const IP_OPTIONS: ReadonlySet<string> = words('lsrr rr ssrr ra');
export const IP_OPTION_FIELDS: ReadonlySet<string> = words('type length value ptr addr');

/** From every spelling of a TCP option to the one that listings use. */
export const TCP_OPTIONS: ReadonlyMap<string, string> = new Map([
  ...[...words('echo eol fastopen md5sig mptcp nop sack sack0 sack1 sack2 sack3')].map(
    (name): [string, string] => [name, name],
  ),
  ['maxseg', 'maxseg'],
  ['mss', 'maxseg'],
  ['noop', 'nop'],
  ['sack-perm', 'sack-perm'],
  ['sack-permitted', 'sack-perm'],
  ['timestamp', 'timestamp'],
  ['window', 'window'],
]);

/** Option kinds that have a name (IANA TCP option kind numbers). */
export const TCP_OPTION_KINDS: ReadonlyMap<number, string> = new Map([
  [0, 'eol'],
  [1, 'nop'],
  [2, 'maxseg'],
  [3, 'window'],
  [4, 'sack-perm'],
  [5, 'sack'],
  [6, 'echo'],
  [8, 'timestamp'],
  [19, 'md5sig'],
  [30, 'mptcp'],
  [34, 'fastopen'],
]);

/** Fields beside `length`, which every option has. */
export const TCP_OPTION_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  maxseg: words('size'),
  sack: words('left right'),
  sack0: words('left right'),
  sack1: words('left right'),
  sack2: words('left right'),
  sack3: words('left right'),
  window: words('count'),
  timestamp: words('tsval tsecr'),
  mptcp: words('subtype'),
};

const INIT = words(
  'type flags length init-tag a-rwnd num-outbound-streams num-inbound-streams initial-tsn',
);
const COMMON = words('type flags length');

export const SCTP_CHUNKS: Readonly<Record<string, ReadonlySet<string>>> = {
  data: words('type flags length tsn stream ssn ppid'),
  init: INIT,
  'init-ack': INIT,
  sack: words('type flags length cum-tsn-ack a-rwnd num-gap-ack-blocks num-dup-tsns'),
  heartbeat: COMMON,
  'heartbeat-ack': COMMON,
  abort: COMMON,
  shutdown: words('type flags length cum-tsn-ack'),
  'shutdown-ack': COMMON,
  error: COMMON,
  'cookie-echo': COMMON,
  'cookie-ack': COMMON,
  ecne: words('type flags length lowest-tsn'),
  cwr: words('type flags length lowest-tsn'),
  'shutdown-complete': COMMON,
  'asconf-ack': words('type flags length seqno'),
  'forward-tsn': words('type flags length new-cum-tsn'),
  asconf: words('type flags length seqno'),
};

/** Keys that need the word `meta` before them. */
export const META_QUALIFIED: ReadonlySet<string> = words(
  `length protocol priority random secmark nfproto l4proto iifkind oifkind ibrpvid ibrvproto sdif sdifname broute ibrhwaddr`,
);
/** Keys that also stand alone: `iifname "eth0"`. */
export const META_UNQUALIFIED: ReadonlySet<string> = words(
  `mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid ibrname obrname pkttype cpu iifgroup oifgroup cgroup ipsec time day hour`,
);
/** Older spellings: still accepted, never listed. */
export const META_ALIASES: ReadonlyMap<string, string> = new Map([
  ['ibriport', 'ibrname'],
  ['obriport', 'obrname'],
  ['secpath', 'ipsec'],
]);

export const CT_KEYS: ReadonlySet<string> = words(
  `l3proto protocol mark state direction status expiration helper saddr daddr proto-src proto-dst label event secmark id bytes packets avgpkt zone`,
);
/** Keys that may follow `original` or `reply`. */
export const CT_DIRECTED: ReadonlySet<string> = words(
  'saddr daddr l3proto protocol proto-src proto-dst bytes packets avgpkt zone',
);
