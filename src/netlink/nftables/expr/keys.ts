// The words libnftnl has for the kernel's keys, in the order of their numbers.

/** enum nft_meta_keys */
export const META_KEYS: readonly string[] = [
  'len',
  'protocol',
  'priority',
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iiftype',
  'oiftype',
  'skuid',
  'skgid',
  'nftrace',
  'rtclassid',
  'secmark',
  'nfproto',
  'l4proto',
  'bri_iifname',
  'bri_oifname',
  'pkttype',
  'cpu',
  'iifgroup',
  'oifgroup',
  'cgroup',
  'prandom',
  'secpath',
  'iifkind',
  'oifkind',
  'bri_iifpvid',
  'bri_iifvproto',
  'time',
  'day',
  'hour',
  'sdif',
  'sdifname',
  'broute',
  'bri_iifhwaddr',
];

/** enum nft_ct_keys */
export const CT_KEYS: readonly string[] = [
  'state',
  'direction',
  'status',
  'mark',
  'secmark',
  'expiration',
  'helper',
  'l3protocol',
  'src',
  'dst',
  'protocol',
  'proto_src',
  'proto_dst',
  'label',
  'packets',
  'bytes',
  'avgpkt',
  'zone',
  'event',
  'src_ip',
  'dst_ip',
  'src_ip6',
  'dst_ip6',
  'id',
];

/** enum nft_rt_keys */
export const RT_KEYS = ['classid', 'nexthop4', 'nexthop6', 'tcpmss', 'ipsec'] as const;
/** enum nft_socket_keys */
export const SOCKET_KEYS = ['transparent', 'mark', 'wildcard', 'cgroupv2'] as const;
/** enum nft_xfrm_keys; 0 is unspecified */
export const XFRM_KEYS = [
  undefined,
  'daddr4',
  'daddr6',
  'saddr4',
  'saddr6',
  'reqid',
  'spi',
] as const;
/** enum nft_tunnel_keys */
export const TUNNEL_KEYS = ['path', 'id'] as const;
/** enum nft_fib_result; `present` is a flag in the kernel's terms */
export const FIB_RESULTS = [undefined, 'oif', 'oifname', 'type'] as const;
/** NFTA_FIB_F_*, by bit */
export const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif', 'present'] as const;
