// Sets of ipset, which belong to no table, as sets of tables.

import type { HashlimitInfo, IpSet, IpSetType, Program } from '../../program/index.ts';
import {
  type Declared,
  kindsOf,
  type TranslateContext,
  type TranslatedIpSet,
  WITH_PORTS,
} from '../extension/index.ts';
import { netElements, wholeElements } from './ipset-elements.ts';

const CARRIED: readonly IpSetType[] = [
  'bitmap:ip',
  'bitmap:port',
  'hash:ip',
  'hash:net',
  'hash:mac',
  'hash:ip,mac',
  'hash:ip,mark',
  'hash:ip,port',
  'hash:ip,port,ip',
];

const REASONS: Partial<Readonly<Record<IpSetType, string>>> = {
  'list:set': 'a set of nft has no other sets in it',
  'hash:net,iface':
    'ipset knows ports of a bridge and the interface that the packet did not come by',
  'bitmap:ip,mac': 'an element without an Ethernet address takes that of the first packet',
};

function nftType(kind: string, { type, family }: IpSet): string {
  if (kind === 'port') return type === 'bitmap:port' ? 'inet_service' : 'inet_proto . inet_service';
  if (kind === 'mac') return 'ether_addr';
  if (kind === 'mark') return 'mark';
  return family === 'inet6' ? 'ipv6_addr' : 'ipv4_addr';
}

function reasonOf({ type, family, options, entries }: IpSet): string | undefined {
  if (!CARRIED.includes(type))
    return (
      REASONS[type] ?? 'nets of it may lie in each other, which those of nft beside others may not'
    );
  const { netmask, bitmask, markmask = 0xffffffff } = options;
  const isAlone = type === 'bitmap:ip' || (type === 'hash:ip' && family === 'inet');
  if (bitmask !== undefined || (netmask !== undefined && !isAlone))
    return 'its addresses go by a mask that is not of IPv4 alone';
  if (markmask !== 0xffffffff) return 'its marks go by a mask';
  const hasOthers = (proto: number | undefined): boolean => !WITH_PORTS.includes(proto ?? 0);
  if (kindsOf(type).includes('port') && type !== 'bitmap:port')
    if (entries.some(({ proto }) => hasOthers(proto)))
      return 'an element of it is of a protocol without ports, where nft takes what it finds for one';
  return undefined;
}

/** Lines that are long are broken. */
const MOST_IN_LINE = 4;

function elementsLine(elements: readonly string[]): string[] {
  if (elements.length === 0) return [];
  if (elements.length <= MOST_IN_LINE) return [`elements = { ${elements.join(', ')} }`];
  return [`elements = {\n${elements.map((element) => `\t${element},\n`).join('')}}`];
}

function declared(set: IpSet): Declared | string {
  const reason = reasonOf(set);
  if (reason !== undefined) return reason;
  const { name, type, options, entries } = set;
  const kinds = kindsOf(type);
  const elements = type === 'hash:net' ? netElements(set) : wholeElements(set, kinds);
  if (typeof elements === 'string') return elements;
  const { timeout } = options;
  const flags = [type === 'hash:net' && 'interval', timeout !== undefined && 'timeout'];
  const some = flags.filter((flag) => flag !== false);
  // An element without a timeout of its own takes that of its set.
  const isForever = entries.some(({ expires = 0 }) => expires === 0);
  const body = [
    `type ${kinds.map((kind) => nftType(kind, set)).join(' . ')}`,
    ...(some.length > 0 ? [`flags ${some.join(', ')}`] : []),
    ...(timeout !== undefined && timeout > 0 && !isForever ? [`timeout ${timeout}s`] : []),
    ...elementsLine(elements),
  ];
  return { what: 'set', name, body };
}

/** hashlimit's tables become meters, which are sets of that name. */
const metersOf = ({ tables }: Program): ReadonlySet<string> =>
  new Set(
    tables.flatMap(({ chains }) =>
      chains.flatMap(({ rules }) =>
        rules.flatMap(({ exprs }) =>
          exprs.flatMap((expr) =>
            expr.kind === 'match' && expr.name === 'hashlimit'
              ? [(expr.info as HashlimitInfo).name]
              : [],
          ),
        ),
      ),
    ),
  );

/** What a translation may know of them. */
export function ipSetsOf(
  {
    ipsets = [],
    isName = () => true,
  }: { readonly ipsets?: readonly IpSet[]; readonly isName?: (word: string) => boolean },
  program: Program = { tables: [] },
): TranslateContext['ipset'] {
  if (ipsets.length === 0) return () => undefined;
  const sets = new Map(ipsets.map((set) => [set.name, set]));
  const known = new Map<string, TranslatedIpSet>();
  const meters = metersOf(program);
  return (name) => {
    const set = sets.get(name);
    if (set === undefined) return undefined;
    let found = known.get(name);
    if (found === undefined) {
      found = { set, declared: declared(set), isNameable: isName(name) && !meters.has(name) };
      known.set(name, found);
    }
    return found;
  };
}
