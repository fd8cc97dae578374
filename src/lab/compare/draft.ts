// A packet while it is thought of: fields to change one by one, said in the packet notation.

import { hex, unhex } from '../../bytes/index.ts';
import type { Random } from '../../core/index.ts';
import { isNotationError, notationOf, parsePacketNotation } from '../../packet/index.ts';
import type { Hex } from '../../program/index.ts';
import {
  ETH_HLEN,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  LINKTYPE_ETHERNET,
  LINKTYPE_RAW,
} from '../../uapi/index.ts';
import type { Places } from './network.ts';
import { type Part, type Poke, shaped, shapedFrame } from './shape.ts';

export interface Draft {
  readonly six: boolean;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly sport: number;
  readonly dport: number;
  /** The device it comes in by; undefined for what the firewall itself sends. */
  readonly device: string | undefined;
  readonly flags: number;
  readonly type: number;
  readonly code: number;
  readonly ttl: number;
  readonly tos: number;
  readonly payload: number;
  readonly mark: number;
  /** ARP asks for the destination, from the source. */
  readonly isArp: boolean;
  /** Hardware addresses, where bridges look at them. */
  readonly link: { readonly source: string; readonly destination: string } | undefined;
  /** What it is to its connection: asked for by rules about `ct state`. */
  readonly state: number;
  /** Options, extension headers, chunks. */
  readonly parts: readonly Part[];
  /** Bytes written at the end. */
  readonly pokes: readonly Poke[];
  /** What it carries, instead of so many zeros. */
  readonly data?: Hex;
  /** Words of the notation behind it: who sends it, what IPsec undid, a fragment. */
  readonly words: Readonly<Record<string, string>>;
  /** 802.1Q tags from the first TPID on. */
  readonly tags?: Hex;
  /** A frame that is no IP and no ARP: from its length or type on. */
  readonly raw?: Hex;
  readonly talk: Talking;
}

/** What is said after it: rules that count, and connections that grow, want more than one packet. */
export interface Talking {
  /** Answered by the other end, and that often. */
  readonly replies?: number;
  /** The same so many times more. */
  readonly again?: number;
  /** Each of them from another port. */
  readonly vary?: boolean;
  /** Milliseconds to wait behind all that, before it is sent some times more. */
  readonly pauses?: readonly number[];
  /** Seconds since 1970 when it is sent. */
  readonly at?: number;
}

export const pick = <T>(random: Random, list: readonly T[]): T | undefined =>
  list[random.below(list.length)];

export const WITH_PORTS: Readonly<Record<number, string>> = {
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  132: 'sctp',
  136: 'udplite',
};
const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const EVERYDAY_FLAGS = [0x02, 0x02, 0x02, 0x10, 0x18, 0x12, 0x04, 0x01, 0x29, 0x00];

const at = (address: string, port: number, six: boolean): string =>
  six ? `[${address}]:${port}` : `${address}:${port}`;

const flagText = (flags: number): string =>
  FLAG_NAMES.filter((_, bit) => flags & (1 << bit)).join(',') || 'no-flags';

/** Headers that the notation has no words for, long enough to be read: ESP, AH (RFC 4302), IPComp, MH (RFC 6275). */
const RAW_HEADERS: Readonly<Record<number, string>> = {
  50: '00000001'.padEnd(48, '0'),
  51: '3b0400000000000100000001'.padEnd(48, '0'),
  // Headers before the protocol of IPv6, with nothing behind them (RFC 8200 §4).
  0: '3b00010400000000',
  43: '3b00000000000000',
  44: '3b00000000000001',
  60: '3b00010400000000',
  108: '3b000012'.padEnd(32, '0'),
  135: '3b01050000000000'.padEnd(32, '0'),
};

function head(d: Draft): string {
  const ported = `${at(d.source, d.sport, d.six)} > ${at(d.destination, d.dport, d.six)}`;
  const plain = `${d.source} > ${d.destination}`;
  const name = WITH_PORTS[d.protocol];
  if (name === 'tcp') return `tcp ${ported} ${flagText(d.flags)}`;
  if (name === 'sctp') return `sctp ${ported} init`;
  if (name === 'dccp') return `dccp ${ported} request`;
  if (name !== undefined) return `${name} ${ported}`;
  if (d.protocol === (d.six ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
    return `${d.six ? 'icmp6' : 'icmp'} ${plain} type ${d.type} code ${d.code}`;
  return `${d.six ? 'ip6' : 'ip'} ${plain} proto ${d.protocol}`;
}

/** Behind the packet: how and where it comes. */
function whereOf(d: Draft): string {
  const mark = d.mark > 0 ? ` mark 0x${d.mark.toString(16)}` : '';
  const words = Object.entries(d.words).map(([word, value]) => ` ${word} ${value}`);
  return `${mark}${words.join('')}${d.device === undefined ? ', local' : `, in ${d.device}`}`;
}

function packetText(d: Draft): string {
  const link = d.link === undefined ? '' : ` from ${d.link.source} > ${d.link.destination}`;
  if (d.isArp) return `arp who-has ${d.destination} tell ${d.source}${link}`;
  const carried = d.data ?? RAW_HEADERS[d.protocol];
  const payload = carried ? ` hex ${carried}` : d.payload > 0 ? ` len ${d.payload}` : '';
  const tos = d.tos > 0 ? ` tos ${d.tos}` : '';
  return `${head(d)}${payload} ttl ${d.ttl}${tos}${link}`;
}

const isPlain = (d: Draft): boolean =>
  d.parts.length + d.pokes.length === 0 && d.tags === undefined && d.raw === undefined;

/** What the notation says at first, with parts, bytes, tags put in. */
function shapedText(d: Draft): string {
  const spec = parsePacketNotation(packetText(d));
  if (isNotationError(spec)) return packetText(d);
  if (spec.linkType !== LINKTYPE_ETHERNET)
    return notationOf(shaped(spec.bytes, d), { exact: true, linkType: LINKTYPE_RAW });
  const inner = spec.bytes.subarray(ETH_HLEN);
  const packet = d.isArp ? inner : shaped(inner, d);
  const behind = d.raw ?? hex(spec.bytes.subarray(12, ETH_HLEN)) + hex(packet);
  const frame = unhex(hex(spec.bytes.subarray(0, 12)) + (d.tags ?? '') + behind);
  const isIp = !d.isArp && d.raw === undefined;
  return notationOf(shapedFrame(frame, d, isIp), { exact: true, linkType: LINKTYPE_ETHERNET });
}

/** As a person would give it to `sluice trace`. */
export const notationOfDraft = (d: Draft): string =>
  `${isPlain(d) ? packetText(d) : shapedText(d)}${whereOf(d)}`;

interface PlainOptions {
  readonly hook: string | undefined;
  readonly isArp: boolean;
  /** Of this family; by chance where it is not said. */
  readonly six?: boolean | undefined;
}

/** An ordinary packet between two places of the network, that comes by a hook. */
export function plainDraft(
  random: Random,
  places: Places,
  { hook, isArp, six: wanted }: PlainOptions,
): Draft {
  const six = !isArp && places.hasSix && (wanted ?? random.below(4) === 0);
  // The firewall's own ARP is its answer to somebody who asks.
  const device = hook === 'output' && !isArp ? undefined : pick(random, places.devices);
  const source = places.addressOn(random, device ?? 'own', six);
  const toSelf = isArp || hook === 'input' || (hook !== 'forward' && random.below(3) === 0);
  const others = places.devices.filter((name) => name !== device);
  const target = toSelf && device !== undefined ? 'own' : (pick(random, others) ?? 'own');
  const linked = places.isBridged && device !== undefined;
  return {
    six,
    protocol: pick(random, [6, 6, 6, 17, 17, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP]) ?? 6,
    source,
    destination: places.addressOn(random, target, six),
    sport: 1024 + random.below(64000),
    dport: pick(random, [22, 53, 80, 443, 1024 + random.below(64000)]) ?? 80,
    device,
    flags: pick(random, EVERYDAY_FLAGS) ?? 2,
    type: six ? 128 : 8,
    code: 0,
    ttl: 64,
    tos: random.below(4) === 0 ? random.below(256) : 0,
    payload: pick(random, [0, 0, 1, 40, 1000]) ?? 0,
    mark: 0,
    state: 0,
    isArp: isArp || (linked && random.below(8) === 0),
    link: linked
      ? { source: places.macOn(random, device), destination: places.macOn(random, target) }
      : undefined,
    parts: [],
    pokes: [],
    words: {},
    talk: {},
  };
}
