// What of a packet a set of ipset is asked for, in nft's words.

import type { IpSet, IpSetType, XtSet } from '../../program/index.ts';
import type { TranslateContext } from './translation.ts';

/** TCP, UDP, SCTP and UDP-Lite: ip_set_proto_with_ports(). */
export const WITH_PORTS: readonly number[] = [6, 17, 132, 136];

const BEHIND_AH = 'ipset finds the port behind a header of AH, and nft does not';

/** The parts of an element: `ip`, `port` … */
export const kindsOf = (type: IpSetType): string[] => type.split(':')[1]?.split(',') ?? [];

export interface NftKey {
  /** What has to hold before it. */
  readonly guard: string;
  /** The parts of the packet that an element is compared with. */
  readonly key: string;
  /** There are packets without one of the parts: `!=` does not hold for them. */
  readonly mayLack: boolean;
}

function maskText({ options }: IpSet): string {
  const { netmask } = options;
  return netmask === undefined || netmask === 32
    ? ''
    : ` & ${[24, 16, 8, 0].map((shift) => ((0xffffffff << (32 - netmask)) >>> shift) & 255).join('.')}`;
}

function partText(kind: string, dir: 'src' | 'dst', set: IpSet, { family }: TranslateContext) {
  const [end, way] = dir === 'src' ? ['saddr', 's'] : ['daddr', 'd'];
  if (kind === 'port')
    return set.type === 'bitmap:port' ? `th ${way}port` : `meta l4proto . th ${way}port`;
  if (kind === 'mac') return `ether ${end}`;
  if (kind === 'mark') return 'meta mark';
  return `${family} ${end}${maskText(set)}`;
}

/** Declares the set in the table; undefined, with the reason, where nft has none that holds the same. */
export function nftKeyOf({ name, dirs }: XtSet, cx: TranslateContext): NftKey | undefined {
  const known = cx.ipset(name);
  if (known === undefined)
    return cx.leave('which sets of ipset there are is told by what `ipset save` prints');
  const { set, declared, isNameable } = known;
  if (!isNameable) return cx.leave(`'${name}' is no name for a set of nft here`);
  if (typeof declared === 'string') return cx.leave(declared);
  const kinds = kindsOf(set.type);
  const wanted = cx.family === 'ip6' ? 'inet6' : 'inet';
  if (set.family !== 'unspec' && set.family !== wanted)
    return cx.leave('the set is of the other family, and holds for no packet');
  if (dirs.length < kinds.length)
    return cx.leave('the set has more parts than the rule gives sides, and holds for no packet');
  const hasPort = kinds.includes('port');
  if (hasPort && cx.protocol !== 0 && !WITH_PORTS.includes(cx.protocol))
    return cx.leave('packets of the protocol have no ports');
  const key = kinds.map((kind, i) => partText(kind, dirs[i]!, set, cx)).join(' . ');
  if (hasPort && cx.family === 'ip6' && cx.near(key, BEHIND_AH) === undefined) return undefined;
  cx.declare(declared);
  const guard = set.type === 'bitmap:port' ? 'meta l4proto { tcp, udp } ' : '';
  return { guard, key, mayLack: hasPort || kinds.includes('mac') };
}
