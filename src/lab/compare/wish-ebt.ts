// What matches of ebtables want of a frame.

import type {
  Ebt8023Info,
  EbtAmongInfo,
  EbtArpInfo,
  EbtIpInfo,
  EbtStpInfo,
  EbtVlanInfo,
  XtNet,
  XtRange,
  XtTest,
} from '../../program/index.ts';
import { linked } from './grant.ts';
import { type Patch, shapeWish, type Wish } from './wish.ts';
import { bytesAt, digits, inRange, netWish, of, type Wanted } from './wish-parts.ts';

const near = (value: number, most: number): number[] =>
  [value - 1, value + 1].filter((n) => n >= 0 && n <= most);

const ETH_P_8021Q = '8100';

function vlan({ id, prio, encap }: EbtVlanInfo): Wish[] {
  const tagged =
    (vid: number, p: number, type?: number): Patch =>
    (d) => {
      const tags = `${ETH_P_8021Q}${digits(((p & 7) << 13) | (vid & 0xfff), 2)}`;
      const base = { ...linked(d), tags };
      return type === undefined || type === 0x0800
        ? base
        : { ...base, raw: `${digits(type, 2)}${'00'.repeat(46)}` };
    };
  const of2 = (test: XtTest<number> | undefined, otherwise: number): number =>
    test === undefined ? otherwise : test.invert ? test.value ^ 1 : test.value;
  const [vid, p, type] = [of2(id, 5), of2(prio, 0), encap && of2(encap, 0x0800)];
  const missed = [
    ...(id ? [id.value, ...near(id.value, 4095)].map((n) => tagged(n, p, type)) : []),
    ...(prio ? [prio.value, ...near(prio.value, 7)].map((n) => tagged(vid, n, type)) : []),
    ...(encap ? [encap.value, ...near(encap.value, 0xffff)].map((n) => tagged(vid, p, n)) : []),
    (d: Parameters<Patch>[0]) => d,
  ];
  return [shapeWish([tagged(vid, p, type)], missed)];
}

function logical({ sap, type }: Ebt8023Info): Wish[] {
  const framed =
    (dsap: number, ssap: number, kind: number): Patch =>
    (d) => ({
      ...linked(d),
      raw: `0030${digits(dsap & 255, 1)}${digits(ssap & 255, 1)}03000000${digits(kind & 0xffff, 2)}`.padEnd(
        100,
        '0',
      ),
    });
  const s = sap ? (sap.invert ? sap.value ^ 2 : sap.value) : 0xaa;
  const t = type ? (type.invert ? type.value ^ 1 : type.value) : 0x0800;
  const missed = [
    ...(sap
      ? [sap.value, ...near(sap.value, 255)].flatMap((n) => [framed(n, n, t), framed(s, n, t)])
      : []),
    ...(type ? [type.value, ...near(type.value, 0xffff)].map((n) => framed(s, s, n)) : []),
  ];
  return [shapeWish([framed(s, s, t)], missed)];
}

/** Where the fields of a configuration stand (struct stp_config_pdu) behind LLC and three zeros. */
const CONFIG = 6;

function stp(info: EbtStpInfo): Wish[] {
  const bridge: Patch = (d) => ({
    ...linked(d),
    raw: `0026424203000000${'00'.repeat(43)}`,
    link: { source: d.link?.source ?? '02:00:5e:00:53:0a', destination: '01:80:c2:00:00:00' },
  });
  const at = (offset: number) => ({ base: 'network' as const, offset: CONFIG + offset });
  const number = (test: XtTest<XtRange> | undefined, offset: number, size: number): Wish[] =>
    test ? [bytesAt(at(offset), test.value, size, test.invert)] : [];
  const byte = (test: XtTest<number> | undefined, offset: number): Wish[] =>
    number(test && { value: { min: test.value, max: test.value }, invert: test.invert }, offset, 1);
  const mac = (test: XtTest<XtNet> | undefined, offset: number): Wish[] =>
    test ? [netWish('bytes', test, at(offset))] : [];
  return [
    shapeWish([bridge], [(d) => d]),
    ...byte(info.type, -1),
    ...byte(info.flags, 0),
    ...number(info.rootPrio, 1, 2),
    ...mac(info.rootAddr, 3),
    ...number(info.rootCost, 9, 4),
    ...number(info.senderPrio, 13, 2),
    ...mac(info.senderAddr, 15),
    ...number(info.port, 21, 2),
    ...number(info.msgAge, 23, 2),
    ...number(info.maxAge, 25, 2),
    ...number(info.helloTime, 27, 2),
    ...number(info.forwardDelay, 29, 2),
  ];
}

function among({ src, dst }: EbtAmongInfo): Wish[] {
  const side = (test: EbtAmongInfo['src'], which: 'source' | 'destination'): Wish[] => {
    if (test === undefined) return [];
    const of2 =
      (mac: string, ip: string | undefined): Patch =>
      (d) => {
        const base = linked(d);
        const link = base.link && { ...base.link, [which]: (mac.match(/../g) ?? []).join(':') };
        const address =
          ip === undefined
            ? {}
            : {
                [which]: (ip.match(/../g) ?? []).map((x) => Number.parseInt(x, 16)).join('.'),
                six: false,
              };
        return { ...base, link, ...address };
      };
    const beside = (digitsOf: string): string => {
      const last = (Number.parseInt(digitsOf.slice(-2), 16) ^ 1).toString(16).padStart(2, '0');
      return digitsOf.slice(0, -2) + last;
    };
    const pairs = test.value.slice(0, 16);
    const crossed = pairs.map((p, i) => of2(p.mac, pairs[(i + 1) % pairs.length]?.ip));
    return [
      shapeWish(
        pairs.map((p) => of2(p.mac, p.ip)),
        [
          ...pairs.flatMap((p) => [
            of2(beside(p.mac), p.ip),
            ...(p.ip ? [of2(p.mac, beside(p.ip))] : []),
          ]),
          ...crossed,
        ],
        test.invert,
      ),
    ];
  };
  return [...side(src, 'source'), ...side(dst, 'destination')];
}

const ARP_FRAME: Wish = {
  field: 'family',
  spans: [{ low: '0806', high: '0806' }],
  negated: false,
};

function arp(info: EbtArpInfo): Wish[] {
  const at = (offset: number) => ({ base: 'network' as const, offset });
  const number = (test: XtTest<number> | undefined, offset: number): Wish[] =>
    test ? [bytesAt(at(offset), { min: test.value, max: test.value }, 2, test.invert)] : [];
  const net = (test: XtTest<XtNet> | undefined, offset: number): Wish[] =>
    test ? [netWish('bytes', test, at(offset))] : [];
  const gratuitous: Patch = (d) => ({ ...d, destination: d.source });
  const plain: Patch = (d) =>
    d.destination === d.source ? { ...d, destination: '198.18.0.99' } : d;
  return [
    ARP_FRAME,
    ...number(info.htype, 0),
    ...number(info.ptype, 2),
    ...number(info.opcode, 6),
    ...net(info.smac, 8),
    ...net(info.saddr, 14),
    ...net(info.dmac, 18),
    ...net(info.daddr, 24),
    ...(info.gratuitous
      ? [shapeWish([gratuitous], [plain], info.gratuitous.invert !== !info.gratuitous.value)]
      : []),
  ];
}

const ip =
  (icmp: number) =>
  (info: EbtIpInfo): Wish[] => {
    const one = (field: 'tos' | 'protocol', test: XtTest<number> | undefined): Wish[] =>
      test ? inRange(field, { min: test.value, max: test.value }, 1, test.invert) : [];
    const port = (field: 'sport' | 'dport', test: XtTest<XtRange> | undefined): Wish[] =>
      test ? inRange(field, test.value, 2, test.invert) : [];
    const message = info.icmp
      ? [...inRange('protocol', { min: icmp, max: icmp }, 1), ...either(info.icmp)]
      : [];
    return [
      ...(info.saddr ? [netWish('saddr', info.saddr)] : []),
      ...(info.daddr ? [netWish('daddr', info.daddr)] : []),
      ...one('tos', info.tos),
      ...one('protocol', info.protocol),
      ...port('sport', info.sport),
      ...port('dport', info.dport),
      ...message,
      ...(info.igmp
        ? [
            ...inRange('protocol', { min: 2, max: 2 }, 1),
            bytesAt({ base: 'transport', offset: 0 }, info.igmp.value, 1, info.igmp.invert),
          ]
        : []),
    ];
  };

/** Negated is the pair: one of both is outside. */
function either({ value: { type, code }, invert }: NonNullable<EbtIpInfo['icmp']>): Wish[] {
  const put =
    (t: number, c: number): Patch =>
    (d) => ({ ...d, type: t & 255, code: c & 255 });
  const inside = [type.min, type.max].flatMap((t) => [code.min, code.max].map((c) => put(t, c)));
  const outside = [
    ...near(type.min, 255).map((t) => put(t, code.min)),
    ...near(type.max, 255).map((t) => put(t, code.min)),
    ...near(code.min, 255).map((c) => put(type.min, c)),
    ...near(code.max, 255).map((c) => put(type.min, c)),
  ];
  return [shapeWish(inside, outside, invert)];
}

export const EBT_MATCHES: Readonly<Record<string, Wanted>> = {
  vlan: of(vlan),
  '802_3': of(logical),
  stp: of(stp),
  among: of(among),
  arp: of(arp),
  ip: of(ip(1)),
  ip6: of(ip(58)),
};
