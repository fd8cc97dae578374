// What a match of xtables wants of a packet, as far as a packet can be made for it.

import type {
  ConntrackInfo,
  DscpInfo,
  EcnInfo,
  HlInfo,
  Icmp6Info,
  IcmpInfo,
  IprangeInfo,
  LengthInfo,
  MarkInfo,
  MatchExpr,
  MultiportInfo,
  SctpInfo,
  TcpInfo,
  TosInfo,
  TtlInfo,
  UdpInfo,
  XtAddresses,
  XtRange,
  XtTest,
} from '../../program/index.ts';
import type { Field, Span, Wish } from './wish.ts';

const digits = (value: number, bytes: number): string =>
  value.toString(16).padStart(bytes * 2, '0');
const span = (min: number, max: number, bytes: number): Span => ({
  low: digits(min, bytes),
  high: digits(max, bytes),
});

/** A range that is not everything. */
function inRange(field: Field, { min, max }: XtRange, bytes: number, negated = false): Wish[] {
  const isAll = min === 0 && max === 2 ** (8 * bytes) - 1 && !negated;
  return isAll ? [] : [{ field, spans: [span(min, max, bytes)], negated }];
}

const isProtocol = (value: number): Wish => ({
  field: 'protocol',
  spans: [span(value, value, 1)],
  negated: false,
});

const ports = ({ sports, dports, invertSport, invertDport }: UdpInfo): Wish[] => [
  ...inRange('sport', sports, 2, invertSport),
  ...inRange('dport', dports, 2, invertDport),
];

const testedPorts = ({ sports, dports }: Pick<SctpInfo, 'sports' | 'dports'>): Wish[] => [
  ...(sports ? inRange('sport', sports.value, 2, sports.invert) : []),
  ...(dports ? inRange('dport', dports.value, 2, dports.invert) : []),
];

function masked(field: Field, value: number, mask: number, bytes: number, negated: boolean): Wish {
  const wanted = (value & mask) >>> 0;
  return { field, spans: [span(wanted, wanted, bytes)], negated, mask: digits(mask, bytes) };
}

function tcp(info: TcpInfo): Wish[] {
  const { flagMask, flagCmp, invertFlags } = info;
  const flags = flagMask === 0 ? [] : [masked('flags', flagCmp, flagMask, 1, invertFlags)];
  return [isProtocol(6), ...ports(info), ...flags];
}

/** Type 255 is any. */
function icmp({ type, code, invert }: IcmpInfo | Icmp6Info, protocol: number): Wish[] {
  if (type === 255) return [isProtocol(protocol)];
  const ofType: Wish = { field: 'type', spans: [span(type, type, 1)], negated: invert };
  return [isProtocol(protocol), ofType, ...inRange('code', code, 1)];
}

const multiport = ({ ports: list, flags, invert }: MultiportInfo): Wish[] => [
  {
    field: flags === 'source' ? 'sport' : 'dport',
    spans: list.map(({ min, max }) => span(min, max, 2)),
    negated: invert,
  },
];

const addresses = (field: Field, test: XtTest<XtAddresses> | undefined): Wish[] =>
  test === undefined
    ? []
    : [{ field, spans: [{ low: test.value.from, high: test.value.to }], negated: test.invert }];

/** Hop limits, by a comparison that has a name. */
function hops(mode: TtlInfo['mode'], value: number): Wish[] {
  switch (mode) {
    case 'lt':
      return value > 0 ? inRange('ttl', { min: 0, max: value - 1 }, 1) : [];
    case 'gt':
      return value < 255 ? inRange('ttl', { min: value + 1, max: 255 }, 1) : [];
    default:
      return inRange('ttl', { min: value, max: value }, 1, mode === 'ne');
  }
}

const conntrack = ({ state }: ConntrackInfo): Wish[] =>
  state === undefined
    ? []
    : [{ field: 'state', spans: [span(state.value, state.value, 4)], negated: state.invert }];

type Wanted = (info: object) => readonly Wish[];

/** Programs are validated before they come here. */
const of =
  <I extends object>(wants: (info: I) => readonly Wish[]): Wanted =>
  (info) =>
    wants(info as I);

const MATCHES: Readonly<Record<string, Wanted>> = {
  tcp: of(tcp),
  udp: of(ports),
  sctp: of<SctpInfo>((info) => [isProtocol(132), ...testedPorts(info)]),
  dccp: of<SctpInfo>((info) => [isProtocol(33), ...testedPorts(info)]),
  multiport: of(multiport),
  icmp: of<IcmpInfo>((info) => icmp(info, 1)),
  icmp6: of<Icmp6Info>((info) => icmp(info, 58)),
  iprange: of<IprangeInfo>(({ src, dst }) => [
    ...addresses('saddr', src),
    ...addresses('daddr', dst),
  ]),
  mark: of<MarkInfo>(({ mark, mask, invert }) => [masked('mark', mark, mask, 4, invert)]),
  length: of<LengthInfo>((info) => inRange('length', info, 2, info.invert)),
  ttl: of<TtlInfo>(({ mode, ttl }) => hops(mode, ttl)),
  hl: of<HlInfo>(({ mode, hopLimit }) => hops(mode, hopLimit)),
  tos: of<TosInfo>(({ value, mask, invert }) => [masked('tos', value, mask, 1, invert)]),
  dscp: of<DscpInfo>(({ dscp, invert }) => [masked('tos', dscp << 2, 0xfc, 1, invert)]),
  ecn: of<EcnInfo>(({ ect }) => (ect ? [masked('tos', ect.value, 3, 1, ect.invert)] : [])),
  conntrack: of(conntrack),
};

/** Nothing for a match that no field of a packet decides. */
export function xtWishes({ name, info }: MatchExpr): readonly Wish[] {
  if (typeof info !== 'object' || info === null) return [];
  return MATCHES[name]?.(info) ?? [];
}
