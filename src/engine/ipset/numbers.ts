// What functions of sets answer and are asked with (include/linux/netfilter/ipset/ip_set.h, ip_set_hash.h,
// ip_set_bitmap.h, ip_set_list.h). A positive answer is a match, 0 none, a negative one an error.

import type { IpSetError, IpSetType } from '../../program/index.ts';

export const EINVAL = 22;
export const EAGAIN = 11;
/** The element is there and says `nomatch`. */
export const ENOTEMPTY = 39;

const CODES = {
  ENOENT: 2,
  ENOMEM: 12,
  EEXIST: 17,
  EINVAL,
  PROTOCOL: 4097,
  MAX_SETS: 4099,
  BUSY: 4100,
  EXIST_SETNAME2: 4101,
  TYPE_MISMATCH: 4102,
  EXIST: 4103,
  INVALID_CIDR: 4104,
  INVALID_NETMASK: 4105,
  INVALID_FAMILY: 4106,
  TIMEOUT: 4107,
  REFERENCED: 4108,
  IPADDR_IPV4: 4109,
  IPADDR_IPV6: 4110,
  COUNTER: 4111,
  COMMENT: 4112,
  INVALID_MARKMASK: 4113,
  SKBINFO: 4114,
  BITMASK_NETMASK_EXCL: 4115,
  BITMAP_RANGE: 4352,
  BITMAP_RANGE_SIZE: 4353,
  HASH_FULL: 4360,
  HASH_ELEM: 4361,
  INVALID_PROTO: 4362,
  MISSING_PROTO: 4363,
  HASH_RANGE_UNSUPPORTED: 4364,
  HASH_RANGE: 4365,
  NAME: 4370,
  LOOP: 4371,
  BEFORE: 4372,
  NAMEREF: 4373,
  REF_EXIST: 4375,
} as const satisfies Readonly<Record<IpSetError, number>>;

const NAMES = new Map<number, IpSetError>(
  Object.entries(CODES).map(([name, code]) => [code, name as IpSetError]),
);

/** The negative number a refusal is on its way through functions that answer numbers. */
export const failed = (error: IpSetError): number => -CODES[error];

/** The name of a negative answer. */
export const errorOf = (answer: number): IpSetError => NAMES.get(-answer) ?? 'EINVAL';

export const EXIST = failed('EXIST');

/** enum ipset_adt. */
export type Adt = 'add' | 'del' | 'test';

/** IPSET_TYPE_*: two sets may be swapped where these are the same. */
export const Feature = {
  ip: 1,
  port: 2,
  mac: 4,
  ip2: 8,
  name: 16,
  iface: 32,
  mark: 64,
  nomatch: 128,
} as const;

const { ip, port, mac, ip2, name, iface, mark, nomatch } = Feature;

export const FEATURES: Readonly<Record<IpSetType, number>> = {
  'bitmap:ip': ip,
  'bitmap:ip,mac': ip | mac,
  'bitmap:port': port,
  'hash:ip': ip,
  'hash:mac': mac,
  'hash:ip,mac': ip | mac,
  'hash:net': ip | nomatch,
  'hash:net,net': ip | ip2 | nomatch,
  'hash:ip,port': ip | port,
  'hash:net,port': ip | port | nomatch,
  'hash:ip,port,ip': ip | port | ip2,
  'hash:ip,port,net': ip | port | ip2 | nomatch,
  'hash:ip,mark': ip | mark,
  'hash:net,port,net': ip | port | ip2 | nomatch,
  'hash:net,iface': ip | iface | nomatch,
  'list:set': name,
};

/** The revision of the newest kernel that prints what ipset 7.17 knows. */
export const REVISIONS: Readonly<Record<IpSetType, number>> = {
  'bitmap:ip': 3,
  'bitmap:ip,mac': 3,
  'bitmap:port': 3,
  'hash:ip': 6,
  'hash:mac': 1,
  'hash:ip,mac': 1,
  'hash:net': 7,
  'hash:net,net': 4,
  'hash:ip,port': 7,
  'hash:net,port': 8,
  'hash:ip,port,ip': 6,
  'hash:ip,port,net': 8,
  'hash:ip,mark': 3,
  'hash:net,port,net': 3,
  'hash:net,iface': 8,
  'list:set': 3,
};

/** Fields a rule has to give directions for. */
export const dimensionOf = (type: IpSetType): number => type.split(',').length;
