// ip and ip6: headers of packets in frames (libebt_ip.c, libebt_ip6.c).

import type { EbtIcmp, EbtIpInfo, XtNet, XtRange, XtTest } from '../../program/index.ts';
import { nameOfProtocol } from '../../uapi/index.ts';
import {
  BRIDGE,
  defined,
  extension,
  type Given,
  hexText,
  ICMP_NAMES,
  ICMPV6_NAMES,
  netOf,
  netText,
  type OptionSpec,
  portRange,
  protocol as protocolParser,
  rangeText,
  testOf,
  testText,
  uint,
  unequal,
  type ValueParser,
  words,
} from '../extension/index.ts';
import { icmpOf, icmpText, igmpOf, igmpText, nftIcmp } from './ebt-icmp.ts';

type L3 = 'ip' | 'ip6';
/** Type 255 is any to iptables alone; here it is a name (icmp_codes of libxt_icmp.h). */
const NAMES = { ip: [{ name: 'any', type: 0xff }, ...ICMP_NAMES], ip6: ICMPV6_NAMES } as const;
const ICMP = { ip: 'icmp', ip6: 'icmpv6' } as const;
const TOS = { ip: 'tos', ip6: 'tclass' } as const;
const ICMP_OPTION = { ip: 'icmp-type', ip6: 'icmp-type' } as const;

/** Protocols with ports that nft has words for. */
const WITH_PORTS: Readonly<Record<number, string>> = {
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  132: 'sctp',
  136: 'udplite',
};

const option = (
  name: string,
  aliases: readonly string[],
  parse: ValueParser,
  about: string,
): OptionSpec => ({ name, aliases, parse, negatable: true, about });

function optionsOf(l3: L3): readonly OptionSpec[] {
  const of = (name: string): string => `${l3}-${name}`;
  const net = netOf(l3);
  return [
    option(of('src'), [of('source')], net, 'address[/mask]  source'),
    option(of('dst'), [of('destination')], net, 'address[/mask]  destination'),
    option(of(TOS[l3]), [], uint(0xff), 'number  type of service, or traffic class'),
    option(of('proto'), [of('protocol')], protocolParser, 'number|name  protocol'),
    option(of('sport'), [of('source-port')], portRange, 'port[:port]  source port'),
    option(of('dport'), [of('destination-port')], portRange, 'port[:port]  destination port'),
    option(
      of(ICMP_OPTION[l3]),
      [],
      ([word = '']) => icmpOf(word, NAMES[l3]),
      'type[:type][/code[:code]]|name  type of ICMP',
    ),
    ...(l3 === 'ip'
      ? [option('ip-igmp-type', [], ([word = '']) => igmpOf(word), 'type[:type]|name  of IGMP')]
      : []),
  ];
}

function build(given: Given, l3: L3): EbtIpInfo {
  const of = <T>(name: string): XtTest<T> | undefined => testOf<T>(given, `${l3}-${name}`);
  return defined({
    saddr: of<XtNet>('src'),
    daddr: of<XtNet>('dst'),
    tos: of<number>(TOS[l3]),
    protocol: of<number>('proto'),
    sport: of<XtRange>('sport'),
    dport: of<XtRange>('dport'),
    icmp: of<EbtIcmp>('icmp-type'),
    igmp: of<XtRange>('igmp-type'),
  });
}

const protocolText = (protocol: number): string => nameOfProtocol(protocol) ?? `${protocol}`;

const save = (info: EbtIpInfo, l3: L3): string =>
  words(
    testText(`${l3}-src`, info.saddr, netText),
    testText(`${l3}-dst`, info.daddr, netText),
    testText(
      `${l3}-${TOS[l3]}`,
      info.tos,
      (tos) => `0x${tos.toString(16).toUpperCase().padStart(2, '0')}`,
    ),
    testText(`${l3}-proto`, info.protocol, protocolText),
    testText(`${l3}-sport`, info.sport, (range) => rangeText(range)),
    testText(`${l3}-dport`, info.dport, (range) => rangeText(range)),
    testText(`${l3}-icmp-type`, info.icmp, (icmp) => icmpText(icmp, NAMES[l3])),
    testText('ip-igmp-type', info.igmp, igmpText),
  );

const tested = <T>(key: string, one: XtTest<T> | undefined, text: (value: T) => string): string =>
  one === undefined ? '' : `${key} ${unequal(one.invert)}${text(one.value)}`;

/** Ports imply their protocol, and so do types of ICMP; only IPv4 says IGMP beside its type. */
function protocolWords(info: EbtIpInfo, l3: L3): string {
  const { protocol, sport, dport, icmp } = info;
  if (protocol === undefined) return '';
  const implied = sport !== undefined || dport !== undefined || icmp !== undefined;
  if (implied && !protocol.invert) return '';
  return tested(l3 === 'ip' ? 'ip protocol' : 'meta l4proto', protocol, protocolText);
}

function portWords(info: EbtIpInfo, end: 'sport' | 'dport'): string {
  const { protocol } = info;
  const name = protocol?.invert === false ? WITH_PORTS[protocol.value] : undefined;
  const key = name === undefined ? `@th,${end === 'sport' ? 0 : 16},16` : `${name} ${end}`;
  return tested(key, info[end], (range) => rangeText(range, '-'));
}

/** ebtables-translate names the type of the frame where nothing else shows the version. */
function frameWords(
  { saddr, daddr, sport, dport, icmp, tos, protocol }: EbtIpInfo,
  l3: L3,
  exact: boolean,
): string {
  if ((saddr ?? daddr ?? icmp) !== undefined) return '';
  if (l3 === 'ip6') return tos === undefined || exact ? 'ether type ip6' : '';
  return protocol !== undefined && (sport ?? dport) === undefined ? '' : 'ether type ip';
}

function tosWords({ tos }: EbtIpInfo, l3: L3, exact: boolean): string {
  if (l3 === 'ip') return tested('@nh,8,8', tos, (value) => hexText(value, 2));
  // The class is eight bits, in two bytes; nft's dscp is the upper six.
  if (exact && tos !== undefined)
    return `@nh,0,16 & 0x0ff0 ${tos.invert ? '!=' : '=='} ${hexText(tos.value << 4, 4)}`;
  return tested('ip6 dscp', tos, (value) => hexText(value & 0x3f, 2));
}

const translate = (info: EbtIpInfo, l3: L3, exact: boolean): string =>
  words(
    frameWords(info, l3, exact),
    tested(`${l3} saddr`, info.saddr, netText),
    tested(`${l3} daddr`, info.daddr, netText),
    tosWords(info, l3, exact),
    protocolWords(info, l3),
    portWords(info, 'sport'),
    portWords(info, 'dport'),
    info.icmp === undefined ? '' : nftIcmp(ICMP[l3], info.icmp.value, unequal(info.icmp.invert)),
    tested('@th,0,8', info.igmp, (range) => rangeText(range, '-')),
  );

const header = (l3: L3) =>
  extension<EbtIpInfo>({
    kind: 'match',
    name: l3,
    families: BRIDGE,
    rev: 0,
    options: optionsOf(l3),
    build: (given) => build(given, l3),
    save: (info) => save(info, l3),
    translate: (info, { exact }) => translate(info, l3, exact),
  });

export const ebtIp = header('ip');
export const ebtIp6 = header('ip6');
