// The set types as the language sees them: what an element consists of, which options there are, in the order
// in which they are printed (the newest revisions of ipset 7.17).

import type { IpSetFamily, IpSetType } from '../../program/index.ts';
import type { AddressForm } from './address.ts';

/** How a part of an element is read. */
export type Part =
  | { readonly kind: 'ip'; readonly form: AddressForm }
  | { readonly kind: 'ip2'; readonly form: AddressForm }
  | { readonly kind: 'port' | 'bare-port' | 'mac' | 'mark' | 'iface' | 'name' };

export type CreateOption =
  | 'family'
  | 'hashsize'
  | 'maxelem'
  | 'netmask'
  | 'bitmask'
  | 'markmask'
  | 'timeout'
  | 'counters'
  | 'comment'
  | 'forceadd'
  | 'skbinfo'
  | 'bucketsize'
  | 'initval'
  | 'size'
  | 'range'
  | 'from'
  | 'to'
  | 'network'
  | 'probes'
  | 'resize'
  | 'gc';

export type AddOption =
  | 'timeout'
  | 'nomatch'
  | 'wildcard'
  | 'before'
  | 'after'
  | 'packets'
  | 'bytes'
  | 'comment'
  | 'skbmark'
  | 'skbprio'
  | 'skbqueue';

/** Forms of an element a command takes beyond single values. */
export interface Allowed {
  readonly range?: boolean;
  readonly cidr?: boolean;
  readonly ports?: boolean;
}

export interface TypeInfo {
  readonly type: IpSetType;
  readonly aliases: readonly string[];
  /** `inet` for IPv4 alone, `both` for either, `unspec` for none. */
  readonly family: 'inet' | 'both' | 'unspec';
  readonly parts: readonly Part[];
  /** The last part may be left out. */
  readonly lastOptional: boolean;
  readonly create: readonly CreateOption[];
  /** Read, and said to have no meaning. */
  readonly ignored: readonly CreateOption[];
  readonly add: readonly AddOption[];
  readonly del: readonly AddOption[];
  readonly test: readonly AddOption[];
  readonly addAllows: Allowed;
  readonly testAllows: Allowed;
}

const HASH_BEGIN: readonly CreateOption[] = ['hashsize', 'maxelem'];
const EXTENSIONS: readonly CreateOption[] = ['timeout', 'counters', 'comment'];
const HASH_END: readonly CreateOption[] = [
  ...EXTENSIONS,
  'forceadd',
  'skbinfo',
  'bucketsize',
  'initval',
];
const HASH: readonly CreateOption[] = ['family', ...HASH_BEGIN, ...HASH_END];
const MASKED: readonly CreateOption[] = ['netmask', 'bitmask'];
const OLD_PORT: readonly CreateOption[] = ['probes', 'resize', 'from', 'to', 'network'];

const ADD_END: readonly AddOption[] = [
  'packets',
  'bytes',
  'comment',
  'skbmark',
  'skbprio',
  'skbqueue',
];
const ADD: readonly AddOption[] = ['timeout', ...ADD_END];
const ADD_NET: readonly AddOption[] = ['timeout', 'nomatch', ...ADD_END];

const ip = (form: AddressForm): Part => ({ kind: 'ip', form });
const ip2 = (form: AddressForm): Part => ({ kind: 'ip2', form });
const part = (kind: 'port' | 'bare-port' | 'mac' | 'mark' | 'iface' | 'name'): Part => ({ kind });
const PLAIN6 = ip('ip4-plain6');
const NET6 = ip('ip4-net6');

type Rest = Partial<Omit<TypeInfo, 'type' | 'parts' | 'create'>>;

function define(
  type: IpSetType,
  parts: readonly Part[],
  create: readonly CreateOption[],
  rest: Rest = {},
): TypeInfo {
  return {
    type,
    parts,
    create,
    aliases: [],
    family: 'both',
    lastOptional: false,
    ignored: [],
    add: ADD,
    del: [],
    test: [],
    addAllows: {},
    testAllows: {},
    ...rest,
  };
}

const RANGE: Allowed = { range: true, cidr: true };
const NETS: Rest = {
  add: ADD_NET,
  test: ['nomatch'],
  addAllows: RANGE,
  testAllows: { cidr: true },
};
const WITH_PORTS: Allowed = { ...RANGE, ports: true };

export const TYPES: readonly TypeInfo[] = [
  define(
    'bitmap:ip',
    [ip('any')],
    ['range', 'netmask', ...EXTENSIONS, 'skbinfo', 'from', 'to', 'network'],
    {
      aliases: ['ipmap'],
      family: 'inet',
      addAllows: RANGE,
    },
  ),
  define(
    'bitmap:ip,mac',
    [ip('plain'), part('mac')],
    ['range', ...EXTENSIONS, 'skbinfo', 'from', 'to', 'network'],
    { aliases: ['macipmap'], family: 'inet', lastOptional: true },
  ),
  define('bitmap:port', [part('bare-port')], ['range', ...EXTENSIONS, 'skbinfo', 'from', 'to'], {
    aliases: ['portmap'],
    family: 'unspec',
    addAllows: { ports: true },
  }),
  define('hash:ip', [PLAIN6], ['family', ...HASH_BEGIN, ...MASKED, ...HASH_END], {
    aliases: ['iphash'],
    ignored: ['probes', 'resize', 'gc'],
    addAllows: RANGE,
    testAllows: RANGE,
  }),
  define('hash:mac', [part('mac')], [...HASH_BEGIN, ...HASH_END], {
    aliases: ['machash'],
    family: 'unspec',
  }),
  define('hash:ip,mac', [PLAIN6, part('mac')], HASH, { aliases: ['ipmachash'] }),
  define('hash:net', [NET6], HASH, {
    ...NETS,
    aliases: ['nethash'],
    ignored: ['probes', 'resize'],
  }),
  define('hash:net,net', [NET6, ip2('ip4-net6')], [...HASH, 'bitmask', 'netmask'], {
    ...NETS,
    aliases: ['netnethash'],
    addAllows: { ...RANGE },
  }),
  define('hash:ip,port', [PLAIN6, part('port')], [...HASH, ...MASKED], {
    aliases: ['ipporthash'],
    ignored: OLD_PORT,
    addAllows: WITH_PORTS,
  }),
  define('hash:net,port', [NET6, part('port')], HASH, {
    ...NETS,
    aliases: ['netporthash'],
    addAllows: WITH_PORTS,
  }),
  define('hash:ip,port,ip', [PLAIN6, part('port'), ip2('plain')], HASH, {
    aliases: ['ipportiphash'],
    ignored: OLD_PORT,
    addAllows: WITH_PORTS,
  }),
  define('hash:ip,port,net', [PLAIN6, part('port'), ip2('ip4-net6')], HASH, {
    ...NETS,
    aliases: ['ipportnethash'],
    ignored: OLD_PORT,
    addAllows: { ...WITH_PORTS },
    testAllows: {},
  }),
  define(
    'hash:ip,mark',
    [PLAIN6, part('mark')],
    ['family', 'markmask', ...HASH_BEGIN, ...HASH_END],
    {
      aliases: ['ipmarkhash'],
      addAllows: RANGE,
    },
  ),
  define('hash:net,port,net', [NET6, part('port'), ip2('ip4-net6')], HASH, {
    ...NETS,
    aliases: ['netportnethash'],
    addAllows: { ...WITH_PORTS },
  }),
  define('hash:net,iface', [NET6, part('iface')], HASH, {
    ...NETS,
    aliases: ['netifacehash'],
    add: ['timeout', 'nomatch', 'wildcard', ...ADD_END],
  }),
  define('list:set', [part('name')], ['size', ...EXTENSIONS, 'skbinfo'], {
    aliases: ['setlist'],
    family: 'unspec',
    add: ['timeout', 'before', 'after', ...ADD_END],
    del: ['before', 'after'],
    test: ['before', 'after'],
  }),
];

const BY_NAME = new Map(
  TYPES.flatMap((info) => [info.type, ...info.aliases].map((name) => [name, info] as const)),
);

export const typeNamed = (name: string): TypeInfo | undefined => BY_NAME.get(name);

export function infoOf(type: IpSetType): TypeInfo {
  const info = BY_NAME.get(type);
  if (info === undefined) throw new RangeError(`no set type ${type}`);
  return info;
}

/** The family of a set when nothing is said. */
export const defaultFamily = ({ family }: TypeInfo): IpSetFamily =>
  family === 'both' ? 'inet' : family;
