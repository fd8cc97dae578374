// Ranges of addresses and ports of the NAT targets (libxt_NAT.c).

import type { NatRangeInfo } from '../../program/index.ts';
import {
  IPPROTO_DCCP,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  portOfService,
} from '../../uapi/index.ts';
import {
  addressText,
  type Given,
  hostHex,
  number,
  type ParseContext,
  words,
  wrong,
} from '../extension/index.ts';

const WITH_PORTS: readonly number[] = [
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_SCTP,
  IPPROTO_DCCP,
  IPPROTO_ICMP,
];

/** Flags by option, in the order iptables saves them and nft's words for them. */
const FLAGS: readonly (readonly [option: string, bit: number, nft: string])[] = [
  ['random', NF_NAT_RANGE_PROTO_RANDOM, 'random'],
  ['random-fully', NF_NAT_RANGE_PROTO_RANDOM_FULLY, 'fully-random'],
  ['persistent', NF_NAT_RANGE_PERSISTENT, 'persistent'],
];
export type NatFlag = 'random' | 'random-fully' | 'persistent';

const ABOUT: Readonly<Record<NatFlag, string>> = {
  random: 'choose the port by a hash',
  'random-fully': 'choose the port by chance',
  persistent: 'the same address for all connections of a client',
};

export const flagOptions = (names: readonly NatFlag[]) =>
  names.map((name) => ({ name, about: ABOUT[name] }));

/** The range with the flags given beside it. */
export const withFlags = (range: NatRangeInfo, given: Given): NatRangeInfo => ({
  ...range,
  flags: FLAGS.reduce((bits, [name, bit]) => (given.has(name) ? bits | bit : bits), range.flags),
});

const flagWords = (flags: number): string =>
  words(...FLAGS.map(([name, bit]) => (flags & bit) !== 0 && `--${name}`));

function nftFlags(flags: number): string {
  return FLAGS.flatMap(([, bit, word]) => ((flags & bit) !== 0 ? [word] : [])).join(',');
}

function numberAt(text: string, min: number): { value: number; rest: string } | undefined {
  const digits = /^(0x[0-9a-f]+|[0-9]+)/i.exec(text)?.[0];
  const value = digits === undefined ? undefined : number(digits);
  if (value === undefined || value < min || value > 0xffff) return undefined;
  return { value, rest: text.slice(digits!.length) };
}

/** A service's name stands for its one port; a range is of numbers. */
function wholePort(text: string, min = 0): number {
  const value = numberAt(text, min);
  if (value !== undefined && value.rest === '') return value.value;
  return portOfService(text) ?? wrong(`port "${text}" is not known`);
}

/** `port`, `first-last` or `first-last/base`. @throws XtError */
export function portsOf(text: string, cx: ParseContext): NatRangeInfo {
  if (!WITH_PORTS.includes(cx.protocol))
    return wrong('ports need a rule about TCP, UDP, SCTP or DCCP');
  const flags = NF_NAT_RANGE_PROTO_SPECIFIED;
  const first = numberAt(text, 0);
  if (first === undefined || first.rest === '') {
    const port = wholePort(text);
    return { flags, minProto: port, maxProto: port };
  }
  if (first.rest[0] === ':') return wrong(`ranges of ports are written with a dash`);
  const last = first.rest[0] === '-' ? numberAt(first.rest.slice(1), 0) : undefined;
  if (last === undefined) return wrong(`bad ports "${text}"`);
  if (last.value < first.value) return wrong(`range of ports "${text}" ends before it begins`);
  const range = { flags, minProto: first.value, maxProto: last.value };
  return last.rest === '' ? range : withBase(range, last.rest);
}

function withBase(range: NatRangeInfo, rest: string): NatRangeInfo {
  if (rest[0] !== '/') return wrong(`"${rest}" behind the ports`);
  const baseProto = wholePort(rest.slice(1), 1);
  return { ...range, flags: range.flags | NF_NAT_RANGE_PROTO_OFFSET, baseProto };
}

interface Parts {
  readonly addresses: string;
  readonly ports: string | undefined;
}

/** `[a-b]:ports` for IPv6, `a-b:ports` for IPv4; either part may be missing. */
function partsOf(word: string, family: string): Parts {
  if (family === 'ip6' && word.startsWith('[')) {
    const end = word.indexOf(']');
    if (end < 0) return wrong(`no "]" in "${word}"`);
    const ports = word.indexOf(':', end);
    return {
      addresses: word.slice(1, end),
      ports: ports < 0 ? undefined : word.slice(ports + 1),
    };
  }
  const colon = family === 'ip6' && !word.startsWith(':') ? -1 : word.indexOf(':');
  // `::1` is an address, `:80` are ports.
  if (colon < 0 || word.startsWith('::')) return { addresses: word, ports: undefined };
  return { addresses: word.slice(0, colon), ports: word.slice(colon + 1) };
}

/** XTTYPE of --to-destination and --to-source. @throws XtError */
export function natRange(word: string, cx: ParseContext): NatRangeInfo {
  const { addresses, ports } = partsOf(word, cx.family);
  const range = ports === undefined ? { flags: 0 } : portsOf(ports, cx);
  if (addresses === '' && ports !== undefined) return range;
  const [low = '', ...high] = addresses.split('-');
  const minAddr = hostHex(low, cx);
  const maxAddr = high.length === 0 ? minAddr : hostHex(high.join('-'), cx);
  return { ...range, flags: range.flags | NF_NAT_RANGE_MAP_IPS, minAddr, maxAddr };
}

export function portsText({ flags, minProto, maxProto, baseProto }: NatRangeInfo): string {
  if ((flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) return '';
  const range = minProto === maxProto ? `${minProto}` : `${minProto}-${maxProto}`;
  return (flags & NF_NAT_RANGE_PROTO_OFFSET) === 0 ? range : `${range}/${baseProto}`;
}

/** The text that `natRange` reads. */
function rangeText(info: NatRangeInfo): string {
  const { minAddr, maxAddr } = info;
  const ports = portsText(info);
  const behind = ports === '' ? '' : `:${ports}`;
  if (minAddr === undefined || maxAddr === undefined) return behind;
  const both =
    minAddr === maxAddr ? addressText(minAddr) : `${addressText(minAddr)}-${addressText(maxAddr)}`;
  return minAddr.length === 32 && ports !== '' ? `[${both}]${behind}` : `${both}${behind}`;
}

/** `--to-source 1.2.3.4 --random`. */
export const saveRange = (option: string, info: NatRangeInfo): string => {
  const range = rangeText(info);
  return words(range !== '' && `--${option} ${range}`, flagWords(info.flags));
};

/** `snat to 1.2.3.4 random`; a base port has no words in nft. */
export function nftRange(statement: string, info: NatRangeInfo): string | undefined {
  if ((info.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) return undefined;
  const range = rangeText(info);
  return words(statement, range !== '' && `to ${range}`, nftFlags(info.flags));
}

/** --to-ports of MASQUERADE and REDIRECT. */
export const savePorts = (info: NatRangeInfo): string => {
  const ports = portsText(info);
  return words(ports !== '' && `--to-ports ${ports}`, flagWords(info.flags));
};

/** `to:1.2.3.4 random`, as SNAT and DNAT are listed. */
export const listRange = (info: NatRangeInfo): string => {
  const range = rangeText(info);
  return words(range !== '' && `to:${range}`, listedFlags(info.flags));
};

export const listPorts = (name: string, info: NatRangeInfo): string => {
  const ports = portsText(info);
  return words(ports !== '' && `${name} ${ports}`, listedFlags(info.flags));
};

const listedFlags = (flags: number): string =>
  words(...FLAGS.map(([name, bit]) => (flags & bit) !== 0 && name));
