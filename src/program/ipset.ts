// IP sets as plain data: what the kernel's ipset messages carry (include/uapi/linux/netfilter/ipset/ip_set.h).
// They belong to a namespace, not to a table, so they stand beside a `Program`.

import type { Hex } from './expr-data.ts';
import type { Source } from './program.ts';

export const IPSET_TYPES = [
  'bitmap:ip',
  'bitmap:ip,mac',
  'bitmap:port',
  'hash:ip',
  'hash:mac',
  'hash:ip,mac',
  'hash:net',
  'hash:net,net',
  'hash:ip,port',
  'hash:net,port',
  'hash:ip,port,ip',
  'hash:ip,port,net',
  'hash:ip,mark',
  'hash:net,port,net',
  'hash:net,iface',
  'list:set',
] as const;
export type IpSetType = (typeof IPSET_TYPES)[number];

/** `unspec`: the type has no addresses. */
export type IpSetFamily = 'inet' | 'inet6' | 'unspec';

/** A 64-bit counter in decimal digits: JSON's numbers end at 2^53. */
export type U64 = string;

/** What a set was created with. */
export interface IpSetOptions {
  readonly hashsize?: number;
  readonly maxelem?: number;
  readonly bucketsize?: number;
  /** What the hash starts from; the same value gives the same order. */
  readonly initval?: number;
  readonly netmask?: number;
  readonly bitmask?: Hex;
  readonly markmask?: number;
  /** Seconds; 0 is for ever. Absent: entries have no timeouts. */
  readonly timeout?: number;
  /** list:set only. */
  readonly size?: number;
  /** bitmap types: IPv4 addresses or ports as numbers, both inclusive. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly counters?: boolean;
  readonly comment?: boolean;
  readonly skbinfo?: boolean;
  readonly forceadd?: boolean;
}

/** The parts of an element; which of them there are is the type's affair. */
export interface IpSetElement {
  readonly ip?: Hex;
  readonly cidr?: number;
  readonly proto?: number;
  /** ICMP: type and code in one number. */
  readonly port?: number;
  readonly ip2?: Hex;
  readonly cidr2?: number;
  readonly mac?: Hex;
  readonly mark?: number;
  readonly iface?: string;
  readonly physdev?: boolean;
  /** list:set only: the set that is the member. */
  readonly name?: string;
}

/** What an element carries besides. */
export interface IpSetExtensions {
  /** Seconds. In an entry that is kept: only where the clock does not run yet (bitmap:ip,mac). */
  readonly timeout?: number;
  readonly packets?: U64;
  readonly bytes?: U64;
  readonly comment?: string;
  readonly skbmark?: number;
  readonly skbmarkmask?: number;
  readonly skbprio?: number;
  readonly skbqueue?: number;
  readonly nomatch?: boolean;
  readonly wildcard?: boolean;
}

export interface IpSetEntry extends IpSetElement, IpSetExtensions {
  /** Milliseconds that are left, 0 for ever; only in sets with timeouts. */
  readonly expires?: number;
}

/** A set with what is in it. */
export interface IpSet {
  readonly name: string;
  /** Its place among the sets of the namespace; a rule names it by this. */
  readonly index: number;
  readonly type: IpSetType;
  readonly family: IpSetFamily;
  readonly revision: number;
  readonly options: IpSetOptions;
  readonly entries: readonly IpSetEntry[];
}

/** A set as it is listed. */
export interface IpSetListing extends IpSet {
  /** Rules and sets that name it. */
  readonly references: number;
  /** Entries, those that have expired and were not yet met among them. */
  readonly elements: number;
  /** Bytes it would take on a 64-bit kernel. */
  readonly memsize: number;
}

/** An element that is to be added, deleted or tested: maybe a range of them. */
export interface IpSetRequest extends IpSetElement, IpSetExtensions {
  readonly ipTo?: Hex;
  readonly ip2To?: Hex;
  readonly portTo?: number;
  readonly before?: string;
  readonly after?: string;
}

interface Common {
  /** `-exist`: what is there already, or gone already, is no error. */
  readonly exist?: boolean;
  readonly source?: Source;
}

export interface IpSetCreate extends Common {
  readonly kind: 'create';
  readonly set: string;
  readonly type: IpSetType;
  readonly family: IpSetFamily;
  readonly options: IpSetOptions;
  /** bitmap types: the range was given as its first address and this. */
  readonly cidr?: number;
}

export interface IpSetAdt extends Common {
  readonly kind: 'add' | 'del' | 'test';
  readonly set: string;
  readonly entry: IpSetRequest;
}

export interface IpSetWhole extends Common {
  readonly kind: 'destroy' | 'flush';
  /** Absent: all of them. */
  readonly set?: string;
}

export interface IpSetPair extends Common {
  readonly kind: 'rename' | 'swap';
  readonly set: string;
  readonly to: string;
}

/** One message to the kernel. A test changes nothing and is answered with `EXIST` for no. */
export type IpSetChange = IpSetCreate | IpSetAdt | IpSetWhole | IpSetPair;

/** IPSET_ERR_* of the kernel without their beginning, and errno where it answers with one. */
export type IpSetError =
  | 'ENOENT'
  | 'EEXIST'
  | 'EINVAL'
  | 'ENOMEM'
  | 'PROTOCOL'
  | 'MAX_SETS'
  | 'BUSY'
  | 'EXIST_SETNAME2'
  | 'TYPE_MISMATCH'
  | 'EXIST'
  | 'INVALID_CIDR'
  | 'INVALID_NETMASK'
  | 'INVALID_FAMILY'
  | 'TIMEOUT'
  | 'REFERENCED'
  | 'IPADDR_IPV4'
  | 'IPADDR_IPV6'
  | 'COUNTER'
  | 'COMMENT'
  | 'INVALID_MARKMASK'
  | 'SKBINFO'
  | 'BITMASK_NETMASK_EXCL'
  | 'BITMAP_RANGE'
  | 'BITMAP_RANGE_SIZE'
  | 'HASH_FULL'
  | 'HASH_ELEM'
  | 'INVALID_PROTO'
  | 'MISSING_PROTO'
  | 'HASH_RANGE_UNSUPPORTED'
  | 'HASH_RANGE'
  | 'NAME'
  | 'LOOP'
  | 'BEFORE'
  | 'NAMEREF'
  | 'REF_EXIST';

/** Sets after some milliseconds: what has expired is gone. */
export const ipSetsAfter = (sets: readonly IpSet[], passed: number): readonly IpSet[] =>
  passed <= 0 ? sets : sets.map((set) => setAfter(set, passed));

function setAfter(set: IpSet, passed: number): IpSet {
  if (set.options.timeout === undefined) return set;
  const entries = set.entries.flatMap((entry) => {
    if (entry.expires === undefined || entry.expires === 0) return [entry];
    return entry.expires <= passed ? [] : [{ ...entry, expires: entry.expires - passed }];
  });
  return { ...set, entries };
}
