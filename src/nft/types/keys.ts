// What the kernel knows about a packet besides its bytes: the keys of meta, ct, rt, socket and
// xfrm, with the type a key has in the language and the name the bytecode prints.

import {
  arphrdType,
  type ByteOrder,
  booleanType,
  cgroupv2Type,
  classidType,
  ctDirType,
  ctEventType,
  ctLabelType,
  ctStateType,
  ctStatusType,
  type Datatype,
  dateType,
  dayType,
  devgroupType,
  etheraddrType,
  ethertypeType,
  gidType,
  hourType,
  ifindexType,
  ifnameType,
  inetProtoType,
  inetServiceType,
  integerType,
  invalidType,
  ip6addrType,
  ipaddrType,
  markType,
  nfprotoType,
  pkttypeType,
  realmType,
  stringType,
  timeType,
  uidType,
} from './datatype.ts';
import type { Base } from './header.ts';

export interface Key {
  /** As in the language. */
  readonly name: string;
  /** As libnftnl prints it, which is what a program carries. */
  readonly kernel: string;
  readonly type: Datatype;
  readonly byteorder: ByteOrder;
  /** Bits. */
  readonly len: number;
  /** A match on it tells the protocol above this base. */
  readonly protocolAbove?: Base;
}

const entry = (
  name: string,
  type: Datatype,
  len: number,
  byteorder: ByteOrder,
  kernel = name,
  protocolAbove?: Base,
): Key => ({ name, kernel, type, byteorder, len, ...(protocolAbove && { protocolAbove }) });

const table = (keys: readonly Key[]): ReadonlyMap<string, Key> =>
  new Map(keys.map((key) => [key.name, key]));

/** enum nft_meta_keys. */
export const META_KEYS = table([
  entry('length', integerType, 32, 'host', 'len'),
  entry('protocol', ethertypeType, 16, 'big', 'protocol', 'll'),
  entry('nfproto', nfprotoType, 8, 'host', 'nfproto', 'll'),
  entry('l4proto', inetProtoType, 8, 'host', 'l4proto', 'nh'),
  entry('priority', classidType, 32, 'host'),
  entry('mark', markType, 32, 'host'),
  entry('iif', ifindexType, 32, 'host'),
  entry('iifname', ifnameType, 128, 'host'),
  entry('iiftype', arphrdType, 16, 'host', 'iiftype', 'll'),
  entry('oif', ifindexType, 32, 'host'),
  entry('oifname', ifnameType, 128, 'host'),
  entry('oiftype', arphrdType, 16, 'host'),
  entry('skuid', uidType, 32, 'host'),
  entry('skgid', gidType, 32, 'host'),
  entry('nftrace', integerType, 1, 'host'),
  entry('rtclassid', realmType, 32, 'host'),
  entry('secmark', integerType, 32, 'host'),
  entry('ibrname', ifnameType, 128, 'host', 'bri_iifname'),
  entry('obrname', ifnameType, 128, 'host', 'bri_oifname'),
  entry('pkttype', pkttypeType, 8, 'host'),
  entry('cpu', integerType, 32, 'host'),
  entry('iifgroup', devgroupType, 32, 'host'),
  entry('oifgroup', devgroupType, 32, 'host'),
  entry('cgroup', integerType, 32, 'host'),
  // A random number has no byte order; calling it big endian avoids a conversion.
  entry('random', integerType, 32, 'big', 'prandom'),
  entry('ipsec', booleanType, 8, 'host', 'secpath'),
  entry('iifkind', ifnameType, 128, 'host'),
  entry('oifkind', ifnameType, 128, 'host'),
  entry('ibrpvid', integerType, 16, 'host', 'bri_iifpvid'),
  entry('ibrvproto', ethertypeType, 16, 'big', 'bri_iifvproto'),
  entry('ibrhwaddr', etheraddrType, 48, 'big', 'bri_iifhwaddr'),
  entry('time', dateType, 64, 'host'),
  entry('day', dayType, 8, 'host'),
  entry('hour', hourType, 32, 'host'),
  entry('sdif', ifindexType, 32, 'host'),
  entry('sdifname', ifnameType, 128, 'host'),
  entry('broute', integerType, 1, 'host', 'broute'),
]);

/** enum nft_ct_keys. `saddr` and `daddr` take their type from the protocol context. */
export const CT_KEYS = table([
  entry('state', ctStateType, 32, 'host'),
  entry('direction', ctDirType, 8, 'host'),
  entry('status', ctStatusType, 32, 'host'),
  entry('mark', markType, 32, 'host'),
  entry('expiration', timeType, 32, 'host'),
  entry('helper', stringType, 128, 'host'),
  entry('l3proto', nfprotoType, 8, 'host', 'l3protocol', 'll'),
  entry('saddr', invalidType, 0, 'big', 'src'),
  entry('daddr', invalidType, 0, 'big', 'dst'),
  entry('protocol', inetProtoType, 8, 'big', 'protocol', 'nh'),
  entry('proto-src', inetServiceType, 16, 'big', 'proto_src'),
  entry('proto-dst', inetServiceType, 16, 'big', 'proto_dst'),
  entry('label', ctLabelType, 128, 'host'),
  entry('bytes', integerType, 64, 'host'),
  entry('packets', integerType, 64, 'host'),
  entry('avgpkt', integerType, 64, 'host'),
  entry('zone', integerType, 16, 'host'),
  entry('event', ctEventType, 32, 'host'),
  entry('ip saddr', ipaddrType, 32, 'big', 'src_ip'),
  entry('ip daddr', ipaddrType, 32, 'big', 'dst_ip'),
  entry('ip6 saddr', ip6addrType, 128, 'big', 'src_ip6'),
  entry('ip6 daddr', ip6addrType, 128, 'big', 'dst_ip6'),
  entry('secmark', integerType, 32, 'host'),
  entry('id', integerType, 32, 'big'),
]);

/** enum nft_rt_keys; `nexthop` by the IP version. */
export const RT_KEYS = table([
  entry('classid', realmType, 32, 'host'),
  entry('nexthop4', ipaddrType, 32, 'big'),
  entry('nexthop6', ip6addrType, 128, 'big'),
  entry('mtu', integerType, 16, 'host', 'tcpmss'),
  entry('ipsec', booleanType, 8, 'host'),
]);

/** enum nft_socket_keys. */
export const SOCKET_KEYS = table([
  entry('transparent', integerType, 8, 'host'),
  entry('mark', markType, 32, 'host'),
  entry('wildcard', integerType, 8, 'host'),
  entry('cgroupv2', cgroupv2Type, 64, 'host'),
]);

/** enum nft_xfrm_keys; addresses by the IP version. */
export const XFRM_KEYS = table([
  entry('daddr4', ipaddrType, 32, 'big'),
  entry('daddr6', ip6addrType, 128, 'big'),
  entry('saddr4', ipaddrType, 32, 'big'),
  entry('saddr6', ip6addrType, 128, 'big'),
  entry('reqid', integerType, 32, 'host'),
  entry('spi', integerType, 32, 'big'),
]);

/** enum nft_tunnel_keys. */
export const TUNNEL_KEYS = table([
  entry('path', booleanType, 8, 'host'),
  entry('id', integerType, 32, 'host'),
]);

/** The key that a program's kernel name stands for. */
export function keyByKernelName(keys: ReadonlyMap<string, Key>, kernel: string): Key | undefined {
  for (const key of keys.values()) if (key.kernel === kernel) return key;
  return undefined;
}
