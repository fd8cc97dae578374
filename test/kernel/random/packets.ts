// Random packets that random rulesets have something to say about: new flows, answers to earlier
// packets, odd flags, small hop limits, wrong checksums.

import type { Random } from '../../../src/core/index.ts';
import type { Step } from '../case.ts';
import {
  DESTINATION,
  HOP_BY_HOP,
  pieces,
  ROUTING,
  withHeaders6,
  withOptions4,
} from '../cases/crafted.ts';
import { packetOf } from '../frames.ts';
import { ADDRESSES4, ADDRESSES6, PORTS, pick } from './words.ts';

const LINK_OF: readonly [RegExp, string][] = [
  [/^10\.0\.0\.|^2001:db8::/, 'eth0'],
  [/^10\.0\.2\.|^2001:db8:2:/, 'eth2'],
  [/./, 'eth1'],
];
const linkOf = (address: string): string => LINK_OF.find(([net]) => net.test(address))![1];
const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

interface Flow {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6';
  readonly from: string;
  readonly to: string;
  readonly sport: number;
  readonly dport: number;
}

const TCP_FLAGS = [
  'syn',
  'syn',
  'syn',
  'ack',
  'syn,ack',
  'psh,ack',
  'fin,ack',
  'rst',
  'rst,ack',
  'fin',
  'urg,psh,fin',
];
/** What a packet may carry besides; the empty ones keep most packets ordinary. */
const EXTRAS = [
  '',
  '',
  '',
  '',
  '',
  '',
  ' ttl 1',
  ' ttl 2',
  ' dscp 46',
  ' data "abc"',
  ' len 40',
  ' len 100',
  ' id 4660',
  ' df',
  ' sum 0xbad',
];
const V6_EXTRAS = EXTRAS.filter((e) => !/ id | df/.test(e));

function newFlow(r: Random): Flow {
  const v6 = r.below(3) === 0;
  const pool = v6 ? ADDRESSES6 : ADDRESSES4;
  // The router's own addresses are destinations, never sources of what arrives.
  const from = pick(
    r,
    pool.filter((a) => !/[.:]1$/.test(a)),
  );
  const to = pick(
    r,
    pool.filter((a) => linkOf(a) !== linkOf(from) || /[.:]1$/.test(a)),
  );
  const protocol = pick(r, ['tcp', 'tcp', 'udp', 'udp', v6 ? 'icmp6' : 'icmp'] as const);
  return { protocol, from, to, sport: pick(r, PORTS), dport: pick(r, PORTS) };
}

const turned = (f: Flow): Flow => ({
  ...f,
  from: f.to,
  to: f.from,
  sport: f.dport,
  dport: f.sport,
});

function notation(r: Random, f: Flow, answer: boolean): string {
  const extra = pick(r, f.from.includes(':') ? V6_EXTRAS : EXTRAS);
  if (f.protocol === 'udp') return `udp ${at(f.from, f.sport)} > ${at(f.to, f.dport)}${extra}`;
  if (f.protocol !== 'tcp')
    return `${f.protocol} ${f.from} > ${f.to} ${answer ? 'echo-reply' : 'echo-request'} id ${pick(r, [1, 7])} seq 1${extra}`;
  const flags = answer ? pick(r, ['syn,ack', 'ack', 'rst,ack', ...TCP_FLAGS]) : pick(r, TCP_FLAGS);
  const seq = pick(r, [1000, 1001, 5000, 5001]);
  const ack = flags.includes('ack') ? ` ack ${pick(r, [1001, 5001, 6001])}` : '';
  const options = flags.startsWith('syn')
    ? pick(r, ['', ' mss 1460', ' mss 1400 sack wscale 7'])
    : '';
  return `tcp ${at(f.from, f.sport)} > ${at(f.to, f.dport)} ${flags} seq ${seq}${ack} win ${pick(r, [0, 1024, 64240])}${options}${extra}`;
}

/** About an earlier packet, from its destination or somebody on the way, quoted right or not. */
function icmpError(r: Random, flow: Flow, packet: string): Step {
  const v6 = flow.from.includes(':');
  const kind = pick(
    r,
    v6
      ? ['no-route', 'port-unreachable', 'packet-too-big mtu 1280', 'ttl-exceeded']
      : ['host-unreachable', 'port-unreachable', 'frag-needed mtu 1000', 'ttl-exceeded'],
  );
  const by = r.below(3) === 0 ? (v6 ? '2001:db8:1::9' : '192.0.2.9') : flow.to;
  const on = linkOf(by);
  const from = /[.:]1$/.test(by) ? by.replace(/1$/, '9') : by;
  return {
    on,
    packet: `${v6 ? 'icmp6' : 'icmp'} ${from} > ${flow.from} ${kind} about (${packet})`,
  };
}

const IP_OPTIONS = [
  '94040000',
  '01010101',
  '830b0400000000000000',
  '9e040000',
  '82ff0000',
  '070b040000000000000000',
  '070f080a000009000000000000000000',
  '440c05000000000000000000',
  '4414050100000000000000000000000000000000',
  '440c0503c000020100000000',
  '94040000070704000000004408050000000000',
];
const EXTENSIONS = [
  [HOP_BY_HOP, '00010400000000'],
  [DESTINATION, '00010400000000'],
  [ROUTING, '00000000000000'],
  [HOP_BY_HOP, '005e0400000000'],
] as const;

/** The packet with options or extension headers in front of its payload. */
const withMore = (r: Random, packet: string, v6: boolean): Uint8Array =>
  v6
    ? withHeaders6(
        packet,
        r.below(2) === 0 ? [pick(r, EXTENSIONS)] : [pick(r, EXTENSIONS), EXTENSIONS[1]],
      )
    : withOptions4(packet, pick(r, IP_OPTIONS));

/** 10.9.0.1:1000 > 10.9.0.2:53, UDP with nothing in it, and a link header before it. */
const INNER = '4500001c00000000401100000a0900010a09000203e8003500080000';
const ETHER = '020000000a01020000000a020800';
const INNER6 = `6000000000081140${'20010db8000000000000000000000001'.repeat(2)}03e8003500080000`;

/** What a tunnel carries: VXLAN, Geneve with and without options, GRE with and without a key. */
function tunnelled(r: Random, { from, to, sport }: Flow): string {
  const udp = (port: number, bytes: string): string =>
    `udp ${at(from, sport)} > ${at(to, port)} hex ${bytes}`;
  const gre = (bytes: string): string => `ip ${from} > ${to} proto gre hex ${bytes}`;
  return pick(r, [
    udp(4789, `0800000000000100${ETHER}${INNER}`),
    udp(4789, `0800000000000100${ETHER.slice(0, -4)}86dd${INNER6}`),
    udp(4789, `0800000000000100${ETHER}${INNER.slice(0, 30)}`),
    udp(6081, `0000655800000100${ETHER}${INNER}`),
    udp(6081, `02006558000001000001800100000000${ETHER}${INNER}`),
    gre(`00000800${INNER}`),
    gre(`2000080000000007${INNER}`),
    gre(`00006558${ETHER}${INNER}`),
  ]);
}

/** IPComp, an authentication header, and mobility headers, of which the last is cut short. */
const RARE = [
  '108 hex 11000005aabbccdd',
  '51 hex 3b0400000000000500000001aabbccddaabbccddaabbccdd',
  '135 hex 3b00050000000000',
  '135 hex 3b0006',
];

/** Protocols without a tracker of their own, or with a rare one. */
function otherProtocol(r: Random, { from, to, sport, dport }: Flow): string {
  const ported = `${at(from, sport)} > ${at(to, dport)}`;
  return pick(r, [
    `udplite ${ported} data "lite"`,
    `sctp ${ported} ${pick(r, ['init tag 7', 'data "x" vtag 9 tsn 1', 'abort vtag 7'])}`,
    `dccp ${ported} request seq 1 service 5`,
    `gre ${from} > ${to} carrying (udp 10.9.9.1:1 > 10.9.9.2:2)`,
    `esp ${from} > ${to} spi 5 seq 1 data "secret"`,
    `ip ${from} > ${to} proto ${pick(r, [253, 41, 4, 2])} data "abcdefgh"`,
    ...RARE.map((carried) => `ip ${from} > ${to} proto ${carried}`),
  ]);
}

/** The same packet as bytes with one of them changed: lengths, versions and flags that cannot be. */
function damaged(r: Random, packet: string): Uint8Array {
  const bytes = packetOf(packet).slice();
  const at = r.below(bytes.length);
  bytes[at] = bytes[at]! ^ (1 << r.below(8));
  return bytes;
}

const ARP = 'arp who-has 10.0.0.1 tell 10.0.0.2 from 02:00:00:00:02:00 > ff:ff:ff:ff:ff:ff';

/** Something the router sends by itself. */
const own = (r: Random): string => {
  const v6 = r.below(3) === 0;
  const from = v6 ? '2001:db8::1' : '10.0.0.1';
  const to = pick(
    r,
    (v6 ? ADDRESSES6 : ADDRESSES4).filter((a) => a !== from),
  );
  const id = v6 ? '' : ' id 7';
  return pick(r, [
    `udp ${at(from, pick(r, PORTS))} > ${at(to, pick(r, PORTS))} data "own"${id}`,
    `tcp ${at(from, pick(r, PORTS))} > ${at(to, pick(r, PORTS))} syn seq 1 win 1000${id}`,
  ]);
};

/** What may be among them. */
export interface PacketKinds {
  /** Lengths, versions and flags that cannot be. */
  readonly damaged: boolean;
}

/** One packet in an unusual form; several steps if it comes in pieces. */
function unusual(r: Random, flow: Flow, packet: string, kinds: PacketKinds): Step[] {
  const on = linkOf(flow.from);
  const v6 = flow.from.includes(':');
  switch (r.below(8)) {
    case 0:
    case 1:
      return [{ on, packet }, icmpError(r, flow, packet)];
    case 2:
      return [{ on, packet: withMore(r, packet, v6) }];
    case 3:
      return [{ on, packet: r.below(3) === 0 ? tunnelled(r, flow) : otherProtocol(r, flow) }];
    case 4:
      return [{ on, packet: kinds.damaged ? damaged(r, packet) : packet }];
    case 5:
      return [{ local: own(r) }];
    case 6:
      return [{ on: 'eth0', packet: ARP }];
    default:
      return pieces(
        `udp ${at(flow.from, flow.sport)} > ${at(flow.to, flow.dport)} len 80`,
        [0, 48],
        on,
      );
  }
}

/** A conversation of about `n` packets: new flows, repeats and answers mixed, some of them odd. */
export function randomSteps(r: Random, n: number, kinds: PacketKinds = { damaged: true }): Step[] {
  const flows: Flow[] = [];
  return Array.from({ length: n }, (): Step[] => {
    const known = flows.length > 0 && r.below(2) === 0;
    const flow = known ? pick(r, flows) : newFlow(r);
    if (!known) flows.push(flow);
    const answer = known && r.below(3) > 0 && !/[.:]1$/.test(flow.to);
    const sent = answer ? turned(flow) : flow;
    const packet = notation(r, sent, answer);
    return r.below(6) === 0 ? unusual(r, sent, packet, kinds) : [{ on: linkOf(sent.from), packet }];
  }).flat();
}
