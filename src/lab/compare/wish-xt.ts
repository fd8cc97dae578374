// What a match of xtables wants of a packet, as far as a packet can be made for it.

import type {
  AddrtypeInfo,
  CgroupInfo,
  ClusterInfo,
  ConnbytesInfo,
  ConnlimitInfo,
  ConntrackInfo,
  DccpInfo,
  DevgroupInfo,
  DscpInfo,
  EbtMarkMatchInfo,
  EcnInfo,
  Family,
  HashlimitInfo,
  HlInfo,
  Icmp6Info,
  IcmpInfo,
  IprangeInfo,
  LengthInfo,
  LimitInfo,
  MacInfo,
  MarkInfo,
  MatchExpr,
  MultiportInfo,
  OwnerInfo,
  PkttypeInfo,
  PolicyInfo,
  QuotaInfo,
  RecentInfo,
  RpfilterInfo,
  SctpInfo,
  StatisticInfo,
  TcpInfo,
  TimeInfo,
  TosInfo,
  TtlInfo,
  UdpInfo,
} from '../../program/index.ts';
import {
  atTimes,
  burst,
  connections,
  exchanged,
  repeated,
  talking,
  untilEnd,
  volume,
} from './counting.ts';
import { locally } from './grant.ts';
import { LISTENING } from './listeners.ts';
import { reversePath, typed } from './special.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { EBT_MATCHES } from './wish-ebt.ts';
import { chunks, dccpKinds, HEADER_MATCHES } from './wish-headers.ts';
import {
  digits,
  hops,
  inRange,
  isProtocol,
  masked,
  netWish,
  of,
  span,
  tested,
  type Wanted,
} from './wish-parts.ts';
import { withoutTcpOption, withTcpOption } from './wish-tcp.ts';

const ports = ({ sports, dports, invertSport, invertDport }: UdpInfo): Wish[] => [
  ...inRange('sport', sports, 2, invertSport),
  ...inRange('dport', dports, 2, invertDport),
];

const testedPorts = ({ sports, dports }: Pick<SctpInfo, 'sports' | 'dports'>): Wish[] => [
  ...(sports ? inRange('sport', sports.value, 2, sports.invert) : []),
  ...(dports ? inRange('dport', dports.value, 2, dports.invert) : []),
];

function tcp(info: TcpInfo): Wish[] {
  const { flagMask, flagCmp, invertFlags, option, invertOption } = info;
  const flags = flagMask === 0 ? [] : [masked('flags', flagCmp, flagMask, 1, invertFlags)];
  const options =
    option === 0
      ? []
      : [
          shapeWish(
            [withTcpOption(option)],
            [
              withoutTcpOption(option),
              withTcpOption(option + 1),
              withTcpOption(Math.max(2, option - 1)),
            ],
            invertOption,
          ),
        ];
  return [isProtocol(6), ...ports(info), ...flags, ...options];
}

/** Type 255 is any. */
function icmp({ type, code, invert }: IcmpInfo | Icmp6Info, protocol: number): Wish[] {
  if (type === 255) return [isProtocol(protocol)];
  const ofType: Wish = { field: 'type', spans: [span(type, type, 1)], negated: invert };
  return [isProtocol(protocol), ofType, ...inRange('code', code, 1)];
}

function multiport({ ports: list, flags, invert }: MultiportInfo): Wish[] {
  const spans = list.map(({ min, max }) => span(min, max, 2));
  const one = (field: 'sport' | 'dport'): Wish => ({ field, spans, negated: invert });
  if (flags === 'source') return [one('sport')];
  if (flags === 'destination') return [one('dport')];
  // Either will do: now one of them is in the list and the other is not.
  const at =
    (field: 'sport' | 'dport', n: number): Patch =>
    (d) => ({ ...d, [field]: n & 0xffff });
  const ends = list.flatMap(({ min, max }) => [min, max]);
  const inside = ends.flatMap((n) => [at('sport', n), at('dport', n)]);
  const both = ends.flatMap((n) =>
    [n - 1, n + 1].map(
      (m): Patch =>
        (d) => ({ ...d, sport: m & 0xffff, dport: m & 0xffff }),
    ),
  );
  return [shapeWish(inside, both, invert)];
}

const STATE_BITS = 0xffff;

/** IPS_* that a conversation can lead to: each needs an answer, or two. */
const TALKS: readonly Patch[] = [
  talking({}),
  talking({ again: 1 }),
  talking({ replies: 1 }),
  talking({ replies: 1, again: 1 }),
  talking({ replies: 2, again: 2 }),
];

function conntrack(info: ConntrackInfo): Wish[] {
  const { state, status, direction, expires, replsrc, repldst } = info;
  const wishes: Wish[] = [];
  if (info.proto)
    wishes.push(
      ...inRange(
        'protocol',
        { min: info.proto.value, max: info.proto.value },
        1,
        info.proto.invert,
      ),
    );
  if (info.origsrc) wishes.push(netWish('saddr', info.origsrc));
  if (info.origdst) wishes.push(netWish('daddr', info.origdst));
  if (replsrc) wishes.push(netWish('daddr', replsrc));
  if (repldst) wishes.push(netWish('saddr', repldst));
  const port = (field: 'sport' | 'dport', test: ConntrackInfo['origsrcPort']): void => {
    if (test) wishes.push(...inRange(field, test.value, 2, test.invert));
  };
  port('sport', info.origsrcPort);
  port('dport', info.origdstPort);
  port('dport', info.replsrcPort);
  port('sport', info.repldstPort);
  if (state !== undefined) {
    const bits: number[] = [];
    for (let bit = 1; bit <= STATE_BITS; bit <<= 1) if (state.value & bit) bits.push(bit);
    const spans = bits.map((bit) => span(bit, bit, 4));
    wishes.push({ field: 'state', spans, negated: state.invert });
  }
  if (expires !== undefined) wishes.push(untilEnd(expires.value));
  if (status !== undefined || direction !== undefined) wishes.push(shapeWish(TALKS, TALKS));
  return wishes;
}

function owner({ uid, gid, socket }: OwnerInfo): Wish[] {
  const range = (field: 'uid' | 'gid', test: OwnerInfo['uid']): Wish[] =>
    test ? inRange(field, test.value, 4, test.invert) : [];
  const owned: Patch = (d, random, places) => locally(d, 'uid', '1000', places, random);
  const nobody: Patch = (d) => ({ ...d, words: {} });
  return [
    ...range('uid', uid),
    ...range('gid', gid),
    ...(socket ? [shapeWish([owned], [nobody], socket.invert)] : []),
  ];
}

function cgroup({ classid, path, invert }: CgroupInfo): Wish[] {
  if (classid !== undefined) return inRange('classid', { min: classid, max: classid }, 4, invert);
  if (path === undefined) return [];
  const inGroup =
    (name: string): Patch =>
    (d, random, places) =>
      locally(d, 'cgroup', `/${name.replace(/^\/+/, '')}`, places, random);
  return [
    shapeWish(
      [inGroup(path), inGroup(`${path}/below`)],
      [inGroup(`${path}~`), inGroup('/')],
      invert,
    ),
  ];
}

const SPI_FIRST = 256;

function policy({ direction, policy: kind, elements }: PolicyInfo): Wish[] {
  if (direction === 'out') return [];
  const text = (spi: number, reqid: number): string => `${spi} reqid ${reqid}`;
  const through =
    (list: readonly string[]): Patch =>
    (d) => ({
      ...d,
      words: list.length === 0 ? {} : { ...d.words, ipsec: list.join(' ipsec ') },
    });
  const wanted = elements.map((e) =>
    text(
      e.spi ? e.spi.value + (e.spi.invert ? 1 : 0) : SPI_FIRST,
      e.reqid ? e.reqid.value + (e.reqid.invert ? 1 : 0) : 0,
    ),
  );
  const missed = elements.flatMap((e, i) => {
    const spi = e.spi?.value ?? SPI_FIRST;
    const reqid = e.reqid?.value ?? 0;
    const near = [
      text(spi + 1, reqid),
      text(spi, reqid + 1),
      text(Math.max(0, spi - 1), reqid),
      text(spi, Math.max(0, reqid - 1)),
      text(spi, reqid),
    ];
    return near.map((one) => through(wanted.with(i, one)));
  });
  const inside = [through(wanted.length > 0 ? wanted : [text(SPI_FIRST, 1)])];
  const none = through([]);
  if (kind === 'none') return [shapeWish([none], inside)];
  return [shapeWish(inside, [none, ...missed, through([...wanted, text(SPI_FIRST, 9)])])];
}

/** xt_hashlimit: `avg` is millionths of a second for a packet; of a byte rate its reciprocal. */
function hashlimit({ avg, burst: size, bytes, keys, rateMatch, interval }: HashlimitInfo): Wish[] {
  if (bytes)
    return [
      volume(size * 16),
      volume(Math.max(1, Math.round((0xffffffff / Math.max(1, avg)) * 16))),
    ];
  const vary = keys.includes('srcport');
  if (rateMatch)
    return [burst(Math.ceil((interval * 1e6) / Math.max(1, avg)), interval * 1000, vary)];
  return [burst(size, avg / 1000)];
}

function recent({ seconds, hitCount }: RecentInfo): Wish[] {
  const hits = Math.max(1, hitCount);
  const waits =
    seconds > 0 ? [seconds * 1000 - 500, seconds * 1000 + 500, (seconds - 1) * 1000 + 500] : [1000];
  return [
    shapeWish(
      waits
        .filter((ms) => ms > 0)
        .flatMap((ms) => [
          talking({ again: hits, pauses: [ms] }),
          talking({ again: hits + 1, pauses: [ms, ms] }),
          talking({ again: Math.max(0, hits - 1), pauses: [ms] }),
        ]),
      [talking({ again: Math.max(0, hits - 2) })],
    ),
  ];
}

const DAY = 86_400;

/** The days of the week or the month that are asked for, and those that are not. */
function time(info: TimeInfo): Wish[] {
  const { dateStart, dateStop, daytimeStart, daytimeStop } = info;
  // 1 January 1970 was a Thursday: a month of days has all of either kind.
  const first = Math.ceil(Math.max(0, dateStart) / DAY);
  const days = Array.from({ length: 31 }, (_, i) => (first + i) * DAY);
  const ends = [dateStart, dateStop].filter((s) => s > 0 && s < 0x7fffffff);
  const seconds = [...new Set([daytimeStart, daytimeStop])];
  const at = days.flatMap((day) => seconds.map((s) => day + s));
  return [atTimes([...ends, ...at])];
}

function devgroup({ src, dst }: DevgroupInfo): Wish[] {
  const of2 = (side: 'in' | 'out', test: DevgroupInfo['src']): Wish[] => {
    if (test === undefined) return [];
    const { value, mask } = test.value;
    const is = (group: number): boolean =>
      ((group & mask) >>> 0 === (value & mask) >>> 0) !== test.invert;
    const patch =
      (wanted: boolean): Patch =>
      (d, random, places) =>
        places.byGroup(d, side, (group) => is(group) === wanted, random);
    return [shapeWish([patch(true)], [patch(false)])];
  };
  return [...of2('in', src), ...of2('out', dst)];
}

const ebtMark = ({ test, mark, mask, invert }: EbtMarkMatchInfo): Wish[] =>
  test === 'and'
    ? [masked('mark', mark, mask, 4, invert)]
    : [{ field: 'mark', spans: [span(mask, mask, 4)], negated: invert, mask: digits(mask, 4) }];

const MATCHES: Readonly<Record<string, Wanted>> = {
  ...HEADER_MATCHES,
  ...EBT_MATCHES,
  tcp: of(tcp),
  udp: of(ports),
  sctp: of<SctpInfo>((info) => [isProtocol(132), ...testedPorts(info), ...chunks(info)]),
  dccp: of<DccpInfo>((info) => [isProtocol(33), ...testedPorts(info), ...dccpKinds(info)]),
  multiport: of(multiport),
  icmp: of<IcmpInfo>((info) => icmp(info, 1)),
  icmp6: of<Icmp6Info>((info) => icmp(info, 58)),
  iprange: of<IprangeInfo>(({ src, dst }) => [
    ...(src ? [tested('saddr', src.value.from, src.value.to, src.invert)] : []),
    ...(dst ? [tested('daddr', dst.value.from, dst.value.to, dst.invert)] : []),
  ]),
  mark: of<MarkInfo>(({ mark, mask, invert }) => [masked('mark', mark, mask, 4, invert)]),
  mark_m: of(ebtMark),
  length: of<LengthInfo>((info) => inRange('length', info, 2, info.invert)),
  ttl: of<TtlInfo>(({ mode, ttl }) => hops(mode, ttl)),
  hl: of<HlInfo>(({ mode, hopLimit }) => hops(mode, hopLimit)),
  tos: of<TosInfo>(({ value, mask, invert }) => [masked('tos', value, mask, 1, invert)]),
  dscp: of<DscpInfo>(({ dscp, invert }) => [masked('tos', dscp << 2, 0xfc, 1, invert)]),
  ecn: of<EcnInfo>(({ ect, ece, cwr }) => [
    ...(ect ? [masked('tos', ect.value, 3, 1, ect.invert)] : []),
    ...(ece ? [masked('flags', 0x40, 0x40, 1, ece.invert)] : []),
    ...(cwr ? [masked('flags', 0x80, 0x80, 1, cwr.invert)] : []),
  ]),
  conntrack: of(conntrack),
  addrtype: of<AddrtypeInfo>(({ source, dest, invertSource, invertDest }) => [
    ...(source ? [typed('source', source, invertSource)] : []),
    ...(dest ? [typed('destination', dest, invertDest)] : []),
  ]),
  owner: of(owner),
  cgroup: of(cgroup),
  policy: of(policy),
  pkttype: of<PkttypeInfo>(({ pkttype, invert }) =>
    inRange('pkttype', { min: pkttype, max: pkttype }, 1, invert),
  ),
  mac: of<MacInfo>(({ address, invert }) => [tested('ether saddr', address, address, invert)]),
  limit: of<LimitInfo>(({ avg, burst: size }) => [burst(size, avg / 10)]),
  hashlimit: of(hashlimit),
  quota: of<QuotaInfo>(({ quota }) => [volume(Number(quota))]),
  connlimit: of<ConnlimitInfo>(({ limit }) => [connections(limit)]),
  connbytes: of<ConnbytesInfo>((info) => connbytes(info)),
  statistic: of<StatisticInfo>(({ mode, every }) => [repeated(mode === 'nth' ? every : 24)]),
  recent: of(recent),
  time: of(time),
  rpfilter: of<RpfilterInfo>(({ invert }) => [reversePath(invert)]),
  devgroup: of(devgroup),
  socket: () => [asked],
  cluster: of<ClusterInfo>(() => [repeated(1)]),
};

/** To somebody who listens here (network.ts), or to nobody. */
const asked: Wish = shapeWish(
  LISTENING.flatMap((dport) =>
    [6, 17].map(
      (protocol): Patch =>
        (d, random, places) => ({
          ...d,
          protocol,
          dport,
          destination: places.addressOn(random, 'own', d.six),
        }),
    ),
  ),
  [(d) => ({ ...d, dport: 9 })],
);

function connbytes({ from, to, what }: ConnbytesInfo): Wish[] {
  const ends = [...new Set([Number(from), Number(to)])].filter((n) => n < 1e7);
  if (what === 'packets') return ends.length > 0 ? [either(ends.map(exchanged))] : [];
  if (what === 'bytes') return ends.length > 0 ? [either(ends.map((n) => volume(n)))] : [];
  return ends.length > 0 ? [either(ends.map((n) => volume(n)))] : [];
}

/** Any of several shapes. */
const either = (wishes: readonly Wish[]): Wish =>
  shapeWish(
    wishes.flatMap((w) => w.inside ?? []),
    wishes.flatMap((w) => w.outside ?? []),
  );

/** Nothing for a match that no field of a packet decides. */
export function xtWishes({ name, info }: MatchExpr, family: Family): readonly Wish[] {
  if (typeof info !== 'object' || info === null) return [];
  return MATCHES[name]?.(info, family) ?? [];
}
