// meta: what the kernel keeps beside the packet, net/netfilter/nft_meta.c and
// net/bridge/netfilter/nft_meta_bridge.c. Each key is an op of its own, chosen when the rule is
// committed.

import type { NetDevice, Socket } from '../../core/index.ts';
import {
  isFullSocket,
  Nfproto,
  PACKET_BROADCAST,
  PACKET_LOOPBACK,
  PACKET_MULTICAST,
} from '../../core/index.ts';
import type { MetaLoadExpr } from '../../program/index.ts';
import type { Order } from '../endianness.ts';
import { HOST16, HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { putName, spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireHooks } from './validate.ts';

/** IFNAMSIZ, include/uapi/linux/if.h. */
const IFNAMSIZ = 16;
const SECONDS_PER_DAY = 86400;

/** Writes a key's value at `at`; false breaks the rule. */
type Load = (pkt: PktInfo, regs: Registers, at: number, env: Env) => boolean;

interface Key {
  readonly bytes: number;
  readonly order: Order;
  readonly load: Load;
  /** What is missing when it breaks. */
  readonly missing?: string;
}

const u32key = (value: (pkt: PktInfo, env: Env) => number): Key => ({
  bytes: 4,
  order: HOST32,
  load: (pkt, regs, at, env) => {
    regs[at] = value(pkt, env);
    return true;
  },
});

const u8key = (value: (pkt: PktInfo) => number): Key => ({
  bytes: 1,
  order: NETWORK,
  load: (pkt, regs, at) => {
    regs[at] = value(pkt) << 24;
    return true;
  },
});

type Side = 'in' | 'out';

/** Without a device the index is 0 and the name empty: `iifname != "eth0"` holds in output. */
const ifindex = (side: Side): Key => u32key((pkt) => pkt[side]?.index ?? 0);

/** Names as register words, made once per device name. */
const nameWords = new Map<string, Uint32Array>();

function wordsOfName(name: string): Uint32Array {
  let words = nameWords.get(name);
  if (words === undefined) {
    words = new Uint32Array(IFNAMSIZ / 4);
    putName(name, words, 0, words.length);
    nameWords.set(name, words);
  }
  return words;
}

/** The name of the device seen last, per side: packets of one flow come one after another. */
let lastIn: NetDevice | null = null;
let lastInName = wordsOfName('');
let lastOut: NetDevice | null = null;
let lastOutName = wordsOfName('');

export function inName(device: NetDevice | null): Uint32Array {
  if (device === lastIn) return lastInName;
  lastIn = device;
  lastInName = wordsOfName(device?.name ?? '');
  return lastInName;
}

export function outName(device: NetDevice | null): Uint32Array {
  if (device === lastOut) return lastOutName;
  lastOut = device;
  lastOutName = wordsOfName(device?.name ?? '');
  return lastOutName;
}

function storeName(name: string, regs: Registers, at: number): true {
  const words = wordsOfName(name);
  regs[at] = words[0]!;
  regs[at + 1] = words[1]!;
  regs[at + 2] = words[2]!;
  regs[at + 3] = words[3]!;
  return true;
}

const ifname = (side: Side): Key => ({
  bytes: IFNAMSIZ,
  order: NETWORK,
  load: (pkt, regs, at) => storeName(pkt[side]?.name ?? '', regs, at),
});

const noDevice = (side: Side): string => (side === 'in' ? 'no input device' : 'no output device');

/** skb->dev: the device a packet came from, until it is about to leave by another; on a bridge that is known at once. */
const FORWARD = 2;
const POSTROUTING = 4;
const EGRESS = 6;
function currentDevice({ hook, pf, in: from, out }: PktInfo): NetDevice | null {
  const leaves = hook === POSTROUTING || hook === EGRESS;
  return leaves || (pf === Nfproto.bridge && hook >= FORWARD) ? out : from;
}

/** iiftype is the type of the current device, seen on 6.18; oiftype that of the output device. */
const iftype = (side: Side): Key => ({
  bytes: 2,
  order: HOST16,
  missing: noDevice(side),
  load: (pkt, regs, at) => {
    const device = side === 'in' ? currentDevice(pkt) : pkt.out;
    if (device !== null) regs[at] = device.type << 16;
    return device !== null;
  },
});

const ifgroup = (side: Side): Key => ({
  bytes: 4,
  order: HOST32,
  missing: noDevice(side),
  load: (pkt, regs, at) => {
    const device = pkt[side];
    if (device !== null) regs[at] = device.group;
    return device !== null;
  },
});

const ifkind = (side: Side): Key => ({
  bytes: IFNAMSIZ,
  order: NETWORK,
  missing: 'the device has no link kind',
  load: (pkt, regs, at) => {
    const kind = pkt[side]?.kind ?? '';
    return kind !== '' && storeName(kind, regs, at);
  },
});

const bridgeOf = (device: NetDevice | null): NetDevice | null =>
  device?.master?.kind === 'bridge' ? device.master : null;

const bridgeName = (side: Side): Key => ({
  bytes: IFNAMSIZ,
  order: NETWORK,
  missing: 'not a port of a bridge',
  load: (pkt, regs, at) => {
    const bridge = bridgeOf(pkt[side]);
    return bridge !== null && storeName(bridge.name, regs, at);
  },
});

/** skb_to_full_sk() */
const fullSocket = ({ packet }: PktInfo): Socket | null =>
  packet.sk !== null && isFullSocket(packet.sk) ? packet.sk : null;

const owner = (field: 'uid' | 'gid'): Key => ({
  bytes: 4,
  order: HOST32,
  missing: 'no socket of a program',
  load: (pkt, regs, at) => {
    const id = fullSocket(pkt)?.[field] ?? -1;
    regs[at] = id;
    return id >= 0;
  },
});

/** nft_meta_get_eval_pkttype_lo(): looped back packets count as what they were sent to. */
function loopbackType(pkt: PktInfo): number {
  const { packet } = pkt;
  const ipv4 = pkt.pf === Nfproto.ip || (pkt.pf === Nfproto.netdev && packet.protocol === ETH_P_IP);
  if (ipv4) {
    if (pkt.network + 20 > pkt.end) return -1;
    return pkt.bytes[pkt.network + 16]! >>> 4 === 14 ? PACKET_MULTICAST : PACKET_BROADCAST;
  }
  const ipv6 = pkt.pf === Nfproto.ip6 || packet.protocol === ETH_P_IPV6;
  return ipv6 ? PACKET_MULTICAST : -1;
}

const pkttype: Key = {
  bytes: 1,
  order: NETWORK,
  missing: 'a looped back packet of another family',
  load: (pkt, regs, at) => {
    const { pktType } = pkt.packet;
    const type = pktType === PACKET_LOOPBACK ? loopbackType(pkt) : pktType;
    if (type >= 0) regs[at] = type << 24;
    return type >= 0;
  },
};

/** ktime_get_real_ns() as two words; exact on whole seconds, which is what rules compare with. */
const time: Key = {
  bytes: 8,
  order: HOST32,
  load: (_pkt, regs, at, env) => {
    const now = env.netns.clock.realtime();
    const seconds = Math.floor(now);
    const low = Math.imul(seconds, 1e9) >>> 0;
    const high = Math.round((seconds * 1e9 - low) / 0x100000000);
    const sum = low + Math.floor((now - seconds) * 1e9);
    regs[at] = high + (sum > 0xffffffff ? 1 : 0);
    regs[at + 1] = sum;
    return true;
  },
};

/** 1 January 1970 was a Thursday. */
const weekday = (seconds: number): number => (4 + Math.floor(seconds / SECONDS_PER_DAY)) % 7;

const realm: Key = {
  bytes: 4,
  order: HOST32,
  missing: 'not routed yet',
  load: (pkt, regs, at, env) => {
    const route = env.netns.network?.routeOf(pkt.packet) ?? null;
    regs[at] = route?.realm ?? 0;
    return route !== null;
  },
};

const l4proto: Key = {
  bytes: 1,
  order: NETWORK,
  missing: 'no transport protocol',
  load: (pkt, regs, at) => {
    regs[at] = pkt.tprot << 24;
    return pkt.l4;
  },
};

/** By the names libnftnl prints for enum nft_meta_keys. */
export const META_KEYS: Readonly<Record<string, Key>> = {
  len: u32key((pkt) => pkt.length),
  protocol: {
    bytes: 2,
    order: NETWORK,
    load: (pkt, regs, at) => {
      regs[at] = pkt.packet.protocol << 16;
      return true;
    },
  },
  priority: u32key((pkt) => pkt.packet.priority),
  mark: u32key((pkt) => pkt.packet.mark),
  iif: ifindex('in'),
  oif: ifindex('out'),
  iifname: ifname('in'),
  oifname: ifname('out'),
  iiftype: iftype('in'),
  oiftype: iftype('out'),
  iifgroup: ifgroup('in'),
  oifgroup: ifgroup('out'),
  iifkind: ifkind('in'),
  oifkind: ifkind('out'),
  bri_iifname: bridgeName('in'),
  bri_oifname: bridgeName('out'),
  skuid: owner('uid'),
  skgid: owner('gid'),
  rtclassid: realm,
  secmark: u32key((pkt) => pkt.packet.secmark),
  nfproto: u8key((pkt) => pkt.pf),
  l4proto,
  pkttype,
  // One packet at a time, on the only processor there is.
  cpu: u32key(() => 0),
  cgroup: {
    bytes: 4,
    order: HOST32,
    missing: 'no socket',
    load: (pkt, regs, at) => {
      const socket = fullSocket(pkt);
      regs[at] = socket?.classid ?? 0;
      return socket !== null;
    },
  },
  prandom: u32key((_pkt, env) => env.netns.random.u32()),
  secpath: u8key((pkt) => (pkt.packet.secpath === null ? 0 : 1)),
  time,
  day: {
    bytes: 1,
    order: NETWORK,
    load: (_pkt, regs, at, env) => {
      regs[at] = weekday(env.netns.clock.realtime()) << 24;
      return true;
    },
  },
  hour: u32key((_pkt, env) => Math.floor(env.netns.clock.realtime()) % SECONDS_PER_DAY),
  // Only packets that came through a VRF have a second device.
  sdif: u32key(() => 0),
  sdifname: { bytes: IFNAMSIZ, order: NETWORK, load: (_pkt, regs, at) => storeName('', regs, at) },
};

export class MetaLoad extends BaseOp<MetaLoadExpr> {
  readonly word: number;
  readonly #key: Key;
  readonly #load: Load;
  readonly #env: Env;

  constructor(expr: MetaLoadExpr, at: number, key: Key, env: Env) {
    super(expr);
    this.word = at;
    this.#key = key;
    this.#load = key.load;
    this.#env = env;
  }

  /** Made when a trace asks: a rule has several of these. */
  get writes(): Span {
    return { word: this.word, bytes: this.#key.bytes };
  }

  eval(regs: Registers, pkt: PktInfo): number {
    return this.#load(pkt, regs, this.word, this.#env) ? NFT_CONTINUE : NFT_BREAK;
  }

  why(): string {
    return this.#key.missing ?? 'not available';
  }

  /** nft_meta_get_validate(): what only packets on their way in have. */
  validate(base: Chain): void {
    const { key } = this.expr;
    if (key === 'sdif' || key === 'sdifname')
      requireHooks(base, ['input', 'forward'], `meta ${key}`);
    if (key !== 'secpath') return;
    const { family } = base.table;
    if (family === 'arp') refuse('EOPNOTSUPP', 'meta ipsec is not for family arp');
    if (family === 'netdev') requireHooks(base, ['ingress'], 'meta ipsec');
    else if (family === 'bridge') requireHooks(base, ['prerouting'], 'meta ipsec');
    else requireHooks(base, ['prerouting', 'input', 'forward'], 'meta ipsec');
  }
}

export function prepareMeta(expr: MetaLoadExpr, cx: Prepare): Op {
  const key = META_KEYS[expr.key];
  if (key === undefined) {
    const at = spanOf(expr.dreg, 4);
    cx.endian.mark(at, 4, HOST32);
    return new Opaque(expr, `meta ${expr.key} is not modelled`);
  }
  const at = spanOf(expr.dreg, key.bytes);
  cx.endian.mark(at, wordsIn(key.bytes), key.order);
  return new MetaLoad(expr, at, key, cx.env);
}
