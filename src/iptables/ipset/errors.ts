// What ipset(8) says to an answer of the kernel.

import type { IpSetChange, IpSetError } from '../../program/index.ts';

const TEXTS: Readonly<Record<IpSetError, string>> = {
  ENOENT: 'The set with the given name does not exist',
  EEXIST: 'Set cannot be created: set with the same name already exists',
  EINVAL: 'Kernel error received: Invalid argument',
  ENOMEM: 'Kernel error received: Cannot allocate memory',
  PROTOCOL: 'Kernel error received: ipset protocol error',
  MAX_SETS: 'Kernel error received: maximal number of sets reached, cannot create more.',
  BUSY: 'Set cannot be destroyed: it is in use by a kernel component',
  EXIST_SETNAME2: 'Set cannot be renamed: a set with the new name already exists',
  TYPE_MISMATCH: 'The sets cannot be swapped: their type does not match',
  EXIST: "Element cannot be added to the set: it's already added",
  INVALID_CIDR: 'The value of the CIDR parameter of the IP address is invalid',
  INVALID_NETMASK: 'The value of the netmask parameter is invalid',
  INVALID_FAMILY: 'Protocol family not supported by the set type',
  TIMEOUT: 'Timeout cannot be used: set was created without timeout support',
  REFERENCED: 'Set cannot be renamed: it is in use by another system',
  IPADDR_IPV4: 'An IPv4 address is expected, but not received',
  IPADDR_IPV6: 'An IPv6 address is expected, but not received',
  COUNTER: 'Packet/byte counters cannot be used: set was created without counter support',
  COMMENT: 'Comment cannot be used: set was created without comment support',
  INVALID_MARKMASK: 'The value of the markmask parameter is invalid',
  SKBINFO: 'Skbinfo mapping cannot be used: set was created without skbinfo support',
  BITMASK_NETMASK_EXCL: 'netmask and bitmask options are mutually exclusive, provide only one',
  BITMAP_RANGE: 'Element is out of the range of the set',
  BITMAP_RANGE_SIZE: 'The range you specified exceeds the size limit of the set type',
  HASH_FULL: 'Hash is full, cannot add more elements',
  HASH_ELEM: 'Null-valued element, cannot be stored in a hash type of set',
  INVALID_PROTO: 'Invalid protocol specified',
  MISSING_PROTO: 'Protocol missing, but must be specified',
  HASH_RANGE_UNSUPPORTED: 'Range is not supported in the "net" component of the element',
  HASH_RANGE: 'Invalid range, covers the whole address space',
  NAME: 'Set to be added/deleted/tested as element does not exist.',
  LOOP: 'Sets with list:set type cannot be added to the set.',
  BEFORE: 'No reference set specified.',
  NAMEREF: "The set to which you referred with 'before' or 'after' does not exist.",
  REF_EXIST: "The set to which you referred with 'before' or 'after' is not added to the set.",
};

/** Where the sentence depends on the command. */
export function errorText(error: IpSetError, change: IpSetChange): string {
  if (error === 'EXIST' && change.kind === 'del')
    return "Element cannot be deleted from the set: it's not added";
  if (error === 'EXIST_SETNAME2' && change.kind === 'swap')
    return 'Sets cannot be swapped: the second set does not exist';
  return TEXTS[error];
}
