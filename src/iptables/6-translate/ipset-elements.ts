// Elements of sets of ipset as elements of nft's.

import { formatIPv4, formatIPv6, u32, unhex, utf8Encode } from '../../bytes/index.ts';
import type { Hex, IpSet, IpSetEntry } from '../../program/index.ts';
import { nameOfProtocol } from '../../uapi/index.ts';

/** What nft keeps of a comment (NFTNL_UDATA_COMMENT_MAXLEN), its end taken off. */
const MAX_COMMENT = 127;

const addressText = (digits: Hex): string =>
  digits.length === 8 ? formatIPv4(u32(unhex(digits), 0)) : formatIPv6(unhex(digits));

const macText = (mac: Hex): string => (mac.match(/../g) ?? []).join(':');

/** Milliseconds that are left, without end for what stays. */
const lifeOf = ({ expires = 0 }: IpSetEntry): number =>
  expires === 0 ? Number.POSITIVE_INFINITY : expires;

const canBeSaid = (comment: string): boolean =>
  utf8Encode(comment).length <= MAX_COMMENT && !/["\p{Cc}]/u.test(comment);

/** What stands behind an element. */
function tailOf({ expires = 0, comment }: IpSetEntry): string {
  const timeout = expires === 0 ? '' : ` timeout ${Math.ceil(expires / 1000)}s`;
  return comment !== undefined && comment !== '' && canBeSaid(comment)
    ? `${timeout} comment "${comment}"`
    : timeout;
}

function partText(kind: string, { ip, ip2, port = 0, proto = 0, mac, mark = 0 }: IpSetEntry) {
  if (kind === 'port') return `${nameOfProtocol(proto) ?? proto} . ${port}`;
  if (kind === 'mac') return macText(mac ?? '');
  if (kind === 'mark') return `0x${mark.toString(16).padStart(8, '0')}`;
  return addressText((kind === 'ip2' ? ip2 : ip) ?? '');
}

/** Elements that are one value each. */
export function wholeElements({ type, entries }: IpSet, kinds: readonly string[]): string[] {
  const second = kinds.lastIndexOf('ip');
  const own = kinds.map((kind, i) => (kind === 'ip' && i > 0 && i === second ? 'ip2' : kind));
  return entries.map((entry) => {
    const text =
      type === 'bitmap:port'
        ? String(entry.port ?? 0)
        : own.map((kind) => partText(kind, entry)).join(' . ');
    return `${text}${tailOf(entry)}`;
  });
}

interface Net {
  readonly entry: IpSetEntry;
  readonly digits: number;
  readonly from: bigint;
  readonly to: bigint;
  /** Nets in it that say otherwise, in order. */
  readonly inside: Net[];
}

function netOf(entry: IpSetEntry): Net {
  const { ip = '' } = entry;
  const bits = ip.length * 4;
  const free = BigInt(bits - (entry.cidr ?? bits));
  const from = BigInt(`0x${ip}`);
  return { entry, digits: ip.length, from, to: from + (1n << free) - 1n, inside: [] };
}

/** From left to right, the larger of those that begin together first. */
const inOrder = (a: Net, b: Net): number => {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  if (a.to === b.to) return 0;
  return a.to > b.to ? -1 : 1;
};

/** The innermost of the nets so far that one lies in. */
function around(net: Net, open: Net[]): Net | undefined {
  while (open.length > 0 && open.at(-1)!.to < net.from) open.pop();
  return open.at(-1);
}

/** Nets that lie in no other, with those inside that say otherwise; a string says why there are none. */
function nested(entries: readonly IpSetEntry[]): readonly Net[] | string {
  const outer: Net[] = [];
  const open: Net[] = [];
  for (const net of entries.map(netOf).sort(inOrder)) {
    const outside = around(net, open);
    const isIn = net.entry.nomatch !== true;
    if (isIn === (outside !== undefined && outside.entry.nomatch !== true)) {
      if (outside !== undefined && lifeOf(outside.entry) < lifeOf(net.entry))
        return 'a net of it lies in another that ends before it';
      continue;
    }
    (outside?.inside ?? outer).push(net);
    open.push(net);
  }
  return outer;
}

function rangeText(from: bigint, to: bigint, digits: number): string {
  const [first, last] = [from, to].map((n) => addressText(n.toString(16).padStart(digits, '0')));
  return first === last ? first! : `${first}-${last}`;
}

/** What of a net is in the set: it says so itself, or ranges between the nets in it that are not. */
function inSet({ entry, digits, from, to, inside }: Net): string[] {
  const tail = tailOf(entry);
  const { ip = '', cidr = digits * 4 } = entry;
  if (inside.length === 0)
    return [`${addressText(ip)}${cidr === digits * 4 ? '' : `/${cidr}`}${tail}`];
  const texts: string[] = [];
  let next = from;
  const upTo = (last: bigint): void => {
    if (next <= last) texts.push(`${rangeText(next, last, digits)}${tail}`);
  };
  for (const out of inside) {
    upTo(out.from - 1n);
    texts.push(...out.inside.flatMap(inSet));
    next = out.to + 1n;
  }
  upTo(to);
  return texts;
}

/** Elements that do not overlap: of nets in each other the longest prefix says whether an address is in the set. */
export function netElements({ entries }: IpSet): readonly string[] | string {
  const isTimed = entries.some(({ expires = 0 }) => expires > 0);
  if (isTimed && entries.some(({ nomatch }) => nomatch === true))
    return 'nets that are not in it (nomatch) cannot be cut out of those that end';
  const nets = nested(entries);
  return typeof nets === 'string' ? nets : nets.flatMap(inSet);
}
